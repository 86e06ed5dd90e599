#!/bin/sh
# Installs the program beside this file (dw-load or dw-extract), for machines without a package manager. Needs no more
# than busybox.
#
#   ./install.sh [--to FOLDER] [--minutes N] [--no-cron]
#   ./install.sh --uninstall [--to FOLDER]     (also as FOLDER/install.sh)
#
#   --to FOLDER   where to (default: /share/CACHEDEV1_DATA/dw on a QNAP NAS, whose other folders do not survive a
#                 restart; elsewhere /opt/dw)
#   --minutes N   how often dw-load runs, 1 to 59 (default 1); "run_every_seconds" in load.json becomes that
#   --no-cron     without an entry in the crontab
#   --uninstall   removes the program and the entry; configuration, keys and spool stay
#
# The configuration goes there too, as an example to be filled in; one that is there already stays, but for
# run_every_seconds. The man page and the shells' completions lie beside the program. Run again, it brings all of that up
# to date.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
qts_crontab=/etc/config/crontab

die() {
  echo "install.sh: $*" >&2
  exit 1
}

usage() { sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p;}' "$0"; }

read_arguments() {
  to='' minutes=1 cron=yes uninstall=''
  while [ $# -gt 0 ]; do
    case $1 in
      --to) [ $# -gt 1 ] || die "--to needs a folder" && to=$2 && shift ;;
      --minutes) [ $# -gt 1 ] || die "--minutes needs a number" && minutes=$2 && shift ;;
      --no-cron) cron='' ;;
      --uninstall) uninstall=yes ;;
      --help | -h) usage && exit 0 ;;
      *) die "unknown option $1 (see --help)" ;;
    esac
    shift
  done
  case $minutes in
    [1-9] | [1-5][0-9]) ;;
    *) die "--minutes $minutes: a number from 1 to 59" ;;
  esac
  if [ -z "$to" ]; then
    to=/opt/dw
    [ ! -d /share/CACHEDEV1_DATA ] || to=/share/CACHEDEV1_DATA/dw
  fi
  case $to in
    /*) ;;
    *) to=$(pwd)/$to ;;
  esac
  case $to in
    *[!A-Za-z0-9_./-]*) die "--to $to: letters, digits and _ . / - only, for the crontab's sake" ;;
  esac
}

find_program() {
  for program in dw-load dw-extract; do
    [ ! -f "$here/$program" ] || return 0
  done
  die "there is no program beside this file"
}

check_sums() {
  (cd "$here" && sha256sum -c SHA256SUMS >/dev/null 2>&1) ||
    die "SHA256SUMS does not fit the files beside it: get the archive again"
  "$here/$program" --version >/dev/null || die "$program does not run on this machine"
}

# The new file takes the old one's place in one step, so that a run that starts meanwhile finds the one or the other.
put() {
  cp "$here/$1" "$to/$1.new"
  chmod "$2" "$to/$1.new"
  mv -f "$to/$1.new" "$to/$1"
}

install_files() {
  (umask 077 && mkdir -p "$to" "$to/completions")
  put "$program" 755
  for page in "$program.1" "completions/$program.bash" "completions/_$program"; do put "$page" 644; done
  [ ! -f "$here/ca-bundle.pem" ] || put ca-bundle.pem 644
  [ ! -f "$here/mirror-media" ] || put mirror-media 755
  [ ! -f "$here/mirror-grants" ] || put mirror-grants 755
  put install.sh 755 # to uninstall it
  put what_to_do_when.md 644
  put messages.md 644
  config=${program#dw-}.json
  if [ ! -e "$to/$config" ]; then
    (umask 077 && cp "$here/$config.example" "$to/$config")
    echo "now fill in $to/$config and put beside it the files that it names"
  fi
}

# `status` knows from the configuration how often a run is to come. Of one that lacks the key, only a line is said.
set_run_every() {
  seconds=$((minutes * 60))
  if grep -q '"run_every_seconds"' "$to/load.json"; then
    umask 077
    sed 's/\("run_every_seconds"[[:space:]]*:[[:space:]]*\)[0-9]*/\1'$seconds/ "$to/load.json" >"$to/load.json.new"
    cat "$to/load.json.new" >"$to/load.json" # and not mv: it keeps its owner and mode
    rm -f "$to/load.json.new"
  elif [ "$minutes" -ne 1 ]; then
    echo "now put \"run_every_seconds\": $seconds into $to/load.json, so that status knows when a run is late"
  fi
}

# Writes a crontab anew: what it holds without our line, and the line. Arguments: the file, the line or nothing.
write_crontab() {
  umask 022
  { grep -v "$mark" "$1" || true; } >"$1.dw-new"
  [ -z "$2" ] || echo "$2" >>"$1.dw-new"
  cat "$1.dw-new" >"$1" # and not mv: it keeps its owner, mode and place
  rm -f "$1.dw-new"
}

# QTS makes its crontab from a file of its own at each start; elsewhere the account's own is the one.
# Argument: the line, or nothing to take it away.
set_cron() {
  mark="# dw-load of $to\$"
  if [ -f "$qts_crontab" ]; then
    write_crontab "$qts_crontab" "$1"
    crontab "$qts_crontab"
    /etc/init.d/crond.sh restart >/dev/null
  elif command -v crontab >/dev/null; then
    table=$to/.crontab
    crontab -l >"$table" 2>/dev/null || true
    write_crontab "$table" "$1"
    crontab "$table"
    rm -f "$table"
  else
    [ -z "$1" ] || die "there is no crontab here; have this run by other means: $1"
  fi
}

install() {
  check_sums
  install_files
  if [ "$program" = dw-load ] && [ -n "$cron" ]; then
    set_run_every
    set_cron "*/$minutes * * * * $to/dw-load sync --config $to/load.json >/dev/null 2>$to/last-error # dw-load of $to"
  fi
  echo "installed $("$to/$program" --version) in $to"
}

uninstall() {
  [ -f "$to/$program" ] || die "there is no $program in $to"
  [ "$program" != dw-load ] || set_cron ''
  rm -f "$to/$program" "$to/ca-bundle.pem" "$to/mirror-media" "$to/install.sh" "$to/last-error"
  rm -f "$to/mirror-grants" "$to/what_to_do_when.md" "$to/messages.md"
  rm -f "$to/$program.1" "$to/completions/$program.bash" "$to/completions/_$program"
  rmdir "$to/completions" 2>/dev/null || true
  rmdir "$to" 2>/dev/null || echo "configuration, keys and spool stay in $to"
  echo "removed $program"
}

read_arguments "$@"
find_program
if [ -n "$uninstall" ]; then uninstall; else install; fi
