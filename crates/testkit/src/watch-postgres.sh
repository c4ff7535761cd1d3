#!/bin/sh
# Stops the tests' PostgreSQL server when nobody has used it for two minutes.
# usage: watch-postgres.sh BIN BASE (run as the owner of BASE; the files `start` and `users` in it are locks)
bin=$1 base=$2
as_owner() {
  if [ "$(id -u)" = 0 ]; then setpriv --reuid postgres --regid postgres --init-groups "$@"; else "$@"; fi
}
cd / || exit 1
while :; do
  idle=0
  while [ "$idle" -lt 8 ]; do
    sleep 15
    [ -e "$base/run/data" ] || exit 0
    if flock --nonblock --exclusive "$base/users" true; then idle=$((idle + 1)); else idle=0; fi
  done
  (
    flock --exclusive 9
    flock --nonblock --exclusive "$base/users" true || exit 1
    as_owner "$bin/pg_ctl" -D "$base/run/data" -m immediate -w stop >/dev/null 2>&1
    rm -rf "$base/run"
  ) 9>"$base/start" && exit 0
done
