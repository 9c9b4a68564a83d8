#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A batch with GNU parallel on eight shards; with --sshloginfile it spreads over machines that see the same files.
#
#   parallel.sh FORMAT PATH...
#
# On one machine plain `tlswhy triage PATH...` does the same: it uses all processors by itself.
set -u
format=$1
shift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export folder
shard() {
  index=$1
  shift
  tlswhy triage --ndjson --jobs 1 --shard "$index/8" -o "$folder/$index.ndjson" "$@"
  status=$?
  # Failures that were found (1) and inputs that were not read (3) are results; the merged report has them.
  [ "$status" -le 1 ] || [ "$status" -eq 3 ]
}
export -f shard
parallel shard {} "$(printf '%q ' "$@")" ::: 1 2 3 4 5 6 7 8 || exit 2
tlswhy merge --format "$format" "$folder"/*.ndjson
