#!/usr/bin/env bash
# scripts/mirror-media against a server that speaks S3 on loopback (s3rver): deletes, overwrites, a broken transfer and a
# copy that somebody changed. Nothing that the bucket ever held is lost.
set -euo pipefail
scripts=$(dirname "$(readlink -f "$0")")/../../scripts

folder=$(mktemp -d "${TMPDIR:-/tmp}/dw-test-media.XXXXXX")
shell=() # a NAS has busybox's
! command -v busybox >/dev/null || shell=(busybox sh)
server=
clean_up() {
  stop_server
  rm -rf "$folder"
}
trap clean_up EXIT

fail() {
  printf 'case "%s": %s\n' "$what" "$*" >&2
  cat "$folder/said" "$folder/errors" "$folder/server.log" >&2 2>/dev/null || true
  exit 1
}

free_port() {
  local port
  while port=$((20000 + RANDOM % 12000)); do
    (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo "$port"
}

start_server() {
  local tries=0
  node "$root/s3rver/node_modules/s3rver/bin/s3rver.js" --directory "$folder/server" --address 127.0.0.1 --port "$port" \
    --silent --configure-bucket media >"$folder/server.log" 2>&1 &
  server=$!
  until (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
    ((tries++ < 300)) || fail "the S3 server did not start"
    sleep 0.1
  done
}

# Killed: on SIGTERM it closes what it sends at once, and goes on answering for a moment.
stop_server() {
  [ -n "$server" ] || return 0
  kill -KILL "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  server=
}

bucket() { rclone --config "$folder/rclone.conf" "$@"; }
put() { printf '%s' "$2" | bucket rcat "media:media/$1"; }

# Runs the script; its line of JSON is in `said`. Arguments: the exit status that it must have, more for the script.
mirror() {
  local wanted=$1 status=0 options=()
  shift
  while [ "${1:-}" = --no-verify ] || [ "${1:-}" = --quiet ]; do options+=("$1") && shift; done
  "${shell[@]}" "$scripts/mirror-media" --from media:media --to "$folder/copy" --result "$folder/result" "${options[@]}" \
    -- --config "$folder/rclone.conf" --low-level-retries 1 --retries 1 "$@" >"$folder/said" 2>"$folder/errors" || status=$?
  [ "$status" -eq "$wanted" ] || fail "ended with $status, not with $wanted"
  [ "$wanted" -gt 1 ] || cmp -s "$folder/said" "$folder/result" || fail "the result's file is not what was printed"
}

# The result's fields as jq's condition.
expect() { jq -e "$1" "$folder/result" >/dev/null || fail "not so: $1"; }
# Arguments: file under the folder, its content.
expect_file() { [ "$(cat "$folder/$1" 2>/dev/null)" = "$2" ] || fail "$1 is not \"$2\""; }
# The one former version of a file.
expect_kept() { [ "$(cat "$folder"/copy-versions/*/"$1")" = "$2" ] || fail "\"$2\" of $1 was not kept"; }

test_first_copy() {
  what='first copy'
  put a/one.txt one
  put a/two.txt two
  put 'a/ü "quoted" \n.txt' three
  mirror 0
  expect '.kind == "media" and .status == "ok" and .copied == 3 and .kept == 0 and .verified == 3 and .error == ""'
  expect_file copy/a/one.txt one
  expect_file 'copy/a/ü "quoted" \n.txt' three
  mirror 0
  expect '.copied == 0 and .verified == 3'
}

test_deletes_and_overwrites() {
  what='deletes and overwrites'
  bucket deletefile media:media/a/two.txt
  put a/one.txt ONE
  put b.txt new
  mirror 0
  expect '.status == "ok" and .copied == 2 and .kept == 1 and .verified == 3'
  expect_file copy/a/two.txt two
  expect_file copy/a/one.txt ONE
  expect_kept a/one.txt one
}

# Same size, same time: only a checksum tells.
test_changed_copy() {
  what='a copy that was changed here'
  touch -r "$folder/copy/b.txt" "$folder/stamp"
  printf 'xxx' >"$folder/copy/b.txt"
  touch -r "$folder/stamp" "$folder/copy/b.txt"
  mirror 0 --no-verify
  expect '.status == "ok" and .copied == 0 and .verified == null'
  mirror 0
  expect '.status == "ok" and .copied == 1 and .kept == 1 and .verified == 3'
  expect_file copy/b.txt new
  expect_kept b.txt xxx
}

test_broken_transfer() {
  what='a broken transfer'
  local before tries=0 runner
  head -c 6000000 /dev/zero | bucket rcat media:media/big
  mirror 0
  before=$(sha256sum <"$folder/copy/big")
  head -c 6000000 /dev/urandom >"$folder/new-big"
  bucket copyto "$folder/new-big" media:media/big
  mirror 1 --bwlimit 1M &
  runner=$!
  until [ -n "$(find "$folder/copy-incoming" -name 'big.*.dw-part' -size +1k 2>/dev/null)" ]; do
    ((tries++ < 300)) || fail "the transfer did not begin"
    sleep 0.1
  done
  stop_server
  wait "$runner" || exit 1
  expect '.status == "failed" and .error != "" and .verified == null'
  [ "$(sha256sum <"$folder/copy/big")" = "$before" ] || fail "the former version is damaged"
  [ "$(find "$folder/copy" -name 'big*' | wc -l)" -eq 1 ] || fail "half a file took a place"

  what='after a broken transfer'
  start_server
  mirror 0
  expect '.status == "ok" and .copied == 1 and .kept == 1 and .verified == 4'
  cmp "$folder/copy/big" "$folder/new-big" || fail "the new version is not there"
  [ "$(sha256sum <"$(find "$folder/copy-versions" -name big)")" = "$before" ] || fail "the former version was not kept"
}

# What takes longer than two seconds says so, each second at a terminal, and not with --quiet.
test_progress() {
  what=progress
  local command
  head -c 5000000 /dev/urandom | bucket rcat media:media/slow
  mirror 0 --bwlimit 1M
  grep -qE '^20[0-9T:-]*Z mirror-media: copying, 0 copied \[0:03\]$' "$folder/errors" || fail "nothing is said of how far it is"
  head -c 5000000 /dev/urandom | bucket rcat media:media/slow
  mirror 0 --quiet --bwlimit 1M
  [ ! -s "$folder/errors" ] || fail "--quiet is not quiet"
  head -c 5000000 /dev/urandom | bucket rcat media:media/slow
  command="'$scripts/mirror-media' --from media:media --to '$folder/copy' -- --config '$folder/rclone.conf' --bwlimit 1M"
  script --quiet --return --log-out /dev/null --command "$command" >"$folder/said" </dev/null || fail "failed at a terminal"
  grep -q $'\r\033\\[Kmirror-media: copying, 0 copied \\[0:04\\]' "$folder/said" || fail "no line is written over at a terminal"
}

test_refusals() {
  what=refusals
  flock "$folder/copy.lock" true
  exec 8>"$folder/copy.lock" && flock 8
  mirror 5
  exec 8>&-
  "$scripts/mirror-media" --from media:media --to "$folder/copy" --kept "$folder/copy/kept" >"$folder/said" 2>&1 &&
    fail "--kept within --to was accepted"
  mkdir "$folder/old"
  printf '#!/bin/sh\necho rclone v1.60.1-DEV\n' >"$folder/old/rclone" # not rclone: it only says its version
  chmod 755 "$folder/old/rclone"
  PATH=$folder/old:$PATH "$scripts/mirror-media" --from media:media --to "$folder/copy" >"$folder/said" 2>&1 &&
    fail "an old rclone was accepted"
  grep -q 'cannot name files' "$folder/said" || fail "nothing is said of the old rclone"
}

main() {
  what=preparing
  root=$("$scripts/media-root")
  mkdir "$folder/bin"
  ln -s "$root/usr/bin/rclone" "$folder/bin/rclone"
  PATH=$folder/bin:$PATH
  port=$(free_port)
  cat >"$folder/rclone.conf" <<CONF
[media]
type = s3
provider = Other
endpoint = http://127.0.0.1:$port
access_key_id = S3RVER
secret_access_key = S3RVER
force_path_style = true
CONF
  touch "$folder/stamp"
  mkdir "$folder/server"
  start_server
  test_first_copy
  test_deletes_and_overwrites
  test_changed_copy
  test_broken_transfer
  test_progress
  test_refusals
  echo "mirror-media copies, keeps and verifies"
}

main
