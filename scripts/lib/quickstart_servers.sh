# shellcheck shell=bash
# The servers of scripts/quickstart: two of MariaDB and a lighttpd, with their accounts, keys, certificates and
# configurations. Sourcing runs nothing.
#
# Expects `folder`, where everything is put, `client_options` for mariadb, and `extract`, the path of dw-extract. Adds
# the id of each process that it starts to `pids`, and sets `production_port`, `nas_port` and `web_port`.

# Ends the processes with these ids, last one first, and waits until they are gone.
stop_processes() {
  local i pid tries
  for ((i = $#; i > 0; i--)); do
    pid=${!i} tries=0
    kill "$pid" 2>/dev/null || continue
    while kill -0 "$pid" 2>/dev/null && ((tries++ < 200)); do sleep 0.1; done
    kill -9 "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
}

# A port on 127.0.0.1 where nothing answers.
free_port() {
  local port
  while port=$((20000 + RANDOM % 12000)); do
    (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo "$port"
}

# Calls a command until it works, for half a minute at most. Arguments: pid that must live on meanwhile, command.
wait_for() {
  local pid=$1 tries=0
  shift
  until "$@" >/dev/null 2>&1; do
    kill -0 "$pid" 2>/dev/null && ((tries++ < 300)) || return 1
    sleep 0.1
  done
}

# Starts a program in a session of its own, so that it outlives this script when it shall. Arguments: log file, command.
start() {
  local log=$1
  shift
  setsid "$@" >>"$log" 2>&1 </dev/null &
  pids+=($!)
}

# Starts a MariaDB server. Arguments: its name, which is its folder's; its port.
start_database() {
  local home=$folder/$1
  cat >"$home/my.cnf" <<CNF
[mariadbd]
datadir = $home/data
socket = $home/socket
port = $2
bind-address = 127.0.0.1
skip-name-resolve
character-set-server = utf8mb4
innodb-log-file-size = 16M
innodb-buffer-pool-size = 64M
innodb-flush-log-at-trx-commit = 2
log-output = TABLE
pid-file = $home/pid
tmpdir = $home
CNF
  start "$home/server.log" mariadbd --defaults-file="$home/my.cnf" --user="$(id -un)"
  wait_for "${pids[-1]}" mariadb-admin --no-defaults --socket="$home/socket" ping ||
    die "the $1 server did not start; see $home/server.log"
}

# One initialised data directory serves both servers.
start_databases() {
  mkdir -p "$folder"/{production,nas}
  mariadb-install-db --no-defaults --skip-test-db --innodb-log-file-size=16M --user="$(id -un)" \
    --auth-root-authentication-method=socket --auth-root-socket-user="$(id -un)" \
    --datadir="$folder/production/data" >"$folder/production/server.log" 2>&1 ||
    die "mariadb-install-db failed; see $folder/production/server.log"
  cp -a "$folder/production/data" "$folder/nas/data"
  production_port=$(free_port)
  start_database production "$production_port"
  nas_port=$(free_port)
  start_database nas "$nas_port"
}

# Clients with all rights, over the server's socket.
as_admin() {
  local server=$1
  shift
  mariadb --no-defaults --socket="$folder/$server/socket" "${client_options[@]}" "$@"
}

# A secret's file, readable by its owner alone.
write_secret() { (umask 077 && cat >"$1"); }

# An option file for an account. Arguments: file, port, user, password.
write_option_file() {
  printf '[client]\nhost = 127.0.0.1\nport = %s\nuser = %s\npassword = %s\n' "$2" "$3" "$4" | write_secret "$1"
}

make_starting_data() {
  { shop_schema && shop_starting_data; } | as_admin production
  as_admin production -e "CREATE USER shop_app@'%' IDENTIFIED BY 'shop'; GRANT ALL ON shop.* TO shop_app@'%'"
  write_option_file "$folder/production/shop.cnf" "$production_port" shop_app shop
}

# The accounts that both programs work with, with the rights that README names and no others.
set_up_accounts() {
  local password server user
  for server in production:source:dw_extract nas:mirror:dw_load; do
    IFS=: read -r server side user <<<"$server"
    password=$(openssl rand -hex 16)
    sed "s/CHANGE-THIS/$password/" "scripts/sql/$side-account.sql" | as_admin "$server"
    if [ "$server" = production ]; then
      write_option_file "$folder/production/extract.cnf" "$production_port" "$user" "$password"
    else
      write_option_file "$folder/nas/mirror.cnf" "$nas_port" "$user" "$password"
    fi
  done
}

make_certificates() {
  local tls=$folder/tls new_key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc)
  mkdir -m 700 "$tls"
  quietly openssl req -x509 "${new_key[@]}" -subj "/CN=quickstart authority" -days 2 -keyout "$tls/ca.key" \
    -out "$tls/ca.pem" -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
  quietly openssl req -new "${new_key[@]}" -subj "/CN=127.0.0.1" -keyout "$tls/server.key" -out "$tls/server.csr"
  printf 'subjectAltName = IP:127.0.0.1\nextendedKeyUsage = serverAuth\n' >"$tls/server.ext"
  quietly openssl x509 -req -in "$tls/server.csr" -CA "$tls/ca.pem" -CAkey "$tls/ca.key" -CAcreateserial -days 2 \
    -extfile "$tls/server.ext" -out "$tls/server.pem"
}

write_configs() {
  web_port=$(free_port)
  cat >"$folder/production/extract.json" <<JSON
{
  "mysql": {"defaults_file": "extract.cnf"},
  "log": {"source": "table"},
  "databases": ["shop"],
  "api_key_file": "api.key",
  "rotate": {"max_rows": 1000}  // so low that the log is rotated during the day
}
JSON
  cat >"$folder/nas/load.json" <<JSON
{
  "source": {
    "url": "https://127.0.0.1:$web_port/cgi-bin/dw-extract",
    "api_key_file": "api.key",
    "ca_file": "../tls/ca.pem"
  },
  "mirror": {"defaults_file": "mirror.cnf"},
  "retention": "archive",
  "spool_dir": "spool"
}
JSON
  openssl rand -hex 32 | write_secret "$folder/production/api.key"
  cp -p "$folder/production/api.key" "$folder/nas/api.key"
  openssl rand -hex 32 | write_secret "$folder/production/wrong.key"
}

start_web_server() {
  local home=$folder/web
  mkdir -p "$home/htdocs"
  sed -e "s|@ADDRESS@|127.0.0.1|; s|@PORT@|$web_port|; s|@CERT@|$folder/tls/server.pem|; s|@KEY@|$folder/tls/server.key|" \
    -e "s|@CGI@|$extract|; s|@CONFIG@|$folder/production/extract.json|" scripts/web/lighttpd.conf.in >"$home/site.conf"
  cat >"$home/lighttpd.conf" <<CONF
server.document-root = "$home/htdocs"
server.bind = "$home/main.sock"
server.errorlog = "$home/error.log"
server.upload-dirs = ( "$home" )
server.modules += ( "mod_accesslog" )
accesslog.filename = "$home/access.log"
include "site.conf"
CONF
  start "$home/error.log" lighttpd -D -f "$home/lighttpd.conf"
  wait_for "${pids[-1]}" source_answers 200 api.key || die "the web server does not answer; see $home/error.log"
  source_answers 401 wrong.key || die "WRONG: the web server accepts a key that is not ours"
}

# Whether dw-extract answers with this HTTP status. The key goes to curl by a file, so that no process list has it.
# Arguments: status, the key's file in production's folder.
source_answers() {
  local status
  status=$(curl --silent --output /dev/null --write-out '%{http_code}' --cacert "$folder/tls/ca.pem" \
    "https://127.0.0.1:$web_port/cgi-bin/dw-extract/v1/status" \
    --header @<(printf 'Authorization: Bearer %s\n' "$(cat "$folder/production/$2")"))
  [ "$status" = "$1" ]
}
