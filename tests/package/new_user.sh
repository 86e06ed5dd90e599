#!/usr/bin/env bash
# What a new user does, on a fresh Debian 12 (scripts/debian-root) with a copy of the checkout and README's own words:
#
#   new_user.sh commands   the two commands that README begins with
#   new_user.sh guide      an installation by "Installing near production" and "Installing the mirror": a source, a web
#                          server and a mirror, each in a root folder of its own, over loopback
#   new_user.sh packages [FOLDER]
#                          the Debian packages that scripts/package made (in build/packages): installed, with their man
#                          pages and completions for bash and zsh, and taken away
#
# The commands are taken out of README's blocks; what is changed in them are names, addresses, ports and passwords, as a
# user would. Takes many minutes, for it installs packages and compiles. With CMAKE_CXX_COMPILER_LAUNCHER=ccache in the
# environment it compiles with the machine's ccache.
#
# Needs root rights. All runs in a namespace of its own, so no process and no mount outlives it. As in a container, nothing
# that a package brings is started by its installation.
set -euo pipefail
scripts=$(dirname "$(readlink -f "$0")")/../../scripts
# shellcheck source=scripts/lib/common.sh
. "$scripts/lib/common.sh"
# shellcheck source=scripts/lib/shop.sh
. "$scripts/lib/shop.sh"
cd "$scripts/.."

# --- README's words -----------------------------------------------------------------------------------------------

