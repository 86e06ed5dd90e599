#include "loader/restore/target.h"

#include <algorithm>

#include "common/sql/identifiers.h"
#include "common/util/error.h"
#include "loader/restore/image_query.h"

namespace dw::load::restore {
namespace {

constexpr std::size_t kStatementsPerPacket = 200;
constexpr std::size_t kBytesPerPacket = std::size_t{256} * 1024;
constexpr std::size_t kBytesPerQuestion = 8192;
constexpr const char* kUnchanged = "nothing was changed there";

mysql::Connection open(mysql::ConnectOptions options) {
  options.multi_statements = true;
  try {
    return mysql::Connection::open(options);
  } catch (const mysql::SqlError& error) {
    throw Error(ExitCode::failed,
                std::string("the server to restore into cannot be reached: ") + error.what(),
                "check " + options.defaults_file.string());
  }
}

bool names(const std::vector<Definition>& definitions, const sql::TableName& name) {
  return std::any_of(definitions.begin(), definitions.end(),
                     [&](const Definition& definition) { return definition.name == name; });
}

// "app.orders, `id`=7"
std::string row_text(const Plan& plan, const Row& row) {
  const Shape& shape = plan.shapes[row.shape];
  if (!has_key(plan, row)) return shown(shape.name);
  return shown(shape.name) + " " +
         any_of(columns_of(plan, row, shape.key), {values_of(plan, row, shape.key)});
}

}  // namespace

Target::Target(const mysql::ConnectOptions& options) : connection_(open(options)), catalog_(connection_) {
  if (catalog_.is_mirror()) {
    throw Error(ExitCode::usage, "the server to restore into is a mirror of dw-load: it has a schema dw_meta",
                "restore into production, and the mirror follows");
  }
}

std::vector<Definition> Target::missing(const std::vector<Definition>& definitions) {
  std::vector<Definition> out;
  for (const Definition& definition : definitions) {
    const sql::TableName& name = definition.name;
    const bool there =
        name.table.empty() ? catalog_.has_database(name.schema) : catalog_.table(name).has_value();
    if (!there) out.push_back(definition);
  }
  return out;
}

void Target::fit(Plan& plan, const std::vector<Definition>& to_create) {
  std::vector<bool> has_rows(plan.shapes.size(), false);
  for (const Row& row : plan.rows) has_rows[row.shape] = true;
  for (std::size_t shape = 0; shape < plan.shapes.size(); ++shape) {
    const sql::TableName name = plan.shapes[shape].name;
    if (!has_rows[shape] || names(to_create, name)) continue;
    const auto own = catalog_.table(name);
    if (!own) {
      throw Error(ExitCode::failed, "the server to restore into has no table " + shown(name),
                  "make it there, or let --create make it as the mirror has it");
    }
    if (!catalog_.is_transactional(name)) {
      throw Error(ExitCode::failed, shown(name) + " cannot take rows back: its engine has no transactions",
                  "leave out --into, look at the SQL, and load that yourself");
    }
    fit_columns(plan, shape, *own);
  }
}

void Target::fit_columns(Plan& plan, std::size_t shape, const Shape& own) {
  const auto& branches = plan.shapes[shape].branches;
  for (std::size_t branch = 0; branch < branches.size(); ++branch) {
    for (std::size_t i = 0; i < branches[branch].columns.size(); ++i) {
      Column& column = plan.shapes[shape].branches[branch].columns[i];
      const auto place = find_column(own.columns, column.name);
      if (place) {
        column.generated = column.generated || own.columns[*place].generated;
        continue;
      }
      const bool has_values = std::any_of(plan.rows.begin(), plan.rows.end(), [&](const Row& row) {
        return row.shape == shape && row.branch == branch && row.values[i];
      });
      if (has_values && !column.generated) {
        throw Error(ExitCode::failed,
                    shown(own.name) + " there lacks the column " + column.name + ", which has values here",
                    "add it there first");
      }
      column.generated = true;
    }
  }
}

std::vector<std::uint64_t> Target::present(const Plan& plan, const std::vector<Definition>& to_create) {
  std::vector<std::uint64_t> out(plan.shapes.size(), 0);
  for (const std::string& statement : session_statements()) connection_.execute(statement);
  std::vector<std::string> waiting(plan.shapes.size());
  const auto count = [&](std::size_t shape) {
    if (waiting[shape].empty()) return;
    const auto found = connection_.value("SELECT COUNT(*) FROM " + quoted(plan.shapes[shape].name) +
                                         " WHERE " + waiting[shape]);
    out[shape] += std::stoull(found.value_or("0"));
    waiting[shape].clear();
  };
  for (const Row& row : plan.rows) {
    const Shape& shape = plan.shapes[row.shape];
    if (!has_key(plan, row) || names(to_create, shape.name)) continue;
    std::string& condition = waiting[row.shape];
    condition += condition.empty() ? "" : " OR ";
    condition += any_of(columns_of(plan, row, shape.key), {values_of(plan, row, shape.key)});
    if (condition.size() > kBytesPerQuestion) count(row.shape);
  }
  for (std::size_t shape = 0; shape < waiting.size(); ++shape) count(shape);
  return out;
}

// CREATE ends a transaction, so it stands before it; what was made is dropped again when that fails.
void Target::create(const std::vector<Definition>& definitions) {
  connection_.execute("SET foreign_key_checks=0");
  for (const Definition& definition : definitions) {
    connection_.execute(definition.text);
    created_.push_back(definition);
  }
  connection_.execute("SET foreign_key_checks=1");
}

void Target::drop_created() noexcept {
  try {
    connection_.execute("SET foreign_key_checks=0");
    std::reverse(created_.begin(), created_.end());
    for (const Definition& definition : created_) {
      const sql::TableName& name = definition.name;
      if (!name.table.empty()) {
        connection_.execute("DROP TABLE " + quoted(name));
      } else if (catalog_.is_empty(name.schema)) {
        connection_.execute("DROP DATABASE " + sql::quote_identifier(name.schema));
      }
    }
  } catch (const std::runtime_error&) {
    // The server is gone, or refuses: what stays is empty.
  }
}

std::vector<Written> Target::write(const Plan& plan, Existing existing,
                                   const std::vector<Definition>& to_create) {
  std::vector<Written> written(plan.shapes.size());
  try {
    for (const std::string& statement : session_statements()) connection_.execute(statement);
    create(to_create);
    connection_.execute("START TRANSACTION");
    run(plan, existing, written);
  } catch (const std::runtime_error& error) {
    try {
      connection_.execute("ROLLBACK");
    } catch (const mysql::SqlError&) {
      // The connection is gone, and the transaction with it.
    }
    drop_created();
    throw Error(ExitCode::failed, std::string("the restore failed: ") + error.what(), kUnchanged);
  }
  try {
    connection_.execute("COMMIT");
  } catch (const mysql::SqlError& error) {
    throw Error(ExitCode::failed,
                std::string("whether the restore's COMMIT took place is not known: ") + error.what(),
                "run it again: what is there already stays as it is");
  }
  return written;
}

void Target::run(const Plan& plan, Existing existing, std::vector<Written>& written) {
  std::vector<Statement> waiting;
  std::size_t bytes = 0;
  write_rows(plan, existing, [&](Statement statement) {
    if (waiting.size() == kStatementsPerPacket || bytes + statement.text.size() > kBytesPerPacket) {
      send(plan, waiting, written);
      bytes = 0;
    }
    bytes += statement.text.size() + 1;
    waiting.push_back(std::move(statement));
  });
  send(plan, waiting, written);
}

void Target::send(const Plan& plan, std::vector<Statement>& statements, std::vector<Written>& written) {
  if (statements.empty()) return;
  std::string packet;
  for (const Statement& statement : statements) packet += (packet.empty() ? "" : ";") + statement.text;
  connection_.send(packet);
  const std::vector<mysql::StatementResult> results = connection_.collect();
  for (std::size_t i = 0; i < results.size(); ++i) {
    const Row& row = plan.rows[statements[i].row];
    if (results[i].error != 0) {
      const bool dangling = statements[i].kind == Statement::Kind::other;
      throw mysql::SqlError(results[i].error,
                            row_text(plan, row) + ": " +
                                (dangling ? "it references a row that is not there" : results[i].message));
    }
    Written& counts = written[row.shape];
    if (statements[i].kind == Statement::Kind::insert) counts.added += results[i].affected_rows;
    if (statements[i].kind == Statement::Kind::update) counts.changed += results[i].affected_rows;
  }
  statements.clear();
}

}  // namespace dw::load::restore
