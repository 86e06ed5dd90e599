#include "extractor/manual.h"

namespace dw::extract {
namespace {

std::vector<ManualVerb> verbs() {
  return {
      {"batch", "", "print the log's next events as one JSON document (the default verb)",
       "\"next\" in it is the cursor to ask for next time; \"more\": true says that there is more already. "
       "Without --after "
       "and --since it begins with the oldest event. A gap in the log is told in the batch, which is printed "
       "all the "
       "same, and by exit 4."},
      {"status", "", "print what the server is, where its log begins and ends, and what is wrong",
       "\"end\" is the cursor of the log's end; \"grants\" are the rights that the account needs."},
      {"check", "", "look at all that can be wrong before the first batch, and say what mends it",
       "In words at a terminal, else as JSON. It changes nothing. The exit code is that of the first thing "
       "that is wrong."},
      {"rotate", "", "give the log a new table, when it is past its limits and nothing would be lost",
       "Nothing that the loader lacks is thrown away: the cursor says what it has. dw-load asks for this by "
       "itself; "
       "another program that rotates can make a gap. Log files are rotated by the machine's own logrotate."},
      {"catalog", "", "print schemas, tables, views, routines, triggers and events",
       "A line of JSON for each."},
      {"snapshot", "", "print the catalogue and all rows, as of one instant, and where in the log that was",
       "A line of JSON at a time (common/rows/reading_format.md). What ended early goes on with --after "
       "'{\"schema\":\"s\",\"table\":\"t\",\"key\":[\"5\"]}'."},
      {"read", "", "print the rows, or digests of them, that a JSON request on standard input names",
       "A line of JSON at a time (common/rows/reading_format.md)."},
  };
}

std::vector<ManualOption> options() {
  return {
      {"config", "FILE", {}, "JSON, comments allowed; else $DW_EXTRACT_CONFIG, else /etc/dw/extract.json"},
      {"verbose", "", {}, "say on stderr what was read"},
      {"help",
       "",
       {},
       "this text; behind a verb, that verb's. --help=man, --help=bash and --help=zsh print the man "
       "page and the shells' completions"},
      {"version", "", {}, "the program's version"},
      {"after",
       "CURSOR",
       {"batch", "rotate", "snapshot"},
       "what follows that place. rotate: what the loader has. "
       "snapshot: a place in the rows"},
      {"since", "TIME", {"batch"}, "from the first event at or after that time"},
      {"until", "TIME", {"batch"}, "up to the first event at or after that time"},
      {"max-bytes", "N", {"batch"}, "about how large a batch may get (default: max_batch_bytes)"},
      {"dry-run", "", {"rotate"}, "say whether it would, and change nothing"},
  };
}

std::vector<ManualSection> sections() {
  return {
      {"A configuration that works",
       "{ \"mysql\": {\"defaults_file\": \"extract.cnf\"}, \"log\": {\"source\": \"table\"}, \"databases\": "
       "[\"app\"], "
       "\"api_key_file\": \"api.key\" }\n\n"
       "For a log file: \"log\": {\"source\": \"file\", \"path\": \"/var/log/mysql/general.log\", "
       "\"state_file\": \"...\"}. "
       "README tells all keys. Give dw-extract a database account of its own: what that account does is left "
       "out. TIME is "
       "2026-11-21, 2026-11-21T01:41:21Z or seconds since 1970, in UTC."},
      {"Under a web server (CGI)",
       "The same verbs answer as GET /v1/batch?after=..., GET /v1/status, GET /v1/check, GET /v1/catalog, "
       "GET "
       "/v1/snapshot?after=..., POST /v1/rotate?after=... and POST /v1/read, with the key of api_key_file in "
       "\"Authorization: Bearer\" or \"X-Api-Key\"."}};
}

Manual make_manual() {
  Manual out{};
  out.name = "dw-extract";
  out.brief = "gives out a MySQL or MariaDB server's general query log, for dw-load to replay";
  out.usage = "dw-extract [VERB] [OPTIONS]";
  out.description =
      "dw-extract runs near production, reads the general query log from its table or file and prints what "
      "changes data, "
      "schema, session state or a transaction, as JSON. It reads the log, the catalogue and, when asked, "
      "rows; it writes "
      "nothing but the log's rotation.\n\n"
      "To begin: write the configuration, then dw-extract check, and put it behind a web server.";
  out.verbs = verbs();
  out.options = options();
  out.sections = sections();
  out.environment = {{"DW_EXTRACT_CONFIG", "the configuration, where --config is not given"}};
  out.files = {{"/etc/dw/extract.json", "the configuration, where neither is given"}};
  out.exit_codes = {
      {"0", "done"},
      {"1", "failed"},
      {"2", "usage or configuration"},
      {"4",
       "a gap in the log, or the log is off (the batch is printed all the same), or a log file is in "
       "doubt (nothing from there on is read)"},
      {"6", "the server cannot be reached"},
      {"8", "not authorised: the account lacks rights"}};
  out.examples = {
      {"dw-extract check", "what is missing before the first batch", "check"},
      {"dw-extract status | jq -r .end", "the cursor of the log's end", "status"},
      {"dw-extract --since 2026-11-21T01:00:00Z --until 2026-11-21T02:00:00Z > hour.json",
       "look at an hour of the log", "batch"},
      {"dw-extract rotate --after \"$(jq -r .next last.json)\" --dry-run", "would the log be rotated?",
       "rotate"},
      {"dw-extract catalog | jq -r 'select(.table) | .create'", "production's tables", "catalog"},
      {"dw-extract snapshot | gzip > shop.jsonl.gz", "its rows, as of one instant", "snapshot"},
      {"echo '{\"format\":1,\"read\":[{\"schema\":\"shop\",\"table\":\"orders\",\"keys\":[[\"5\"]]}]}' | "
       "dw-extract read",
       "one row", "read"}};
  out.see_also = {"dw-load"};
  return out;
}

}  // namespace

const Manual& manual() {
  static const Manual the_manual = make_manual();
  return the_manual;
}

}  // namespace dw::extract
