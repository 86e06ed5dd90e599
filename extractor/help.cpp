#include "extractor/options.h"

namespace dw::extract {

const char* const kHelp =
    R"HELP(dw-extract - reads a MySQL or MariaDB server's general query log, for dw-load to replay

  dw-extract [batch] [--after CURSOR | --since TIME] [--until TIME] [--max-bytes N]
      Prints the log's next events as one JSON document. "next" in it is the cursor
      to ask for next time; "more": true says that there is more already.
        --after CURSOR   what follows that place; without it: from the oldest event
        --since TIME     from the first event at or after that time
        --until TIME     up to the first event at or after that time
        --max-bytes N    about how large a batch may get (default: max_batch_bytes)
  dw-extract status
      Prints what the server is, where its log begins and ends, which grants the
      account needs, and what is wrong. "end" is the cursor of the log's end.
  dw-extract check
      Looks at everything that can be wrong before the first batch, and says what
      mends it. In words at a terminal, else JSON.
  dw-extract rotate [--after CURSOR] [--dry-run]
      Gives the log a new table when it is past its limits and nothing that the
      loader lacks would be thrown away: the cursor says what the loader has.
  dw-extract catalog
      Prints schemas, tables, views, routines, triggers and events.
  dw-extract snapshot [--after PLACE]
      Prints the catalogue and all rows, as of one instant, and where in the log that
      was. What ended early goes on with --after '{"schema":"s","table":"t","key":["5"]}'.
  dw-extract read
      Prints the rows, or digests of them, that a JSON request on standard input names.
  These three write a line of JSON at a time: common/rows/reading_format.md.

For all:
  --config FILE   JSON, comments allowed; else $DW_EXTRACT_CONFIG, else /etc/dw/extract.json
  --verbose       says on stderr what was read
  --help, --version

A config that works:
  { "mysql": {"defaults_file": "extract.cnf"}, "log": {"source": "table"},
    "databases": ["app"], "api_key_file": "api.key" }
Also: mysql.defaults_group, source_id, max_batch_bytes, rotate.enabled,
rotate.max_rows, rotate.max_bytes, rotate.min_interval_seconds,
reading.chunk_milliseconds, reading.max_load.
A log file in place of the table:
  "log": {"source": "file", "path": "/var/log/mysql/general.log", "state_file": "..."}
Also: log.rotated, log.time_zone, log.decided; without "mysql", for the files of a
server that is gone: log.server_version, log.globals. Files are rotated by the
machine's own logrotate, not by dw-extract rotate.

Give dw-extract a database account of its own: what that account does is left out.
TIME is 2026-11-21, 2026-11-21T01:41:21Z or seconds since 1970, in UTC.

Run by a web server (CGI), it answers GET /v1/batch?after=..., GET /v1/status,
GET /v1/check, GET /v1/catalog, GET /v1/snapshot?after=...,
POST /v1/rotate?after=... and POST /v1/read, with the key of api_key_file in
"Authorization: Bearer" or "X-Api-Key".

Examples:
  dw-extract status
  dw-extract --since 2026-11-21T01:00:00 --until 2026-11-21T02:00:00 > hour.json
  dw-extract rotate --after "$(jq -r .next last.json)" --dry-run

Exit codes: 0 done, 1 failed, 2 usage or config, 4 gap in the log, or log off (the
batch is printed all the same), or a log file in doubt (nothing from there on is
read), 6 server unreachable, 8 not authorised.
)HELP";

}  // namespace dw::extract
