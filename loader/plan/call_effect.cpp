#include "loader/plan/call_effect.h"

#include "loader/plan/transaction_rules.h"

namespace dw::load {
namespace {

using sql::Verb;

// What else it does cannot be followed.
bool is_unclear(const sql::Statement& statement) {
  return statement.cls == sql::StatementClass::unparsed || statement.verb == Verb::xa ||
         statement.verb == Verb::call || statement.verb == Verb::execute ||
         statement.verb == Verb::set_autocommit || statement.verb == Verb::none;
}

bool ends(const sql::Statement& statement) {
  return statement.commits || statement.verb == Verb::begin || statement.verb == Verb::commit ||
         statement.verb == Verb::rollback;
}

}  // namespace

std::optional<CallEffect> effect_of_call(const sql::Statement& call, const Session& session,
                                         const StoredPrograms& programs) {
  if (call.verb != Verb::call || session.xa != Session::Xa::none) return std::nullopt;
  const std::string& schema = call.writes.empty() || call.writes[0].schema.empty()
                                  ? session.database.value_or("")
                                  : call.writes[0].schema;
  const SharedProgram procedure = programs.find(ProgramKind::procedure, schema, call.name);
  if (!procedure) return std::nullopt;
  std::optional<CallEffect> out;
  for (const auto& one : procedure->statements) {
    const sql::Statement& statement = one->statement;
    if (is_unclear(statement)) return std::nullopt;
    if (!ends(statement)) {
      if (out && changes_rows(statement)) out->changes_behind = true;
      continue;
    }
    if (!out) out.emplace(CallEffect{.commits = statement.verb != Verb::rollback});
    out->opens = statement.verb == Verb::begin || statement.chain;
    out->changes_behind = false;
  }
  return out;
}

}  // namespace dw::load
