#include "extractor/statement_tally.h"

#include <algorithm>

namespace dw::extract {
namespace {

using sql::StatementClass;
using sql::Verb;

// Statements that Com_ counters of changes count, or may count: EXPLAIN INSERT is one for them, and what is
// not understood here may be understood there. SET STATEMENT … FOR, WITH … DELETE and the like have the verb
// of what they run.
bool may_count(const sql::Statement& statement) {
  switch (statement.verb) {
    case Verb::insert:
    case Verb::replace:
    case Verb::update:
    case Verb::delete_:
    case Verb::truncate:
    case Verb::load_data:
    case Verb::load_xml:
    case Verb::explain:
    case Verb::describe:
    case Verb::with:
      return true;
    default:
      return statement.cls == StatementClass::unparsed || statement.cls == StatementClass::change;
  }
}

bool hides_its_own(const sql::Statement& statement) {
  return statement.verb == Verb::call ||
         (statement.verb == Verb::none && statement.cls != StatementClass::empty);
}

}  // namespace

Tally tally_of(const std::vector<std::vector<sql::Statement>>& readings, bool whole) {
  Tally out;
  for (const auto& statements : readings) {
    Tally one;
    for (const sql::Statement& statement : statements) {
      one.changes += may_count(statement) ? 1U : 0U;
      one.calls += hides_its_own(statement) ? 1U : 0U;
      one.unclear += (statement.doubts & sql::doubt_parameters) != 0 ? 1U : 0U;
    }
    out.changes = std::max(out.changes, one.changes);
    out.calls = std::max(out.calls, one.calls);
    out.unclear = std::max(out.unclear, one.unclear);
  }
  if (!whole) ++out.unclear;
  return out;
}

}  // namespace dw::extract
