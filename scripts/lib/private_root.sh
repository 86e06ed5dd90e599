# shellcheck shell=bash
# Private folders of things from Debian that the machine itself does not have, made once and then used as they are,
# without the network. Sourcing runs nothing.
#
# Each is built beside its place and renamed when complete, under a lock, so a run that is cut short or two runs at once
# leave nothing half made. Packages come from the Debian mirror that the machine's own apt sources name.
#
# Expects `root`, the folder, `layout`, a number to raise when what is in it changes, and a function `build_in` that makes
# it, as root, in the folder that its argument names, and prints one line that tells what it is.

stamp=.dw-root # holds the layout's number and the line; written last

is_ready() { [ "$(head -n 1 "$root/$stamp" 2>/dev/null)" = "layout $layout" ]; }

# Runs a program of a root with the root's own libraries, which needs no root rights and no chroot.
run_inside() {
  local base=$1 program=$2
  shift 2
  "$base"/lib64/ld-linux-x86-64.so.2 --inhibit-cache \
    --library-path "$base/usr/lib/x86_64-linux-gnu:$base/usr/lib/mysql/private" "$base$program" "$@"
}

# Prints "URI keyring" of the Debian archive that apt itself uses, whatever format its sources have. Apt tells it
# only of sources whose lists it has.
debian_mirror() {
  # shellcheck disable=SC2016 # the $(…) are apt's
  apt-get indextargets --format '$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(SIGNED_BY)' 'Identifier: Packages' 2>/dev/null |
    awk -F'|' '$1 !~ /security|ubuntu/ && $1 ~ /debian\/?$/ && $3 == "main" { print $1, $4; exit }'
}

# Sets `mirror` and `keyring`.
find_mirror() {
  [ -n "$(debian_mirror)" ] || quietly apt_get update || die "apt-get update failed; is the network up?"
  read -r mirror keyring < <(debian_mirror) || die "apt's sources name no Debian archive"
  [ ! -f /usr/share/keyrings/debian-archive-keyring.gpg ] || keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  [ -f "${keyring:-}" ] || die "no Debian keyring found; install debian-archive-keyring"
}

# Makes a root folder of Debian unstable. Arguments: the folder, packages.
debootstrap_unstable() {
  local base=$1 packages
  shift
  command -v debootstrap >/dev/null || die "needs debootstrap (scripts/install-packages --test)"
  packages=$(IFS=, && echo "$*")
  quietly debootstrap --variant=minbase --keyring="$keyring" --include="$packages" sid "$base" "$mirror" ||
    die "debootstrap failed (its last lines are above); is the network up?"
  rm -rf "$base"/var/cache/apt "$base"/var/lib/apt/lists "$base"/var/cache/debconf "$base"/usr/share/{doc,man,locale,info} \
    "$base"/usr/share/lintian "$base"/usr/lib/x86_64-linux-gnu/gconv "$base"/usr/bin/perl* "$base"/usr/share/perl* \
    "$base"/usr/lib/x86_64-linux-gnu/perl*
}

build_root() {
  local made
  new=$(mktemp -d "$root.building.XXXXXX") # not local: the trap runs after this function
  trap 'rm -rf "$new"' EXIT
  say "building $root (once) ..."
  find_mirror
  made=$(build_in "$new") || exit 1
  chmod 755 "$new"
  printf 'layout %s\n%s\n' "$layout" "$made" >"$new/$stamp"
  if [ -e "$root" ]; then
    mv "$root" "$new/replaced" # --renew: a program that runs from it keeps its open files
  fi
  mv -T "$new" "$root"
  rm -rf "$root/replaced"
  say "$made"
}

# The whole of a script that makes such a folder: builds it where it is not there, and prints its path. Arguments: the
# script's.
private_root_main() {
  local renew=''
  case ${1:-} in
    '') ;;
    --renew) renew=yes ;;
    --help | -h) usage && exit 0 ;;
    *) die "unknown option $1 (see --help)" ;;
  esac
  if [ -z "$renew" ] && is_ready; then
    printf '%s\n' "$root" && exit 0
  fi
  [ "$(uname -m)" = x86_64 ] || die "is written for x86_64 only"
  if [ "$(id -u)" -ne 0 ]; then
    as_root env "$root_variable=$root" "$0" "$@"
    exit
  fi
  mkdir -p "$(dirname "$root")"
  exec 9>"$root.lock"
  flock 9
  if [ -n "$renew" ] || ! is_ready; then # another run may have built it while this one waited
    (build_root) 9>&- || exit 1
  fi
  printf '%s\n' "$root"
}
