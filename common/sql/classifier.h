// The rules that turn one statement's tokens into its class, verb and tables. Internal to common/sql.
#pragma once

#include <cstddef>
#include <string_view>

#include "common/sql/statement.h"
#include "common/sql/table_scan.h"
#include "common/sql/token_list.h"

namespace dw::sql {

class Classifier {
 public:
  // Fills `statement` (class, verb, tables, doubts, flags), which must be as new but for its text.
  Classifier(const TokenList& tokens, Statement& statement);

  void run();

 private:
  using K = Keyword;

  // classify_dml.cpp: `i` is the verb's token
  void query(std::size_t i, Verb verb);
  void insert(std::size_t i, Verb verb);
  void update(std::size_t i);
  void delete_rows(std::size_t i);
  void load(std::size_t i);
  void call(std::size_t i);
  void with(std::size_t i);
  void truncate(std::size_t i);
  void handler(std::size_t i);
  void written_by_set();
  void set_side_effects(StatementClass without);
  void resolve_targets(const std::vector<TableName>& targets, bool others_are_read);
  std::size_t delete_targets(std::size_t i, std::vector<TableName>& targets) const;

  // classify_ddl.cpp
  void create(std::size_t i);
  void alter(std::size_t i);
  void drop(std::size_t i);
  void rename(std::size_t i);
  void create_table(std::size_t i, bool temporary, bool replaces);
  void alter_table(std::size_t i);
  void stored_program(std::size_t i, Verb verb);
  void named_objects(std::size_t i, Verb verb, StatementClass cls);
  void index(std::size_t i, Verb verb);
  void database(std::size_t i, Verb verb, StatementClass cls);
  std::size_t object_position(std::size_t i) const;
  std::size_t behind_exists(std::size_t i) const;

  // classify_session.cpp
  void set(std::size_t i);
  void set_list(std::size_t i);
  void one_assignment(std::size_t i, std::size_t end, struct SetSummary& summary);
  void transaction(std::size_t i);
  void completion(std::size_t i, Verb verb);
  void lock(std::size_t i);
  void prepared(std::size_t i);
  void maintenance(std::size_t i, Verb verb, bool commits);
  void explain(std::size_t i);
  bool administration(std::size_t i);

  void dispatch(std::size_t i);
  void become(StatementClass cls, Verb verb, bool commits = false);
  void unparsed();
  [[nodiscard]] const CompactToken& at(std::size_t i) const { return tokens_.at(i); }
  [[nodiscard]] bool is(std::size_t i, Keyword k) const { return tokens_.at(i).is(k); }
  [[nodiscard]] bool is(std::size_t i, CompactKind k) const { return tokens_.at(i).is(k); }
  [[nodiscard]] bool is_word(std::size_t i, std::string_view upper) const;
  [[nodiscard]] bool ends_at(std::size_t i) const { return i >= tokens_.size(); }

  const TokenList& tokens_;
  Statement& statement_;
  TableScan scan_;
  int prefixes_ = 0;  // SET STATEMENT … FOR, ANALYZE: each dispatches again
};

}  // namespace dw::sql