# The one block of README in which a text stands.
block_with() {
  local found
  found=$(awk -v text="$1" '/^```/ { if (inside && index(block, text)) printf "%s", block; inside = !inside; block = ""; next }
    inside { block = block $0 "\n" }' README.md)
  [ -n "$found" ] || die "README.md has no block with \"$1\""
  printf '%s\n' "$found"
}

# The lines of a block that hold a text. Arguments: text that only this block has, text of the lines.
lines_with() { block_with "$1" | grep -F -- "$2" || die "README.md: no line with \"$2\""; }

# --- Root folders ---------------------------------------------------------------------------------------------------

# Arguments: its name, the folder that it is a copy of, without what is mounted there.
make_root() {
  local home=$folder/$1
  cp -a --one-file-system --reflink=auto "$2" "$home"
  printf '#!/bin/sh\nexit 101\n' >"$home/usr/sbin/policy-rc.d"
  chmod 755 "$home/usr/sbin/policy-rc.d"
  printf 'APT::Get::Assume-Yes "true";\nAcquire::Check-Valid-Until "false";\nAcquire::Check-Date "false";\n' \
    >"$home/etc/apt/apt.conf.d/90-new-user" # a user says yes; and the machine's clock may not be the archive's
  cp -n "$packages"/*.deb "$home/var/cache/apt/archives/" 2>/dev/null || true
  cp /etc/resolv.conf "$home/etc/resolv.conf"
  printf '127.0.0.1 localhost db.example.org database.example.org\n' >"$home/etc/hosts"
  mount -t proc proc "$home/proc"
}

copy_checkout() {
  mkdir "$folder/$1/root/dw"
  git ls-files -z | tar --null -c -T - | tar -x -C "$folder/$1/root/dw"
}

# Runs what stands on stdin with bash in the checkout of a root, and shows what it said when it fails. Arguments: the root's
# name, what is done, in words.
inside() {
  local log=$folder/$1.log began=$SECONDS
  printf '\n=== %s\n' "$2" >>"$log"
  { printf 'cd /root/dw 2>/dev/null || cd /root\nset -xeo pipefail\n' && cat; } >"$folder/$1/root/typed"
  chroot "$folder/$1" env -i HOME=/root USER=root TERM=dumb DEBIAN_FRONTEND=noninteractive "${compiler_cache[@]}" \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin bash /root/typed >>"$log" 2>&1 </dev/null ||
    { tail -n 60 "$log" >&2 && die "$1: this failed: $2"; }
  cp -n "$folder/$1"/var/cache/apt/archives/*.deb "$packages/" 2>/dev/null || true
  printf '%5d s  %s: %s\n' $((SECONDS - began)) "$1" "$2"
}

compiler_cache=()
use_compiler_cache() {
  local cache
  [ "${CMAKE_CXX_COMPILER_LAUNCHER:-}" = ccache ] || return 0
  cache=$(ccache --get-config cache_dir)
  compiler_cache=(CMAKE_CXX_COMPILER_LAUNCHER=ccache CCACHE_DIR=/root/ccache CCACHE_BASEDIR=/root/dw CCACHE_NOHASHDIR=1)
  mkdir "$folder/$1/root/ccache"
  mount --bind "$cache" "$folder/$1/root/ccache"
  inside "$1" "the compiler's cache" <<<'apt-get update; apt-get install --no-install-recommends ccache'
}

free_port() {
  local port
  while port=$((20000 + RANDOM % 12000)); do
    (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo "$port"
}

# --- The two commands -----------------------------------------------------------------------------------------------

try_commands() {
  make_root new "$debian"
  copy_checkout new
  use_compiler_cache new
  lines_with 'scripts/quickstart ' scripts/quickstart | inside new "README's first command"
  # All tests would take an hour here; they are the same ones that run this.
  lines_with 'scripts/quickstart ' scripts/test | sed 's/#.*/--quick --label unit/' | inside new "README's second command, unit tests"
}

# --- The source -----------------------------------------------------------------------------------------------------

# Arguments: the root's name, a port.
start_database() {
  inside "$1" "a MariaDB server" <<SH
apt-get update
apt-get install mariadb-server
printf '[mariadbd]\nport = $2\n' > /etc/mysql/mariadb.conf.d/99-port.cnf
service mariadb start
SH
}

# The client of an administrator. Arguments: the root's name, the client's own.
as_root_of() { chroot "$folder/$1" mariadb --batch --skip-column-names --default-character-set=utf8mb4 "${@:2}"; }

set_up_source() {
  make_root source "$debian"
  copy_checkout source
  start_database source "$source_port"
  { shop_schema && shop_starting_data; } | as_root_of source
  as_root_of source -e "GRANT ALL ON *.* TO admin@'%' IDENTIFIED BY 'adm1n' WITH GRANT OPTION"
  (umask 077 && printf '[client]\nhost = 127.0.0.1\nport = %s\nuser = admin\npassword = adm1n\n' "$source_port" \
    >"$folder/source/root/dw/admin.cnf")
  block_with 'scripts/set-up-source --admin' | sed '/set-up-rds/d; s/10\.0\.0\.5/127.0.0.1/' |
    inside source "account and log by scripts/set-up-source"
}

# --- The web server ---------------------------------------------------------------------------------------------------

# In the root of the web server; the mirror's begins as a copy of it, so that there is one build.
build_programs() {
  make_root web "$debian"
  copy_checkout web
  use_compiler_cache web
  block_with 'cmake --preset release' | inside web "the programs"
  make_root mirror "$folder/web"
}

make_certificates() {
  local tls=$folder/tls new_key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc)
  mkdir -m 700 "$tls"
  quietly openssl req -x509 "${new_key[@]}" -subj "/CN=new user's authority" -days 90 -keyout "$tls/ca.key" \
    -out "$tls/ca.pem" -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
  quietly openssl req -new "${new_key[@]}" -subj "/CN=db.example.org" -keyout "$tls/server.key" -out "$tls/server.csr"
  printf 'subjectAltName = DNS:db.example.org\nextendedKeyUsage = serverAuth\n' >"$tls/server.ext"
  quietly openssl x509 -req -in "$tls/server.csr" -CA "$tls/ca.pem" -CAkey "$tls/ca.key" -CAcreateserial -days 90 \
    -extfile "$tls/server.ext" -out "$tls/server.pem"
}

