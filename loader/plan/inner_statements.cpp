#include "loader/plan/inner_statements.h"

#include <algorithm>
#include <array>

namespace dw::load {
namespace {

constexpr std::size_t kMostClosures = 1024;

// One row's text, read in each way that some body's sql_mode asks for.
class RowTokens {
 public:
  explicit RowTokens(std::string_view text) : text_(text) {}

  bool match(const LoggedStatement& statement, sql::LexerOptions options) {
    auto& tokens = tokens_[(options.ansi_quotes ? 1U : 0U) + (options.no_backslash_escapes ? 2U : 0U)];
    if (!tokens) tokens = sql::tokens_of(text_, options);
    return statement.pattern.matches(*tokens);
  }

 private:
  std::string_view text_;
  std::array<std::optional<std::vector<sql::Token>>, 4> tokens_;
};

// "user[user] @ host [host]", as an event's thread has it: a client's has its address in the brackets, and a
// name or nothing before them.
bool looks_like_event(std::string_view user_host) {
  const std::size_t at = user_host.rfind("] @ ");
  if (at == std::string_view::npos || !user_host.ends_with(']')) return false;
  const std::string_view rest = user_host.substr(at + 4, user_host.size() - at - 5);
  const std::size_t open = rest.rfind(" [");
  return open != std::string_view::npos && open > 0 && rest.substr(0, open) == rest.substr(open + 2);
}

bool has_room(const Closure& closure, const std::vector<std::uint32_t>& taken, std::size_t slot) {
  const Slot& one = closure.slots[slot];
  if (one.after) return taken[slot] < taken[*one.after];
  return !one.limit || taken[slot] < *one.limit;
}

bool is_counted(const Slot& slot) {
  return slot.after || slot.limit;
}

}  // namespace

InnerStatements::InnerStatements(std::shared_ptr<const StoredPrograms> programs, bool calls_logged)
    : programs_(programs ? std::move(programs) : std::make_shared<const StoredPrograms>()),
      calls_logged_(calls_logged) {}

const Closure& InnerStatements::closure_of(const SharedRoots& roots) {
  const auto known = closures_.find(*roots);
  if (known != closures_.end()) return *known->second;
  if (closures_.size() >= kMostClosures) closures_.clear();
  auto closure = std::make_shared<const Closure>(ProgramReach(*programs_, calls_logged_).closure(*roots));
  return *closures_.emplace(*roots, std::move(closure)).first->second;
}

InnerVerdict InnerStatements::judge(const Event& event, Session& session) {
  if (!session.inner) return InnerVerdict::none;
  const SharedRun run = std::move(session.inner);
  session.inner = nullptr;
  if (event.command != Command::query) return InnerVerdict::none;
  const Closure& closure = closure_of(run->roots);
  auto next = std::make_shared<InnerRun>(*run);
  next->taken.resize(closure.slots.size(), 0);

  sql::Marks marks;
  if (sql::may_be_marked(event.text)) marks = sql::marks_of(event.text);
  const bool marked = marks.of_row || marks.name_const;
  RowTokens row(event.text);
  std::vector<std::size_t> matching;
  bool sets_variable = false;
  for (std::size_t i = 0; i < closure.slots.size(); ++i) {
    const Slot& slot = closure.slots[i];
    if (row.match(*slot.statement, slot.program->lexer)) matching.push_back(i);
    sets_variable = sets_variable || slot.statement->pattern.sets_user_variable();
  }
  if (marked || (sets_variable && sql::is_spoiled_set(event.text))) {
    // What a procedure puts together and EXECUTEs stands in no body, and neither do the triggers of that.
    const bool known = !matching.empty() || (marks.of_row && matches_any_trigger(event)) ||
                       closure.calls_procedure || (sets_variable && sql::is_spoiled_set(event.text));
    if (!known) return InnerVerdict::none;
    // An event may have run the function itself, in a SET or a condition that the log does not show.
    const bool may_be_events =
        session.event && std::any_of(matching.begin(), matching.end(), [&](std::size_t slot) {
          return closure.slots[slot].program->key.kind == ProgramKind::function;
        });
    for (const std::size_t slot : matching) ++next->taken[slot];
    session.inner = std::move(next);
    return may_be_events ? InnerVerdict::doubtful : InnerVerdict::certain;
  }
  const auto with_room = [&](bool counted) {
    return std::find_if(matching.begin(), matching.end(), [&](std::size_t slot) {
      return is_counted(closure.slots[slot]) == counted && has_room(closure, next->taken, slot);
    });
  };
  auto taken = with_room(true);
  const bool doubtful = taken == matching.end();
  if (doubtful) taken = with_room(false);
  if (taken == matching.end()) return InnerVerdict::none;
  ++next->taken[*taken];
  session.inner = std::move(next);
  return doubtful ? InnerVerdict::doubtful : InnerVerdict::certain;
}

bool InnerStatements::matches_any_trigger(const Event& event) const {
  for (const ProgramKind kind :
       {ProgramKind::insert_trigger, ProgramKind::update_trigger, ProgramKind::delete_trigger}) {
    if (schema_of_match(event, kind)) return true;
  }
  return false;
}

// The one schema that has programs of this kind with such a statement; "" where several have.
std::optional<std::string> InnerStatements::schema_of_match(const Event& event, ProgramKind kind) const {
  std::optional<std::string> schema;
  RowTokens row(event.text);
  const auto& all = programs_->all();
  for (auto i = all.lower_bound({kind, "", ""}); i != all.end() && i->first.kind == kind; ++i) {
    const StoredProgram& program = *i->second;
    if (schema && *schema == program.key.schema) continue;
    const bool has = std::any_of(program.statements.begin(), program.statements.end(),
                                 [&](const auto& statement) { return row.match(*statement, program.lexer); });
    if (!has) continue;
    if (schema) return "";
    schema = program.key.schema;
  }
  return schema;
}

bool InnerStatements::may_run(const Event& event, Session& session, ProgramNote& note) {
  const bool fresh = !session.database && !session.event;
  if (fresh && looks_like_event(event.user_host) && programs_->has(ProgramKind::event)) {
    const auto schema = schema_of_match(event, ProgramKind::event);
    if (schema && !schema->empty()) {
      note.event_schema = schema;
      session.database = schema;
      session.event = true;
    }
  }
  const bool of_event = session.event || (fresh && looks_like_event(event.user_host));
  sql::Marks marks;
  if (sql::may_be_marked(event.text)) marks = sql::marks_of(event.text, lexer_options(session));
  if (marks.of_row) return false;
  if (!marks.name_const && !of_event) return true;
  if (note.event_schema || (session.event && schema_of_match(event, ProgramKind::event))) return true;
  const auto function = schema_of_match(event, ProgramKind::function);
  if (function && !function->empty()) note.database = function;
  return of_event || !marks.name_const || (function && !function->empty());
}

void InnerStatements::begin(const sql::Statement& statement, Session& session) {
  const std::string database = session.database.value_or("");
  const bool only_defines =
      statement.cls == sql::StatementClass::schema && statement.verb != sql::Verb::create_table;
  if (!programs_->empty() && !only_defines) {
    const ProgramReach reach(*programs_, calls_logged_);
    std::vector<InnerRoot> roots = reach.roots(statement, database, lexer_options(session));
    if (!roots.empty()) {
      if (session.inner)
        roots.insert(roots.end(), session.inner->roots->begin(), session.inner->roots->end());
      std::sort(roots.begin(), roots.end());
      auto run = std::make_shared<InnerRun>();
      run->roots = std::make_shared<const std::vector<InnerRoot>>(std::move(roots));
      session.inner = std::move(run);
    }
  }
  if (statement.cls != sql::StatementClass::schema && statement.cls != sql::StatementClass::destructive)
    return;
  StoredPrograms changed = *programs_;
  if (!changed.observe(statement, database, session.sql_mode)) return;
  programs_ = std::make_shared<const StoredPrograms>(std::move(changed));
  closures_.clear();
}

}  // namespace dw::load
