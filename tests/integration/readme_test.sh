#!/usr/bin/env bash
# Whether README.md is true of the programs: its configuration examples and the keys and defaults in its tables are
# accepted, no key is missing there, the options in its commands exist, and its GRANTs are those of scripts/sql.
#
#   readme_test.sh DW-EXTRACT DW-LOAD
#
# A configuration counts as accepted when the program gets as far as the database, which is not there: exit 6 or 7.
set -euo pipefail
extract=$(readlink -f "${1:?the path of dw-extract}")
load=$(readlink -f "${2:?the path of dw-load}")
cd "$(dirname "$(readlink -f "$0")")/../.."

folder=$(mktemp -d "${TMPDIR:-/tmp}/dw-readme-test.XXXXXX")
trap 'rm -rf "$folder"' EXIT
failures=0

fail() {
  printf 'README.md: %s\n' "$*" >&2
  failures=$((failures + 1))
}

# What stands between the fences, for the block after this comment. Argument: the comment's text.
block_after() {
  awk -v mark="<!-- $1 -->" '$0 == mark { wanted = 1; next } wanted && /^```/ { if (inside) exit; inside = 1; next }
    inside { print }' README.md
}

# All blocks of a language.
blocks_of() { awk -v fence="\`\`\`$1" '$0 == fence { inside = 1; next } /^```/ { inside = 0 } inside' README.md; }

# The rows `key` | `default` of the table after a comment, as one JSON object; rows without a default are left out.
table_as_json() {
  awk -v mark="<!-- $1 -->" '$0 == mark { wanted = 1; next } wanted && NF == 0 { exit } wanted' README.md |
    sed -n 's/^| `\([a-z_.]*\)` | `\(.*\)` | .*/\1\t\2/p' |
    jq -R -n '[inputs / "\t" | {key: .[0], value: (.[1] | fromjson)}] |
      reduce .[] as $row ({}; setpath($row.key / "."; $row.value))'
}

# Makes the files that a configuration names, beside it. An option file leads nowhere.
make_named_files() {
  local name
  for name in $(grep -o '_file": *"[^"]*"' "$1" | sed 's/.*"\(.*\)"/\1/'); do
    printf '[client]\nhost = 127.0.0.1\nport = 1\n' >"$folder/$name"
    chmod 600 "$folder/$name"
  done
}

# Arguments: what it is, the program and its verb …, the configuration's file.
expect_accepted() {
  local what=$1 file=${*: -1} status=0 said
  make_named_files "$file"
  said=$("${@:2:$#-2}" --config "$file" 2>&1) || status=$?
  [ "$status" -eq 6 ] || [ "$status" -eq 7 ] || fail "$what is not accepted (exit $status): $said"
}

check_configs() {
  block_after 'config: dw-extract' >"$folder/extract.json"
  block_after 'config: dw-load' >"$folder/load.json"
  expect_accepted "the configuration of dw-extract" "$extract" status "$folder/extract.json"
  expect_accepted "the configuration of dw-load" "$load" status "$folder/load.json"
  block_after 'config: webhooks' | jq --slurpfile load "$folder/load.json" '$load[0] + {webhooks: .}' >"$folder/webhooks.json"
  expect_accepted "the list of webhooks" "$load" status "$folder/webhooks.json"
  # The test itself is worth nothing if anything is accepted.
  local status=0
  jq '. + {no_such_key: 1}' "$folder/load.json" >"$folder/wrong.json"
  "$load" status --config "$folder/wrong.json" 2>/dev/null || status=$?
  [ "$status" -eq 2 ] || fail "a configuration with an unknown key gave exit $status, not 2"
}

check_tables() {
  table_as_json 'keys: dw-extract' |
    jq '. * {mysql: {defaults_file: "extract.cnf"}}' >"$folder/extract-defaults.json"
  expect_accepted "the table of dw-extract's keys" "$extract" status "$folder/extract-defaults.json"
  # The one default that this version does not carry out is left to the word beside it.
  table_as_json 'keys: dw-load' |
    jq '. * {source: {url: "https://localhost/", api_key_file: "api.key"}, mirror: {defaults_file: "mirror.cnf"},
      spool_dir: "spool"}' >"$folder/load-defaults.json"
  expect_accepted "the table of dw-load's keys" "$load" status "$folder/load-defaults.json"
}

# Every key that the programs read stands in README.
check_no_key_is_missing() {
  local key
  for key in $(sed -n 's/.*\(string\|choice\|integer\|boolean\|strings\|paths\?\|objects\?\|string_map\)("\([a-z_]*\)".*/\2/p' \
    extractor/config.cpp loader/config.cpp | sort -u); do
    grep -q "[\`.\"]${key}[\`.\"]" README.md || fail "the key $key is missing"
  done
}

check_options() {
  local program path option
  for program in dw-extract dw-load; do
    path=$extract
    [ "$program" = dw-extract ] || path=$load
    "$path" --help >"$folder/help" || fail "$program --help does not work"
    # Only the words behind the program's name, up to a pipe or a comment.
    for option in $(blocks_of sh | grep -o "\b$program [^|#]*" | grep -o -- ' --[a-z-]*' | sort -u); do
      grep -q -- "$option\b" "$folder/help" || fail "$program has no option $option"
    done
  done
}

check_grants() {
  local line
  while read -r line; do
    grep -qxF -- "$line" README.md || fail "this line of scripts/sql is missing: $line"
  done < <(grep -hE '^(GRANT|CREATE)' scripts/sql/*.sql)
  while read -r line; do
    grep -qxF -- "$line" scripts/sql/*.sql || fail "scripts/sql has no such line: $line"
  done < <(blocks_of sql | grep -E '^(GRANT|CREATE)')
}

# Files that README names are there.
check_paths() {
  local path
  for path in $(grep -oE '\b(scripts|common|tests)/[a-z_/.-]*[a-z]' <(sed 's|build/release/[a-z_/]*||g' README.md) | sort -u); do
    [ -e "$path" ] || fail "there is no $path"
  done
}

check_configs
check_tables
check_no_key_is_missing
check_options
check_grants
check_paths
[ "$failures" -eq 0 ] || exit 1
echo "README.md agrees with the programs"
