#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A batch as a Slurm job array: each task takes one shard of the same PATHs.
#
#   job=$(sbatch --parsable --array=1-8 slurm.sh /data/captures)
#   sbatch --dependency=afterany:$job --wrap 'tlswhy merge --format junit -o report.xml part-*.ndjson'
#
# merge says which parts are missing or were cut short. A task that was killed can be run again by itself: PARTS=8 sbatch --array=5 ...
#SBATCH --job-name=tlswhy
#SBATCH --cpus-per-task=2
#SBATCH --time=01:00:00
set -u
parts=${PARTS:-$SLURM_ARRAY_TASK_MAX}
tlswhy triage --ndjson --jobs "${SLURM_CPUS_PER_TASK:-1}" --shard "$SLURM_ARRAY_TASK_ID/$parts" --time-limit 50m \
  -o "part-$SLURM_ARRAY_TASK_ID.ndjson" "$@"
status=$?
# Failures that were found are the result of the task, not a fault of it.
[ "$status" -le 1 ] || exit "$status"
