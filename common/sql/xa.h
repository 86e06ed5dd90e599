// XA statements (MySQL manual 15.3.8; MariaDB "XA Transactions"). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dw::sql {

struct XaStatement {
  enum class Verb : std::uint8_t { start, end, prepare, commit, rollback, recover } verb = Verb::recover;
  // The same for every spelling of one id: 'ab', X'6162' and 0x6162 are one, a missing bqual is empty, a
  // missing format is 1. Empty for RECOVER.
  std::string xid;
  bool one_phase = false;
  bool resume = false;
  bool refused = false;  // JOIN, SUSPEND: both servers know the words and refuse them
};

// nullopt: not an XA statement that the servers would take.
std::optional<XaStatement> parse_xa(std::string_view text);

}  // namespace dw::sql
