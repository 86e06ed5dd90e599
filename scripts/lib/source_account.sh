# shellcheck shell=bash
# dw-extract's account on the source's server: made once, then only what is missing. Sourcing runs nothing.
#
# Expects `admin_file`, an administrator's option file, `extract_file`, dw-extract's, `client_host`, where dw-extract
# connects from, the array `databases`, the schemas to mirror, and `dry_run`, empty or not. Texts go to the client on
# stdin, so that no process list shows a secret.

# Prints the client's name; both servers' do.
database_client() {
  command -v mariadb || command -v mysql || die "needs the mariadb or mysql client"
}

as_admin() {
  "$(database_client)" --defaults-file="$admin_file" --batch --raw --skip-column-names
}

# Runs a statement that changes something, or only says so. Arguments: what it does, in words; the statement.
change() {
  if [ -n "$dry_run" ]; then
    say "would: $1"
  else
    as_admin <<<"$2" >/dev/null || die "failed: $1 (the server's answer is above)"
    say "$1"
  fi
}

# The names come into SQL; those that could end a literal or a name are refused.
check_databases() {
  local name plain=$'^[^\'"`\\\\[:cntrl:]]+$'
  [ ${#databases[@]} -gt 0 ] || die "--database is needed, once for each schema to mirror (see --help)"
  for name in "${databases[@]}"; do
    [[ $name =~ $plain ]] || die "--database: \"$name\" is no name that this can grant for"
  done
}

# A schema's name as GRANT takes it: _ and % stand for any character unless they are escaped. Argument: the name.
schema_pattern() { printf '`%s`' "$(sed 's/[_%]/\\&/g' <<<"$1")"; }

# The value of a key in an option file; the last one counts.
option_of() {
  sed -n "s/^[[:space:]]*$2[[:space:]]*=[[:space:]]*//p" "$1" | tail -n 1 | sed "s/[[:space:]]*\$//; s/^\([\"']\)\(.*\)\1\$/\2/"
}

refuse_if_readable_by_others() {
  [ -z "$(find -L "$1" -perm /077)" ] || die "$1 is readable by others: chmod 600 $1"
}

# Makes dw-extract's option file where there is none: the administrator's address, and a password by chance.
make_extract_file() {
  local key
  [ ! -e "$extract_file" ] || return 0
  say "${dry_run:+would: }made $extract_file with a new password"
  [ -z "$dry_run" ] || return 0
  (
    umask 077
    printf '[client]\n' >"$extract_file"
    for key in host port socket ssl-ca; do
      [ -z "$(option_of "$admin_file" "$key")" ] || printf '%s = %s\n' "$key" "$(option_of "$admin_file" "$key")"
    done >>"$extract_file"
    printf 'user = dw_extract\npassword = %s\n' "$(openssl rand -hex 20)" >>"$extract_file"
  )
}

read_account() {
  user=dw_extract password=
  [ -e "$extract_file" ] || return 0 # a dry run, before there is one
  refuse_if_readable_by_others "$extract_file"
  user=$(option_of "$extract_file" user)
  password=$(option_of "$extract_file" password)
  [[ $user =~ ^[A-Za-z0-9_]+$ ]] || die "$extract_file: the user must be named with letters, digits and _"
  [[ $password =~ ^[A-Za-z0-9._+/=-]+$ ]] ||
    die "$extract_file: the password must be one of letters, digits and . _ + / = -"
}

# MariaDB writes a password into its log as it came, so it gets the hash instead; MySQL writes <secret>.
identified() {
  local hash
  if [[ $server_version == *MariaDB* ]]; then
    hash=$(printf %s "$password" | openssl sha1 -binary | openssl sha1 -hex | sed 's/.* //')
    printf "IDENTIFIED BY PASSWORD '*%s'" "${hash^^}"
  else
    printf "IDENTIFIED BY '%s'" "$password"
  fi
}

# Whether the account comes in with its password. Fails for other reasons than a refusal end the script.
password_is_right() {
  local answer
  answer=$("$(database_client)" --defaults-file="$extract_file" --batch -e 'SELECT 1' 2>&1) && return
  [[ $answer == *'ERROR 1045'* ]] || die "cannot try $extract_file: $answer"
  return 1
}

make_account() {
  local account="'$user'@'$client_host'"
  if [ "$(as_admin <<<"SELECT COUNT(*) FROM mysql.user WHERE User = '$user' AND Host = '$client_host'")" = 0 ]; then
    change "made the account $account" "CREATE USER $account $(identified)"
  elif [ -e "$extract_file" ] && ! password_is_right; then
    change "gave the account $account the password of $extract_file" "ALTER USER $account $(identified)"
  fi
}

# Whether the account holds the privileges. Arguments: a list such as "SELECT, DROP", what it is on.
holds() {
  local grantee="'$user'@'$client_host'" names="'${1//, /"', '"}'" wanted table
  wanted=$(tr -cd , <<<"$1" | wc -c)
  case $2 in
    '*.*') table="USER_PRIVILEGES WHERE 1" ;;
    PROCEDURE*) # no view of information_schema tells it to an administrator on RDS
      as_admin <<<"SHOW GRANTS FOR $grantee" 2>/dev/null | tr -d '`' | grep -qi "ON ${2//./\\.} TO"
      return
      ;;
    *'.*') table="SCHEMA_PRIVILEGES WHERE TABLE_SCHEMA = '$(tr -d '`' <<<"${2%.\*}")'" ;;
    *) table="TABLE_PRIVILEGES WHERE TABLE_SCHEMA = '${2%.*}' AND TABLE_NAME = '${2#*.}'" ;;
  esac
  [ "$(as_admin <<<"SELECT COUNT(*) FROM information_schema.$table AND GRANTEE = \"$grantee\"
    AND PRIVILEGE_TYPE IN ($names)")" = $((wanted + 1)) ]
}

