#!/usr/bin/env bash
# scripts/systemd and scripts/cron: systemd accepts the units, and the commands in both get as far as the mirror, which
# is not there (exit 7), with no more in the environment than cron and systemd give them.
#
#   service_files_test.sh DW-LOAD
set -euo pipefail
load=$(readlink -f "${1:?the path of dw-load}")
cd "$(dirname "$(readlink -f "$0")")/../../scripts"

folder=$(mktemp -d "${TMPDIR:-/tmp}/dw-test-services.XXXXXX")
trap 'rm -rf "$folder"' EXIT

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# A configuration whose mirror is not there.
write_config() {
  mkdir "$folder/bin" "$folder/spool"
  ln -s "$load" "$folder/bin/dw-load"
  (umask 077 && echo key >"$folder/api.key" && printf '[client]\nhost = 127.0.0.1\nport = 1\n' >"$folder/mirror.cnf")
  cat >"$folder/load.json" <<JSON
{"source": {"url": "https://127.0.0.1:1/", "api_key_file": "api.key"}, "mirror": {"defaults_file": "mirror.cnf"},
 "retention": "in-place", "spool_dir": "spool"}
JSON
}

# Arguments: where the command stands, the command.
expect_it_runs() {
  local status=0
  env -i HOME=/ SHELL=/bin/sh LOGNAME=dw PATH="$folder/bin:/usr/bin:/bin" \
    sh -c "${2//\/etc\/dw\//$folder/}" >"$folder/said" 2>&1 || status=$?
  [ "$status" -eq 7 ] || fail "$1: \"$2\" ended with $status: $(cat "$folder/said")"
}

check_units() {
  local file said
  for file in systemd/*; do
    sed "s|^ExecStart=dw-load|ExecStart=$load|" "$file" >"$folder/${file##*/}"
  done
  said=$(systemd-analyze verify --man=no "$folder"/*.service "$folder"/*.timer 2>&1) || fail "$said"
  # It warns of directives that it does not know, and succeeds.
  ! grep "$folder" <<<"$said" || fail "systemd has something to say of these units"
  expect_it_runs dw-load.service "$(sed -n 's/^ExecStart=//p' systemd/dw-load.service)"
}

# Those that are to be switched on as well: a # in front of them goes.
check_cron_lines() {
  local command commands
  mapfile -t commands < <(sed -nE 's/^(# )?([0-9*,/-]+ +){5}dw +(dw-load )/\3/p' cron/dw-load)
  [ ${#commands[@]} -eq 2 ] || fail "cron/dw-load has not the two lines of dw-load's, as /etc/cron.d asks for them"
  for command in "${commands[@]}"; do expect_it_runs cron/dw-load "$command"; done
}

write_config
if command -v systemd-analyze >/dev/null; then check_units; else echo "no systemd-analyze: the units are not checked" >&2; fi
check_cron_lines
echo "the units and cron lines are right"
