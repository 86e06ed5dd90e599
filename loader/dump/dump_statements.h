// What mysqldump and mariadb-dump wrote, cut into statements as the command line client cuts it: DELIMITER
// lines, statements that end with a line, comments between them. Pure.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/util/clock.h"

namespace dw::load {

// What the dump says of itself in comments.
struct DumpComments {
  std::string database;  // of the head; empty: it names none
  bool complete = false;
  // "Dump completed on …", by the clock of the machine that made it, read as if that were UTC;
  // --skip-dump-date leaves it out.
  std::optional<Micros> completed;

  void take(std::string_view line);
};

class DumpStatements {
 public:
  // `in_program`: between DELIMITER lines, where views' and tables' statements never stand.
  using OnStatement = std::function<void(std::string_view text, bool in_program)>;

  explicit DumpStatements(OnStatement on_statement) : on_statement_(std::move(on_statement)) {}

  // Throws Error(failed) when a statement is larger than any server takes, and what `on_statement` throws.
  void feed(std::string_view bytes);
  // The file has ended.
  void finish();

  [[nodiscard]] const DumpComments& comments() const { return comments_; }
  [[nodiscard]] bool between_statements() const { return begin_ == rest_.size(); }

 private:
  void take_line(std::size_t end);

  OnStatement on_statement_;
  std::string rest_;
  std::size_t begin_ = 0;       // of the statement
  std::size_t line_begin_ = 0;  // of the line that has not ended
  std::string delimiter_ = ";";
  DumpComments comments_;
};

}  // namespace dw::load
