// Walks over queries and expressions: which tables they name, and what in them a mirror cannot repeat.
//
// One pass with a stack of parentheses, no recursion. Names of common table expressions are not tables (with
// their scopes: MySQL manual 15.2.20), nor are derived tables, JSON_TABLE(…), DUAL, and the FROM of TRIM,
// EXTRACT, SUBSTRING.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "common/sql/functions.h"
#include "common/sql/statement.h"
#include "common/sql/token_list.h"

namespace dw::sql {

// A table in the list of a multi-table UPDATE or DELETE. Views into the statement's tokens.
struct ListedTable {
  TableName table;
  std::string alias;  // empty: none
};

class TableScan {
 public:
  // What is found is added to `statement`: reads and doubts. Both must outlive the scan.
  TableScan(const TokenList& tokens, Statement& statement);

  // Reads the tokens [begin, end). What one call leaves open at the top level the next goes on with.
  void run(std::size_t begin, std::size_t end);

  // From here on a list of tables stands at the top level: the tables of an UPDATE or a multi-table DELETE.
  // They go to listed(), not to the statement's reads.
  void expect_listed_tables();
  [[nodiscard]] const std::vector<ListedTable>& listed() const { return listed_; }

  // Where the top level's SET was met; tokens.size() when it was not.
  [[nodiscard]] std::size_t set_position() const { return set_position_; }

  // [db.]table at token i into `out`. Index of the token behind it, or i when there is no name.
  std::size_t parse_name(std::size_t i, TableName& out) const;

  void add_read(TableName&& table);
  void add_write(TableName&& table);

  // The parentheses do not match, or are nested deeper than any server takes.
  [[nodiscard]] bool broken() const { return broken_ || frames_.size() != 1; }

  bool calls_stored_function = false;  // or a sequence's next value: data may change
  bool assigns_variable = false;       // @a := 1, INTO @a, LAST_INSERT_ID(5)

  // Some level has a LIMIT and no ORDER BY.
  [[nodiscard]] bool limit_without_order() const;

 private:
  struct Frame {
    bool query = false;  // SELECT was met on this level: a FROM is its FROM
    bool from = false;   // in a list of tables, so a comma goes on to the next
    bool expects_table = false;
    bool listed = false;  // its tables go to listed_
    bool order = false;
    bool limit = false;
    bool expects_cte = false;  // the next word names a common table expression
    bool recursive = false;
    std::size_t cte_names = 0;  // how many were in scope when the frame was opened
    std::size_t cte_token = 0;  // the frame is the body of the expression with this name; 0: it is none
  };

  // Levels of parentheses. The outer ones, all that most statements have, need no heap.
  class FrameStack {
   public:
    [[nodiscard]] std::size_t size() const { return size_; }
    Frame& operator[](std::size_t level) { return level < kNear ? near_[level] : far_[level - kNear]; }
    [[nodiscard]] const Frame& front() const { return near_[0]; }
    Frame& back() { return (*this)[size_ - 1]; }
    void push(const Frame& frame) {
      if (size_ < kNear) {
        near_[size_] = frame;
      } else {
        far_.push_back(frame);
      }
      ++size_;
    }
    void pop() {
      if (--size_ >= kNear) far_.pop_back();
    }

   private:
    static constexpr std::size_t kNear = 4;
    std::array<Frame, kNear> near_{};
    std::vector<Frame> far_;
    std::size_t size_ = 1;  // the top level
  };

  std::size_t step(std::size_t i);
  std::size_t keyword(std::size_t i);
  std::size_t name(std::size_t i);
  std::size_t table(std::size_t i);
  std::size_t cte_definition(std::size_t i);
  void open();
  void close(std::size_t i);
  void call(std::size_t name, std::size_t open, bool qualified);
  void variable(std::size_t i);
  void end_table_list();
  [[nodiscard]] bool is_cte(const CompactToken& token) const;
  Frame& top() { return frames_.back(); }

  const TokenList& tokens_;
  Statement& statement_;
  FrameStack frames_;
  std::vector<std::string_view> cte_names_;
  std::vector<ListedTable> listed_;
  std::size_t set_position_;
  std::size_t cte_closed_at_ = 0;  // token of the last ")" that ended a common table expression
  bool inner_limit_ = false;
  bool broken_ = false;
};

// The value of a name's token: without quotes.
std::string name_of(const CompactToken& token);

// Index behind the ")" that belongs to the "(" at i, or the number of tokens.
std::size_t behind_parentheses(const TokenList& tokens, std::size_t i);

}  // namespace dw::sql
