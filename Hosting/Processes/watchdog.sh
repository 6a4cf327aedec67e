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

# A busy machine starts processes slowly: where there is /proc, what is asked often is read by the shell itself.
descendants() {
  for children in "/proc/$1"/task/*/children; do
    list=
    { read -r list <"$children"; } 2>/dev/null
    for child in $list; do
      echo "$child"
      descendants "$child"
    done
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
    if [ -d /proc/self ]; then
      { read -r stat <"/proc/$pid/stat"; } 2>/dev/null || continue
      case ${stat##*) } in
        Z*) ;;
        *) return 0 ;;
      esac
    else
      kill -0 "$pid" 2>/dev/null && return 0
    fi
  done
  return 1
}

left=$(remaining)
for pid in $left; do
  # PostgreSQL would wait for its clients to leave; QUIT makes it take its own children down at once.
  comm=
  { read -r comm <"/proc/$pid/comm"; } 2>/dev/null
  case $comm in
    postgres) kill -QUIT "$pid" 2>/dev/null ;;
    *) kill -TERM "$pid" 2>/dev/null ;;
  esac
done

# By the clock, not by turns: on a busy machine a turn takes long, and 5 s after the host nothing may be left.
hundredths() {
  if read -r up _ 2>/dev/null </proc/uptime; then hundredths="${up%.*}${up#*.}"; else hundredths=$((hundredths + 10)); fi
}
hundredths=0
hundredths
end=$((hundredths + 150))
while alive "$left" && [ "$hundredths" -lt "$end" ]; do
  sleep 0.1
  hundredths
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
