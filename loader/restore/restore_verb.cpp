#include "loader/restore/restore_verb.h"

#include <iostream>
#include <set>

#include "loader/restore/collector.h"
#include "loader/restore/definitions.h"
#include "loader/restore/report.h"
#include "loader/restore/target.h"
#include "loader/voice/progress.h"

namespace dw::load::restore {
namespace {

sql::TableName table_name(const std::string& text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string::npos || dot == 0 || dot + 1 == text.size())
    throw Error(ExitCode::usage, "--table \"" + text + "\" names no table", "write it as DATABASE.TABLE");
  return {text.substr(0, dot), text.substr(dot + 1)};
}

// As the archive's DATETIME(6) in UTC compares with it.
std::string as_of_text(const std::optional<Micros>& time) {
  if (!time) return "";
  std::string out = format_time(*time);
  out[out.find('T')] = ' ';
  out.pop_back();  // the Z
  return out;
}

mysql::Connection open_to_read(const Config& config) {
  try {
    return mysql::Connection::open(config.mirror);
  } catch (const mysql::SqlError& error) {
    throw Error(ExitCode::mirror_unreachable, std::string("the mirror cannot be read: ") + error.what(),
                "check " + config.mirror.defaults_file.string());
  }
}

void print_sql(const Plan& plan, const Request& request, Existing existing,
               const std::vector<Definition>& to_create) {
  std::cout
      << "-- dw-load: " << shown(request.table) << ", " << plan.rows.size()
      << " rows with what they reference.\n-- Load it with the mysql or mariadb client, without --force: "
         "an error then leaves everything as it was.\n";
  for (const std::string& statement : session_statements()) std::cout << statement << ";\n";
  if (!to_create.empty()) {
    std::cout << "SET foreign_key_checks=0;\n";
    for (const Definition& definition : to_create) std::cout << unless_there(definition) << ";\n";
    std::cout << "SET foreign_key_checks=1;\n";
  }
  std::cout << "START TRANSACTION;\n";
  write_rows(plan, existing, [](const Statement& statement) { std::cout << statement.text << ";\n"; });
  std::cout << "COMMIT;\n";
  std::cout.flush();
  if (!std::cout) {
    throw Error(ExitCode::failed, "the SQL could not be written whole",
                "it ends without COMMIT, so that loading it changes nothing");
  }
}

void warn_of_suspects(const Plan& plan, Catalog& mirror) {
  std::set<std::size_t> used;
  for (const Row& row : plan.rows) used.insert(row.shape);
  for (const std::size_t shape : used) {
    const sql::TableName& name = plan.shapes[shape].name;
    if (mirror.is_suspect(name))
      std::cerr << "dw-load: " << shown(name)
                << " has rows in dw_meta.suspects: they may differ from production's\n";
  }
}

void warn_of_triggers(const Plan& plan, Catalog& target) {
  for (const Shape& shape : plan.shapes) {
    for (const std::string& trigger : target.insert_triggers(shape.name))
      std::cerr << "dw-load: " << shown(shape.name) << " has a trigger there that will run: " << trigger
                << '\n';
  }
}

// What is said besides the SQL, and is no warning.
void say_words(const RestoreOptions& options, std::ostream& out, const std::string& words) {
  if (!options.quiet) out << words;
}

void restore_into(const RestoreOptions& options, Target& target, Plan& plan,
                  const std::vector<Definition>& definitions) {
  const std::vector<Definition> to_create = target.missing(definitions);
  target.fit(plan, to_create);
  warn_of_triggers(plan, target.catalog());
  if (options.dry_run) {
    std::string words;
    for (const Definition& definition : to_create)
      words += "would create " + definition.name.schema + (definition.name.table.empty() ? "" : ".") +
               definition.name.table + "\n";
    const std::vector<std::uint64_t> present = target.present(plan, to_create);
    for (std::size_t shape = 0; shape < present.size(); ++shape) {
      if (present[shape] > 0)
        words += shown(plan.shapes[shape].name) + ": " + std::to_string(present[shape]) +
                 " rows are there already\n";
    }
    say_words(options, std::cout, words);
    return;
  }
  const auto written = [&] {
    const Progress progress("writing rows");
    return target.write(plan, options.existing, to_create);
  }();
  say_words(options, std::cout, result_text(plan, written));
}

Plan collect(mysql::Connection& mirror, std::optional<Target>& target, const Request& request) {
  const Progress progress("looking for rows of " + request.table.schema + "." + request.table.table);
  return Collector(mirror, target ? &target->catalog() : nullptr).collect(request);
}

ExitCode restore_rows(const Config& config, const RestoreOptions& options) {
  Request request;
  request.table = table_name(options.table);
  request.where = options.where;
  request.as_of = as_of_text(options.as_of);
  request.with_children = options.with_children;

  std::optional<Target> target;
  if (options.into) {
    mysql::ConnectOptions connect;
    connect.defaults_file = *options.into;
    connect.statistics = config.mirror.statistics;
    target.emplace(connect);
  }
  mysql::Connection mirror = open_to_read(config);
  Plan plan = collect(mirror, target, request);
  Catalog catalog(mirror);
  warn_of_suspects(plan, catalog);
  const std::vector<Definition> definitions =
      options.create ? definitions_for(plan, catalog) : std::vector<Definition>();

  const std::string heading = "dw-load: " + title(request) + "\n";
  if (options.dry_run || target) say_words(options, std::cout, heading);
  if (options.dry_run) say_words(options, std::cout, plan_text(plan));
  if (target) {
    restore_into(options, *target, plan, definitions);
  } else if (!options.dry_run) {
    print_sql(plan, request, options.existing, definitions);
    say_words(options, std::cerr, heading + plan_text(plan));
  }
  return ExitCode::done;
}

}  // namespace
}  // namespace dw::load::restore

namespace dw::load {

ExitCode run_restore(const Config& config, const RestoreOptions& options) {
  try {
    return restore::restore_rows(config, options);
  } catch (const mysql::SqlError& error) {
    throw Error(ExitCode::failed, std::string("a server failed: ") + error.what(),
                "nothing was changed; run it again");
  }
}

}  // namespace dw::load
