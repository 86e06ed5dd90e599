#include "loader/manual.h"

namespace dw::load {
namespace {

std::vector<ManualVerb> verbs() {
  return {
      {"sync", "", "pull what production logged since the last run, and apply it (the default verb)",
       "This is what cron or a timer runs every minute. The statements go to the mirror in the log's order, "
       "each exactly "
       "once: a run that is killed at any instant is made good by the next. A run that finds another one at "
       "work ends "
       "with exit 5; that is normal after a long run.\n\n"
       "The first run of a mirror that dw-load baseline made goes on from there. Another copy takes --after "
       "or "
       "--since, once."},
      {"baseline", "", "the first copy: schemas and rows, while production goes on",
       "Copies what production has as of one instant whose place in the log is known, over the same HTTPS. "
       "What was "
       "broken off goes on with the next call. The mirror must not have the schemas yet; dw-load sync "
       "follows.\n\n"
       "With --adopt a copy that the mirror has already is taken over in place of that: production's log is "
       "followed from "
       "now on, missing tables and columns are made, every row is compared with production's and mended. "
       "What "
       "production has no "
       "longer goes to the archive; tables that it has not stay as they are.\n\n"
       "--from-dump loads what mysqldump --single-transaction or mariadb-dump wrote, and finds the dump's "
       "session in the log, "
       "to go on from its snapshot."},
      {"verify", "[TABLE...]", "compare every row with production's, or these tables'",
       "sync does a share of it each time, and reads back what the log could not tell. verify does all of it "
       "at once. "
       "Without --repair it only tells what differs, with exit 3; with it, production's rows are written "
       "over those that "
       "differ, and what they displace is kept in the archive.\n\n"
       "A table is named as DB.TABLE, or without DB where one schema alone has it; DB alone is all of a "
       "schema's."},
      {"apply", "FILE...", "apply batch files: spooled ones, or what dw-extract batch wrote",
       "Nothing is fetched. A batch that was applied before changes nothing, so that a whole spool folder "
       "may be named."},
      {"check", "", "look at all that can be wrong before the first run, and say what mends it",
       "Configuration, this machine, the source (with what dw-extract check says there) and the mirror, "
       "right by right. "
       "It changes nothing. The exit code is that of the first thing that is wrong."},
      {"status", "", "is the mirror well? A screen for people, an exit code for a monitor",
       "Exit 0 is well. 1: no run has come to its end for overdue_after_seconds, or the last one failed. 3: "
       "rows "
       "differ, suspects have been open for a day, statements were not understood, or the media is not well. "
       "4: a gap in "
       "the log. 6, 7, 8: the source or the mirror is out of reach, or has refused.\n\n"
       "Above the numbers stands why it is not well, and what to do."},
      {"report", "", "the same and a year's history, as a web page",
       "One file that needs nothing from outside, for a browser of any size, light or dark. It has no text "
       "of a "
       "statement, no value, no error message and no key in it, so that it may stand in a web folder."},
      {"restore", "", "bring rows back from the mirror and its archive, with the rows that they reference",
       "As SQL on stdout, or with --into straight into another server. Parents come first; what is there "
       "already stays as "
       "it is, so that twice is as good as once. One transaction: all of it or nothing."},
  };
}

std::vector<ManualOption> options() {
  return {
      {"config", "FILE", {}, "configuration, JSON; else $DW_LOAD_CONFIG, else /etc/dw/load.json"},
      {"verbose", "", {}, "say more"},
      {"statistics",
       "",
       {},
       "at the end: what the run spent its time on, by action (with --json: in the JSON)"},
      {"help",
       "",
       {},
       "this text; behind a verb, that verb's. --help=man, --help=bash and --help=zsh print the man "
       "page and the shells' completions"},
      {"version", "", {}, "the program's version"},
      {"follow", "SECONDS", {"sync"}, "repeat with this pause until SIGTERM, in place of cron"},
      {"after",
       "CURSOR",
       {"sync"},
       "first run only: start at this place (dw-extract status shows the log's end)"},
      {"since",
       "TIME",
       {"sync", "baseline"},
       "first run only: start at this time, such as 2026-11-21T01:00:00Z. baseline: a time before the dump, "
       "whose session the log does not show"},
      {"accept-source",
       "",
       {"sync"},
       "the server that answers is the source from here on: after a restore, a move or a failover of "
       "production. Every table is compared with it"},
      {"dry-run",
       "",
       {"sync", "restore"},
       "say what would be done, and change nothing. sync plans one batch"},
      {"repair",
       "",
       {"verify"},
       "write production's rows over those that differ; what they displace is archived"},
      {"repair-schema",
       "",
       {"verify"},
       "the same, and add and change columns and keys as production has them; none is dropped"},
      {"from-dump", "FILE", {"baseline"}, "load this dump: plain, .gz or .zst, - for stdin"},
      {"adopt",
       "SCHEMA[,SCHEMA...]",
       {"baseline"},
       "schemas of the mirror that hold a copy already: compared and mended, not loaded"},
      {"json", "", {"check", "status"}, "for programs"},
      {"prometheus",
       "",
       {"status"},
       "metrics, for node_exporter's textfile collector; exit 0 once they are written, for the verdict is "
       "dw_exit_code"},
      {"quiet",
       "",
       {"sync", "baseline", "verify", "apply", "check", "status", "report", "restore"},
       "neither results nor progress; warnings and errors are said, and restore's SQL comes. check and "
       "status: something only where all is not well"},
      {"html",
       "FILE",
       {"report"},
       "where the page goes; it is written whole or not at all, and readable by all"},
      {"table", "DB.TABLE", {"restore"}, "the table whose rows come back"},
      {"where",
       "CONDITION",
       {"restore"},
       "which of them: a condition over its columns, true of a row's last state. "
       "\"1\" is every row"},
      {"as-of",
       "TIME",
       {"restore"},
       "rows as they were then. The archive knows when a row left, not when it came: rows "
       "that came later come too"},
      {"into",
       "FILE",
       {"restore"},
       "a MySQL option file that leads to the server; without it SQL goes to stdout"},
      {"existing",
       "WHAT",
       {"restore"},
       "what happens to a row whose key is there: leave (the default), overwrite, or "
       "overwrite-all, which overwrites the rows that are referenced as well",
       {"leave", "overwrite", "overwrite-all"}},
      {"with-children", "", {"restore"}, "rows that reference the picked ones, too"},
      {"create", "", {"restore"}, "make tables that are missing, as the mirror has them"},
  };
}

std::vector<ManualExample> examples() {
  return {
      {"dw-load check", "what is missing before the first run", "check"},
      {"dw-load baseline && dw-load sync", "the first copy, and what was logged meanwhile", "baseline"},
      {"* * * * * dw  dw-load sync --config /etc/dw/load.json >/dev/null",
       "a line of /etc/cron.d: every minute", "sync"},
      {"dw-load sync --follow 5", "all the time, under a service manager", "sync"},
      {"dw-load sync --dry-run", "what would the next batch do?", "sync"},
      {"dw-load verify", "does every row equal production's?", "verify"},
      {"dw-load verify --repair shop.orders", "make one table equal", "verify"},
      {"dw-load apply /var/spool/dw/batch-*.json.gz", "again from the spool", "apply"},
      {"dw-load status --quiet", "for cron, which mails what is printed: nothing, or what is wrong",
       "status"},
      {"dw-load status --json | jq .reasons", "why is it not well?", "status"},
      {"dw-load report --html /var/www/html/mirror.html", "a page for the phone", "report"},
      {"dw-load restore --table app.orders --where \"customer_id=7\" --dry-run",
       "which rows would come back?", "restore"},
      {"dw-load restore --table app.orders --where \"customer_id=7\" --with-children --into production.cnf",
       "bring them back, with what references them", "restore"},
  };
}

std::vector<ManualTerm> exit_codes() {
  return {
      {"0", "done; the mirror is well"},
      {"1", "failed; status: no run comes to its end"},
      {"2", "usage or configuration"},
      {"3", "needs your eyes: another source, drift, statements that were not understood; nothing is lost"},
      {"4", "a gap in the log, or the log is off: all tables are suspect"},
      {"5", "another run holds the lock; under cron that is normal after a long run"},
      {"6", "the source cannot be reached"},
      {"7", "the mirror cannot be reached, or refuses; nothing is half done"},
      {"8", "not authorised: the key is wrong"}};
}

Manual make_manual() {
  Manual out{};
  out.name = "dw-load";
  out.brief = "keeps a mirror of a production MySQL database that never forgets a row";
  out.usage = "dw-load [VERB] [OPTIONS]";
  out.description =
      "dw-load pulls the pieces of production's general query log that dw-extract gives out over HTTPS, and "
      "runs their "
      "statements on a mirror, in the log's order and each exactly once. What production deletes stays "
      "readable in the "
      "archive beside the live tables.\n\n"
      "To begin: write the configuration, then dw-load check, dw-load baseline, dw-load sync, and a cron "
      "line.";
  out.verbs = verbs();
  out.options = options();
  out.sections = {{"A configuration that works",
                   "{ \"source\": {\"url\": \"https://db.example.org/cgi-bin/dw-extract\", \"api_key_file\": "
                   "\"api.key\"},\n"
                   "\"mirror\": {\"defaults_file\": \"mirror.cnf\"}, \"spool_dir\": \"spool\" }\n\n"
                   "Paths are relative to the file. README tells all keys; one that is not known is an error "
                   "that names the nearest "
                   "known one."}};
  out.environment = {{"DW_LOAD_CONFIG", "the configuration, where --config is not given"}};
  out.files = {{"/etc/dw/load.json", "the configuration, where neither is given"},
               {"SPOOL/batch-*.json.gz", "every batch, before it is applied; kept for spool_days"},
               {"SPOOL/runs.json", "how the last runs ended, for status and report"}};
  out.exit_codes = exit_codes();
  out.examples = examples();
  out.see_also = {"dw-extract"};
  return out;
}

}  // namespace

const Manual& manual() {
  static const Manual the_manual = make_manual();
  return the_manual;
}

}  // namespace dw::load
