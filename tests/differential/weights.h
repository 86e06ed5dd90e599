// How often each kind of statement and each part of a schema comes up. A later judge of retention takes the
// same generator with deletes, truncates, drops and ALTERs made frequent.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace dw::workload {

class Weights {
 public:
  // Names and defaults: the table in weights.cpp. Statement kinds are relative to each other; names that
  // begin with "schema_" or "percent_" are chances in 100.
  Weights();

  // A JSON object of names and numbers over the defaults; "all": N sets every statement kind first. Throws
  // std::runtime_error for a name that is none.
  static Weights from_file(const std::filesystem::path& file);

  [[nodiscard]] unsigned operator[](const std::string& name) const { return values_.at(name); }
  void set(const std::string& name, unsigned value) { values_.at(name) = value; }
  [[nodiscard]] const std::map<std::string, unsigned>& all() const { return values_; }

 private:
  std::map<std::string, unsigned> values_;
};

}  // namespace dw::workload