# Arguments: privileges, what they are on.
grant() {
  holds "$1" "$2" || change "granted $1 on $2" "GRANT $1 ON $2 TO '$user'@'$client_host'"
}

# Gives the account what the GRANT lines of a file name, with the schemas in place of the file's example. Argument: the
# file.
make_grants() {
  local line privileges object name
  while read -r line; do
    [[ $line =~ ^GRANT\ (.*)\ ON\ (.*)\ TO ]] || die "$1: not understood: $line"
    privileges=${BASH_REMATCH[1]} object=${BASH_REMATCH[2]}
    if [ "$object" = 'shop.*' ]; then
      for name in "${databases[@]}"; do grant "$privileges" "$(schema_pattern "$name").*"; done
    else
      grant "$privileges" "$object"
    fi
  done < <(grep '^GRANT' "$1")
}

# The bodies of routines, for a first copy. Managed servers may not let their administrator grant that.
grant_routines() {
  local privileges=SHOW_ROUTINE object='*.*'
  if [[ $server_version == *MariaDB* ]]; then privileges=SELECT object=mysql.proc; fi
  (grant "$privileges" "$object") ||
    say "without $privileges on $object the bodies of routines do not come to the mirror; all else does"
}

require_admin_file() {
  [ -f "$admin_file" ] || die "there is no option file $admin_file"
  refuse_if_readable_by_others "$admin_file"
}

# All of it. Argument: the file with the GRANT lines. Sets `server_version`.
set_up_account() {
  require_admin_file
  check_databases
  command -v openssl >/dev/null || die "needs openssl: apt-get install openssl"
  server_version=$(as_admin <<<'SELECT VERSION()') || die "cannot connect with $admin_file (the reason is above)"
  [[ $client_host =~ ^[A-Za-z0-9._:/%-]+$ ]] || die "--host: \"$client_host\" is no host name, address or pattern"
  make_extract_file
  read_account
  make_account
  make_grants "$1"
  grant_routines
}
