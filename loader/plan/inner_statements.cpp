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

bool is_marked(const Event& event, const Session& session) {
  const sql::Marks marks = sql::marks_of(event.text, lexer_options(session));
  return marks.of_row || marks.name_const || sql::is_spoiled_set(event.text);
}

enum class Room : std::uint8_t {
  none,     // it has run as often as it can have
  known,    // it must still run
  unknown,  // nothing tells how often it runs
};

Room room_of(const Closure& closure, const InnerRun& run, std::size_t number) {
  const Slot& slot = closure.slots[number];
  const auto& taken = run.taken;
  const std::uint64_t seen = taken[number];
  if (slot.after && (taken[*slot.after] > 0 || closure.slots[*slot.after].statement->of_row))
    return seen < taken[*slot.after] ? Room::known : Room::none;
  if (!slot.counted) return Room::unknown;
  std::uint64_t runs = 0;
  std::uint64_t runs_in_doubt = 0;  // of a row that may be the client's own, as this one may be then
  for (const RunSource& source : slot.sources) {
    runs += std::uint64_t{source.slot ? taken[*source.slot] : 1} * source.times;
    runs_in_doubt += std::uint64_t{source.slot ? run.in_doubt[*source.slot] : 0} * source.times;
  }
  if (seen < runs) return Room::known;
  return seen + run.in_doubt[number] < runs + runs_in_doubt ? Room::unknown : Room::none;
}

}  // namespace

InnerStatements::InnerStatements(std::shared_ptr<const StoredPrograms> programs)
    : programs_(programs ? std::move(programs) : std::make_shared<const StoredPrograms>()) {}

const Closure& InnerStatements::closure_of(const SharedRoots& roots, bool calls_logged) {
  auto& closures = closures_[calls_logged ? 1 : 0];
  const auto known = closures.find(*roots);
  if (known != closures.end()) return *known->second;
  if (closures.size() >= kMostClosures) closures.clear();
  auto closure = std::make_shared<const Closure>(ProgramReach(*programs_, calls_logged).closure(*roots));
  return *closures.emplace(*roots, std::move(closure)).first->second;
}

InnerVerdict InnerStatements::judge(const Event& event, Session& session) {
  if (!session.inner) return InnerVerdict::none;
  const SharedRun run = std::move(session.inner);
  session.inner = nullptr;
  if (event.command != Command::query) return InnerVerdict::none;
  const Closure& closure = closure_of(run->roots, session.calls_logged);
  auto next = std::make_shared<InnerRun>(*run);
  next->taken.resize(closure.slots.size(), 0);
  next->in_doubt.resize(closure.slots.size(), 0);

  RowTokens row(event.text);
  std::vector<std::size_t> matching;
  for (std::size_t i = 0; i < closure.slots.size(); ++i) {
    if (row.match(*closure.slots[i].statement, closure.slots[i].program->lexer)) matching.push_back(i);
  }
  const InnerVerdict verdict = sql::may_be_marked(event.text) && is_marked(event, session)
                                   ? judge_marked(event, session, closure, matching, next->taken)
                                   : judge_plain(closure, matching, *next);
  if (verdict != InnerVerdict::none) session.inner = std::move(next);
  return verdict;
}

InnerVerdict InnerStatements::judge_marked(const Event& event, const Session& session, const Closure& closure,
                                           const std::vector<std::size_t>& matching,
                                           std::vector<std::uint32_t>& taken) const {
  for (const std::size_t slot : matching) ++taken[slot];
  // An event may have run the function itself, in a SET or a condition that the log does not show.
  const auto is_function = [&](std::size_t slot) {
    return closure.slots[slot].program->key.kind == ProgramKind::function;
  };
  if (!matching.empty()) {
    const bool in_doubt = session.event && std::any_of(matching.begin(), matching.end(), is_function);
    return in_doubt ? InnerVerdict::doubtful : InnerVerdict::certain;
  }
  const bool sets_variable = std::any_of(closure.slots.begin(), closure.slots.end(), [](const Slot& slot) {
    return slot.statement->pattern.sets_user_variable();
  });
  if (sets_variable && sql::is_spoiled_set(event.text)) return InnerVerdict::certain;
  // What a procedure puts together and EXECUTEs stands in no body.
  if (closure.calls_procedure) return InnerVerdict::certain;
  return InnerVerdict::none;
}

InnerVerdict InnerStatements::judge_plain(const Closure& closure, const std::vector<std::size_t>& matching,
                                          InnerRun& run) const {
  std::optional<std::size_t> doubtful;
  for (const std::size_t slot : matching) {
    const Room room = room_of(closure, run, slot);
    if (room == Room::known) {
      ++run.taken[slot];
      return InnerVerdict::certain;
    }
    if (room == Room::unknown && !doubtful) doubtful = slot;
  }
  if (!doubtful) return InnerVerdict::none;
  ++run.in_doubt[*doubtful];
  return InnerVerdict::doubtful;
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
    const ProgramReach reach(*programs_, session.calls_logged);
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
  for (auto& closures : closures_) closures.clear();
}

}  // namespace dw::load
