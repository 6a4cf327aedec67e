#!/bin/sh
# A client of Feast's HTTP feature server made of curl alone.
#
#   feast.sh URL METHOD PATH [JSON]
#
# Prints the status, then the body.
set -eu
url=$1 method=$2 path=$3
shift 3
if [ $# -gt 0 ]; then
  exec curl --silent --show-error --request "$method" --header 'Content-Type: application/json' --data "$1" --write-out '\n%{http_code}' "$url$path"
fi
exec curl --silent --show-error --request "$method" --write-out '\n%{http_code}' "$url$path"
