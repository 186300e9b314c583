# Sourced by ./quickstart and ./check. Installs the packages that the build and the tests
# need. None of them starts a daemon.
#
# Compilers, libraries and tools come by apt-get. The servers of the tests (slapd, sendmail,
# Postfix, Dovecot, NSD and Unbound) are not installed: their packages would start daemons,
# and would remove the MTA of this machine. This script unpacks them below the user's cache
# folder. The tests run them from there, most of them in namespaces of their own.
#
# Sets MAILVERDICT_SERVERS, the folder that is / for those servers, and BAZEL_OPTS.

packages="
  g++ bazel-bootstrap bazel-rules-java pkg-config git ca-certificates
  libabsl-dev libldap-dev libprotobuf-dev protobuf-compiler libidn2-dev libunistring-dev
  libmilter-dev liblmdb-dev libc-ares-dev publicsuffix
  libgtest-dev libgmock-dev libbenchmark-dev
  python3 m4 iproute2 util-linux procps systemd ldap-utils swaks miltertest
  libltdl7 libodbc2 libperl5.36 libwrap0 libargon2-1 libdb5.3 liblockfile1 libnsl2
  libicu72 libssl3
  libexttextcat-2.0-0 liblua5.4-0 libsodium23 libstemmer0d libtirpc3 libunwind8 libapparmor1
  libpam0g libsystemd0 libcap2 libbz2-1.0 liblz4-1 liblzma5 libzstd1 zlib1g
  libevent-2.1-7 libfstrm0 libprotobuf-c1 libnghttp2-14 libpython3.11"
servers="slapd sendmail-bin sendmail-base sendmail-cf postfix postfix-ldap dovecot-core
  dovecot-lmtpd dovecot-ldap procmail nslcd libnss-ldapd nsd unbound"

say() { printf '%s\n' "$*" >&2; }

if [ "$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi

cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/mailverdict
mkdir -p "$cache"

# Runs a long command with its output in a file, and prints a line every 15 seconds.
with_progress() {
  what=$1 log=$2
  shift 2
  say "$what ..."
  "$@" >"$log" 2>&1 &
  pid=$!
  began=$(date +%s)
  while kill -0 $pid 2>/dev/null; do
    sleep 1
    took=$(($(date +%s) - began))
    [ $((took % 15)) -ne 0 ] || say "  ... $what, $took s"
  done
  if ! wait $pid; then
    tail -n 40 "$log" >&2
    say "$what failed; all of its output is in $log"
    return 1
  fi
}

apt() {
  with_progress "$1" "$cache/apt.log" $sudo env DEBIAN_FRONTEND=noninteractive apt-get \
    -o Dpkg::Use-Pty=0 "$2" -y --no-install-recommends $3
}

install_packages() {
  missing=
  for package in $packages; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
      missing="$missing $package"
  done
  [ -n "$missing" ] || return 0
  say "to install:$missing"
  apt "reading the package lists" update ""
  apt "installing" install "$missing"
}

# Makes a script in place of slapd, so that slapd finds the library unpacked with it.
wrap_slapd() {
  mkdir "$MAILVERDICT_SERVERS/usr/lib/slapd"
  mv "$MAILVERDICT_SERVERS/usr/sbin/slapd" "$MAILVERDICT_SERVERS/usr/lib/slapd/slapd"
  cat >"$MAILVERDICT_SERVERS/usr/sbin/slapd" <<EOF
#!/bin/sh
LD_LIBRARY_PATH=$MAILVERDICT_SERVERS/usr/lib/$(gcc -print-multiarch) \\
  exec $MAILVERDICT_SERVERS/usr/lib/slapd/slapd "\$@"
EOF
  chmod +x "$MAILVERDICT_SERVERS/usr/sbin/slapd"
}

unpack_servers() {
  version=$(dpkg-query -W -f '${Version}' libldap-2.5-0) # slapd needs exactly this version
  MAILVERDICT_SERVERS=$cache/servers-$version
  export MAILVERDICT_SERVERS
  [ "$(cat "$MAILVERDICT_SERVERS/complete" 2>/dev/null)" != "$servers" ] || return 0
  rm -rf "$MAILVERDICT_SERVERS"
  mkdir -p "$MAILVERDICT_SERVERS/debs"
  apt-cache policy slapd | grep -q 'Candidate: [0-9]' || apt "reading the package lists" update ""
  say "unpacking $servers into $MAILVERDICT_SERVERS ..."
  (cd "$MAILVERDICT_SERVERS/debs" &&
    apt-get -q -o APT::Sandbox::User=root download $servers >"$cache/apt.log" 2>&1 &&
    for deb in *.deb; do dpkg -x "$deb" ..; done) || {
    tail -n 20 "$cache/apt.log" >&2
    say "the servers of the tests could not be unpacked"
    return 1
  }
  rm -rf "$MAILVERDICT_SERVERS/debs"
  wrap_slapd
  echo "$servers" >"$MAILVERDICT_SERVERS/complete"
}

install_packages && unpack_servers || exit 1

# With the disk cache a second clean checkout builds in seconds.
BAZEL_OPTS="--disk_cache=$cache/bazel --test_env=MAILVERDICT_SERVERS --test_env=MAILVERDICT_TESTDATA --color=no --curses=no
  --show_progress_rate_limit=15"