set_up_web() {
  local lines=$folder/lighttpd.lines
  make_certificates
  install -D -m 644 "$folder/tls/server.pem" "$folder/web/etc/ssl/shop.pem"
  install -D -m 600 "$folder/tls/server.key" "$folder/web/etc/ssl/private/shop.key"
  cp -p "$folder/source/root/dw/extract.cnf" "$folder/web/root/dw/extract.cnf"
  block_with '/etc/dw/api.key' | inside web "/etc/dw"
  block_with '"source_id": "shop-production"' >"$folder/web/etc/dw/extract.json"
  block_with 'runuser -u www-data' | inside web "dw-extract status"
  block_with 'apt-get install lighttpd' >"$lines"
  head -n 1 "$lines" | inside web "lighttpd"
  inside web "lighttpd runs, as after any installation" <<SH
sed -i 's/^server.port .*/server.port = $(free_port)/' /etc/lighttpd/lighttpd.conf
service lighttpd start
SH
  sed "1d; s/0\\.0\\.0\\.0/127.0.0.1/; s/@PORT@|443/@PORT@|$web_port/" "$lines" | inside web "dw-extract under lighttpd"
}

# --- The mirror -------------------------------------------------------------------------------------------------------

set_up_mirror() {
  local password
  password=$(openssl rand -hex 16)
  start_database mirror "$mirror_port"
  block_with "CREATE USER 'dw_load'" | grep -v '^GRANT' | sed "s/CHANGE-THIS/$password/" | as_root_of mirror
  inside mirror "grants by scripts/mirror-grants" <<<"scripts/mirror-grants \"'dw_load'@'%'\" shop | mariadb"

  block_with 'useradd --system' | inside mirror "account dw"
  install -m 600 "$folder/web/etc/dw/api.key" "$folder/mirror/etc/dw/api.key"
  install -m 644 "$folder/tls/ca.pem" "$folder/mirror/etc/dw/ca.pem"
  (umask 077 && printf '[client]\nhost = 127.0.0.1\nport = %s\nuser = dw_load\npassword = %s\n' "$mirror_port" "$password" \
    >"$folder/mirror/etc/dw/mirror.cnf")
  block_with '"spool_dir": "/var/spool/dw"' | sed "s|db.example.org|db.example.org:$web_port|" \
    >"$folder/mirror/etc/dw/load.json"
  inside mirror "its folders" <<<'chown -R dw:dw /etc/dw'
}

# A row of each kind on the source, then one run by the line that cron gets.
try_the_mirror() {
  local command
  inside mirror "a first question" <<SH
apt-get install curl
cd /etc/dw
$(block_with 'curl --cacert' | sed "s|db.example.org|db.example.org:$web_port|; s|^curl|& --fail|")
SH
  inside mirror "dw-load check, which misses no right" <<'SH'
runuser -u dw -- dw-load check | tee said
if grep -E 'is missing|not to be seen' said; then exit 1; fi
SH
  block_with 'dw-load baseline' | inside mirror "the first copy"
  expect_equal
  as_root_of source shop -e "INSERT INTO coupons VALUES ('NEW-USER', 10, 'arrives'); DELETE FROM coupons WHERE code = 'SAVE1001';
    UPDATE products SET stock = 7 WHERE id = 1; DELETE FROM carts LIMIT 20"
  sleep 2 # what was logged within the last second is left for the next run
  command=$(lines_with '* * * * * dw  dw-load sync' 'dw-load sync' | sed -E 's/^([0-9*]+ +){5}dw +//')
  inside mirror "the line that cron gets, as dw" <<SH
runuser -u dw -- env -i HOME=/var/spool/dw LOGNAME=dw PATH=/usr/local/bin:/usr/bin:/bin sh -c '$command'
SH
  expect_equal
  expect 1 "SELECT COUNT(*) FROM shop.coupons WHERE code = 'NEW-USER'"
  expect 1 "SELECT COUNT(*) FROM shop_all.coupons WHERE code = 'SAVE1001' AND dw_deleted_at IS NOT NULL"
  expect 20 'SELECT COUNT(*) FROM shop_all.carts WHERE dw_deleted_at IS NOT NULL'
  inside mirror "dw-load check and status, as dw" <<<'runuser -u dw -- dw-load check; runuser -u dw -- dw-load status'
}

# Arguments: what the mirror answers, to which question.
expect() {
  local answered
  answered=$(as_root_of mirror -e "$2")
  [ "$answered" = "$1" ] || die "the mirror says $answered and not $1 to: $2"
}

