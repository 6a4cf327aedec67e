#!/bin/sh
# A client of the REST side of the Open Inference Protocol v2 made of curl, printf and od alone.
#
#   rest.sh URL MODEL DIRECTORY
#
# MODEL takes INT32 inputs A and B [n, 2] and gives SUM and DIFF. Sends [1, 2] and [10, 20] as binary data, A by hand in octets, and
# prints what comes back: the status, the JSON, and the integers that follow it. DIRECTORY is for its files.
set -eu
url=$1 model=$2 directory=$3

json='{"id":"curl","inputs":[{"name":"A","shape":[1,2],"datatype":"INT32","parameters":{"binary_data_size":8}},{"name":"B","shape":[1,2],"datatype":"INT32","data":[[10,20]]}],"outputs":[{"name":"SUM","parameters":{"binary_data":true}},{"name":"DIFF"}]}'
{ printf '%s' "$json"; printf '\001\000\000\000\002\000\000\000'; } > "$directory/request"
gzip -c "$directory/request" > "$directory/request.gz"

for body in request request.gz; do
  encoding=identity
  [ "$body" = request.gz ] && encoding=gzip
  status=$(curl --silent --show-error --output "$directory/answer" --dump-header "$directory/headers" --write-out '%{http_code}' \
    --header 'Content-Type: application/octet-stream' --header "Content-Encoding: $encoding" --header "Inference-Header-Content-Length: ${#json}" \
    --data-binary "@$directory/$body" "$url/v2/models/$model/infer")
  length=$(sed -n 's/^Inference-Header-Content-Length: *\([0-9]*\).*/\1/Ip' "$directory/headers")
  echo "$status"
  head -c "$length" "$directory/answer"
  echo
  tail -c "+$((length + 1))" "$directory/answer" | od -An -t d4 | tr -s ' ' | sed 's/^ //'
done
