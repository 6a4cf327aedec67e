# usage: sh -c "$(cat watchdog.sh)" watchdog MARKER [DIRECTORY]
# Standard input is a pipe from the host: "+ PID" when it starts a process, "- PID" when one has ended.
# The pipe closes when the host ends, however it ends; what is left of its processes is ended then, and DIRECTORY deleted.
trap '' HUP INT TERM QUIT PIPE
marker=$1
directory=$2
known=' '

while read -r operation pid; do
  case $operation in
    +) known="$known$pid " ;;
    -) case $known in *" $pid "*) known="${known%% "$pid" *} ${known#* "$pid" }" ;; esac ;;
  esac
done

descendants() {
  for child in $(cat "/proc/$1"/task/*/children 2>/dev/null); do
    echo "$child"
    descendants "$child"
  done
}

# Those that were announced, those that carry the marker in their environment, and all their descendants.
remaining() {
  if [ -d /proc/self ]; then
    {
      for pid in $known; do [ -d "/proc/$pid" ] && echo "$pid"; done
      grep -l -s -F "HOSTING_RUN_ID=$marker" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3
    } | sort -u | while read -r pid; do
      [ "$pid" != "$$" ] && echo "$pid"
      descendants "$pid"
    done | sort -u
  else
    ps -A -o pid= -o ppid= | awk -v known="$known" '
      BEGIN { n = split(known, list, " "); for (i = 1; i <= n; i++) wanted[list[i]] = 1 }
      { pids[NR] = $1; parents[NR] = $2 }
      END {
        do { added = 0; for (i = 1; i <= NR; i++) if (parents[i] in wanted && !(pids[i] in wanted)) { wanted[pids[i]] = 1; added = 1 } } while (added)
        for (i = 1; i <= NR; i++) if (pids[i] in wanted) print pids[i]
      }'
  fi
}

alive() {
  for pid in $1; do
    case $(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null) in
      '' | Z*) [ -d /proc/self ] || { kill -0 "$pid" 2>/dev/null && return 0; } ;;
      *) return 0 ;;
    esac
  done
  return 1
}

left=$(remaining)
for pid in $left; do
  # PostgreSQL would wait for its clients to leave; QUIT makes it take its own children down at once.
  case $(cat "/proc/$pid/comm" 2>/dev/null) in
    postgres) kill -QUIT "$pid" 2>/dev/null ;;
    *) kill -TERM "$pid" 2>/dev/null ;;
  esac
done

tries=0
while alive "$left" && [ $tries -lt 20 ]; do
  sleep 0.1
  tries=$((tries + 1))
done

tries=0
while left=$(remaining) && [ -n "$left" ] && [ $tries -lt 5 ]; do
  # shellcheck disable=SC2086
  kill -KILL $left 2>/dev/null
  sleep 0.1
  tries=$((tries + 1))
done

[ -n "$directory" ] && rm -rf "$directory"
exit 0
