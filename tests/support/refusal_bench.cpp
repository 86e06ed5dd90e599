#include "tests/support/refusal_bench.h"

#include <algorithm>
#include <stdexcept>

#include "tests/support/catch.h"

namespace dw::test {
namespace {

constexpr const char* kFiles[] = {"load.json",    "load.key",    "mirror.cnf",
                                  "extract.json", "extract.cnf", "api.key"};

PairOptions with_one_attempt(PairOptions options) {
  options.source_extra += R"(, "attempts": 1)";
  return options;
}

std::string original(const std::string& file) {
  return file + ".good";
}

}  // namespace

std::string content_of(DatabaseServer& server) {
  const std::string schemas = server.sql(
      "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN "
      "('mysql','information_schema','performance_schema','sys') ORDER BY 1");
  const TempDir private_dir;
  server.write_option_file(private_dir / "client.cnf");
  std::string out = schemas;
  for (const char* schema : {"app", "dw_meta"}) {
    if (("\n" + schemas).find("\n" + std::string(schema) + "\n") == std::string::npos) continue;
    out += run_or_throw({"mariadb-dump", "--defaults-file=" + (private_dir / "client.cnf").string(),
                         "--protocol=tcp", "--skip-comments", "--skip-dump-date", "--routines", "--events",
                         "--triggers", "--databases", schema});
  }
  return out;
}

RefusalBench::RefusalBench(PairOptions options) : pair_(with_one_attempt(std::move(options))) {
  for (const char* name : kFiles) {
    std::filesystem::copy_file(pair_.file(name), pair_.file(original(name)));
    std::filesystem::permissions(pair_.file(original(name)), std::filesystem::perms(0600));
  }
}

void RefusalBench::restore() {
  for (const char* name : kFiles) write_file(pair_.file(name), read_file(pair_.file(original(name))), 0600);
}

void RefusalBench::edit(const std::string& file, const std::string& from, const std::string& to) {
  std::string text = read_file(pair_.file(file));
  const std::size_t at = text.find(from);
  if (at == std::string::npos) throw std::runtime_error(file + " has no " + from + ": " + text);
  write_file(pair_.file(file), text.replace(at, from.size(), to), 0600);
}

std::string RefusalBench::refuses(int exit_code, const std::vector<std::string>& says,
                                  const std::vector<std::string>& arguments) {
  const std::string before = content_of(pair_.mirror());
  const ProcessResult result = pair_.load(arguments);
  check_refusal(result, "dw-load", exit_code, says);
  CHECK((content_of(pair_.mirror()) == before));
  return result.err;
}

void check_refusal(const ProcessResult& result, const std::string& program, int exit_code,
                   const std::vector<std::string>& says) {
  INFO(result.err);
  CHECK(result.exit_code == exit_code);
  CHECK(result.out.empty());
  CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
  CHECK(result.err.ends_with('\n'));
  CHECK(result.err.starts_with(program + ": "));
  for (const std::string& text : says) CHECK_THAT(result.err, Catch::Contains(text));
}

}  // namespace dw::test
