#!/usr/bin/env bash
# What the programs tell of themselves: mandoc has nothing to say of the man pages, bash completes, and --help, the man page
# and the completions name the same verbs and options.
#
#   manual_test.sh DW-EXTRACT DW-LOAD
set -euo pipefail
extract=$(readlink -f "${1:?the path of dw-extract}")
load=$(readlink -f "${2:?the path of dw-load}")

folder=$(mktemp -d "${TMPDIR:-/tmp}/dw-test-manual.XXXXXX")
trap 'rm -rf "$folder"' EXIT

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# Arguments: program, its path.
check_man_page() {
  "$2" --help=man >"$folder/$1.1"
  if command -v mandoc >/dev/null; then
    mandoc -T lint -W warning "$folder/$1.1" || fail "mandoc has something to say of $1.1"
  else
    echo "no mandoc: the man page of $1 is not looked at" >&2
  fi
}

# Every verb and option of --help stands in the other forms.
check_same_words() {
  local word
  "$2" --help >"$folder/help" && "$2" --help=bash >"$folder/bash" && "$2" --help=zsh >"$folder/zsh"
  for word in $(sed -n '/^Verbs/,/^$/s/^  \([a-z]*\) .*/\1/p' "$folder/help"); do
    grep -q "^\.It Cm $word" "$folder/$1.1" || fail "$1.1 lacks the verb $word"
    grep -q "\b$word)" "$folder/bash" || fail "bash's completion of $1 lacks $word"
    grep -q "[( ]$word\\\\:" "$folder/zsh" || fail "zsh's completion of $1 lacks $word"
    "$2" "$word" --help | grep -q "^Usage: $1 $word" || fail "$1 $word --help does not tell of it"
  done
  for word in $(sed -n 's/^  \(--[a-z-]*\).*/\1/p' "$folder/help"); do
    grep -qE -- "^\.It Fl \\\\-${word#--}( |$)" <(sed '/^\.It Fl/s/\([a-z]\)\\-/\1-/g' "$folder/$1.1") ||
      fail "$1.1 lacks $word"
    grep -q -- "$word\b" "$folder/bash" || fail "bash's completion of $1 lacks $word"
    grep -q -- "$word\b" "$folder/zsh" || fail "zsh's completion of $1 lacks $word"
  done
  ! command -v zsh >/dev/null || zsh -n "$folder/zsh" || fail "zsh cannot read its completion of $1"
}

# What bash offers for a line: program, its words with the one under the cursor last.
completions() {
  # shellcheck disable=SC2016
  bash -euc '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); "_${1//-/_}"; printf "%s\n" "${COMPREPLY[@]}"' \
    "$folder/$1.bash" "$@"
}

# Arguments: what is expected, then the line.
expect_completion() {
  local expected=$1 got
  shift
  got=$(completions "$@" | sort | tr '\n' ' ')
  [ "$got" = "$expected " ] || fail "\"$*\" completes to \"$got\", not to \"$expected\""
}

check_completion() {
  "$load" --help=bash >"$folder/dw-load.bash" && "$extract" --help=bash >"$folder/dw-extract.bash"
  expect_completion "status" dw-load stat
  expect_completion "report restore" dw-load re
  expect_completion "--prometheus" dw-load status --p
  expect_completion "" dw-load sync --p
  expect_completion "leave overwrite overwrite-all" dw-load restore --existing ''
  expect_completion "$folder/dw-load.bash" dw-load restore --into "$folder/dw-load.b"
  expect_completion "$folder/dw-load.bash" dw-load apply "$folder/dw-load.b"
  expect_completion "--since" dw-extract batch --si
}

check_man_page dw-extract "$extract"
check_man_page dw-load "$load"
check_same_words dw-extract "$extract"
check_same_words dw-load "$load"
check_completion
echo "help, man pages and completions agree"