expect_equal() {
  shop_rows "${shop_tables[@]}" >"$folder/rows.sql"
  cmp <(as_root_of source <"$folder/rows.sql" | sort) <(as_root_of mirror <"$folder/rows.sql" | sort) ||
    die "the mirror has not the source's rows"
}

try_guide() {
  local source_port mirror_port web_port
  source_port=$(free_port) mirror_port=$(free_port) web_port=$(free_port)
  build_programs
  set_up_source
  set_up_web
  set_up_mirror
  try_the_mirror
}

# --- The Debian packages ----------------------------------------------------------------------------------------------

# What bash and zsh make of "dw-load stat" and a tab, in shells as a user has them.
try_completions() {
  inside packages "bash completes" <<'SH'
. /usr/share/bash-completion/bash_completion || true
for program in dw-load dw-extract; do
  _completion_loader $program || [ $? -eq 124 ]
  COMP_WORDS=($program stat) COMP_CWORD=1
  "_${program/-/_}"
  [ "${COMPREPLY[*]}" = status ]
done
SH
  inside packages "zsh completes" <<'SH'
mkdir -p /dev/pts
mount -t devpts -o newinstance,ptmxmode=0666 devpts /dev/pts
ln -sf pts/ptmx /dev/ptmx
cat >/root/tab.zsh <<'ZSH'
zmodload zsh/zpty
for program in dw-load dw-extract; do
  zpty shell zsh -f -i || exit 1
  zpty -w shell 'PS1=READY; autoload -U compinit; compinit -u; stty columns 200'
  zpty -r shell said '*READY*READY*'
  zpty -n -w shell "$program stat"$'\t'
  zpty -r shell said "*$program status *" || exit 1
  zpty -d shell
done
ZSH
timeout 60 zsh -f /root/tab.zsh
SH
}

try_packages() {
  make_root packages "$debian"
  cp "$made"/dw-load_*.deb "$made"/dw-extract_*.deb "$folder/packages/root/"
  inside packages "installed, with what they depend on" <<'SH'
apt-get update
apt-get install --no-install-recommends ./dw-load_*.deb ./dw-extract_*.deb man-db bash-completion zsh
dw-load --version
dw-extract --version
SH
  inside packages "man shows their pages" <<'SH'
for program in dw-load dw-extract; do
  man -P cat $program >page
  for word in ^NAME "$program" --config; do grep -q -- "$word" page; done
done
SH
  try_completions
  inside packages "removed" <<'SH'
apt-get remove dw-load dw-extract
for path in /usr/bin/dw-load /usr/bin/dw-extract /usr/share/man/man1/dw-load.1; do [ ! -e $path ]; done
SH
}

# Ends what still runs, all of it with the namespace, and removes the root folders, in which nothing is mounted any more.
runner=
clean_up() {
  [ -z "$runner" ] || kill -KILL "$runner" 2>/dev/null || true
  wait
  rm -rf --one-file-system "$folder"
}

main() {
  case ${1:-} in
    commands | guide | packages) ;;
    *) usage && exit 2 ;;
  esac
  if [ -z "${4:-}" ]; then
    made=$(readlink -f "${2:-build/packages}")
    [ "$(id -u)" -eq 0 ] || die "needs root rights, for chroot"
    debian=$(scripts/debian-root)
    packages=$debian-packages # Debian's, so that they are fetched once
    mkdir -p "$packages" && find "$packages" -type f -mtime +30 -delete
    folder=$(mktemp -d "${TMPDIR:-/tmp}/dw-new-user.XXXXXX")
    trap clean_up EXIT
    trap 'exit 130' INT TERM
    unshare --mount --pid --fork --kill-child --mount-proc tests/package/new_user.sh "$1" "$debian" "$packages" "$folder" "$made" &
    runner=$!
    wait "$runner"
    return
  fi
  debian=$2 packages=$3 folder=$4 made=$5
  "try_$1"
  printf 'README is right for a new user: %s, in %d s\n' "$1" "$SECONDS"
}

main "$@"
