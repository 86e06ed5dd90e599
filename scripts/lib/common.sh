# shellcheck shell=bash
# Helpers that every script here sources: messages, root rights, usage text. Sourcing runs nothing.

say() { printf '%s\n' "$*" >&2; }

die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# The leading comment block of the calling script is its help text.
usage() {
  sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"
}

# Runs a command with root rights.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo -- "$@"
  else
    die "needs root for: $* (run as root, or install sudo)"
  fi
}

# Runs a command quietly; shows what it said only when it failed.
quietly() {
  local log status=0
  log=$(mktemp)
  "$@" >"$log" 2>&1 </dev/null || status=$?
  if [ "$status" -ne 0 ]; then
    tail -n 60 "$log" >&2
  fi
  rm -f "$log"
  return "$status"
}

# Says on stderr that something still goes on, until it is ended: from the third second on, at a terminal in a line that is
# written over, elsewhere in a dated line every ten seconds. Argument: what goes on.
say_progress() {
  local passed=0
  trap 'kill $! 2>/dev/null; exit 0' TERM
  while :; do
    sleep 1 &
    wait $!
    passed=$((passed + 1))
    [ "$passed" -ge 3 ] || continue
    if [ -t 2 ]; then
      printf '\r\033[K%s [%d:%02d]' "$1" $((passed / 60)) $((passed % 60)) >&2
    elif [ $((passed % 10)) -eq 3 ]; then
      printf '%s %s [%d:%02d]\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$1" $((passed / 60)) $((passed % 60)) >&2
    fi
  done
}

# Runs a command that may take long. Arguments: what it does, in words; the command.
with_progress() {
  local progress status=0
  say_progress "$1" &
  progress=$!
  shift
  "$@" || status=$?
  kill "$progress" 2>/dev/null || true
  wait "$progress" 2>/dev/null || true
  [ ! -t 2 ] || printf '\r\033[K' >&2
  return "$status"
}

# Waits for other package runs on the machine instead of failing beside them.
apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -o DPkg::Lock::Timeout=600 "$@"
}
