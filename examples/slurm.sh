#!/bin/sh
# A batch over many machines under Slurm: one shard for each task of an array.
#
#   sbatch examples/slurm.sh 'standardize' /data/measurements /scratch/out
#
# Several operations are one word, too: 'drop-missing standardize', 'filter x > 1, standardize'; one with a list of columns is
# the last: 'log, select a, b'.
#
# Submit it again to go on after a time limit or a failed machine: --resume leaves what is done. When all
# tasks have ended, the shards are put together, with the bits of a run on one machine:
#
#   echelon merge /scratch/out/shard-* --output /scratch/out/all
#
#SBATCH --job-name=echelon
#SBATCH --array=1-16
#SBATCH --cpus-per-task=8
#SBATCH --time=02:00:00
#SBATCH --requeue

set -eu
steps=$1 input=$2 output=$3

# A level of instructions, and kernels of OpenBLAS, that all machines have: shards of different ones are
# not merged, since their last digits may differ.
export ECHELON_ISA="${ECHELON_ISA:-avx2}" OPENBLAS_CORETYPE="${OPENBLAS_CORETYPE:-Haswell}"

shard=${SLURM_ARRAY_TASK_ID:-1}
exec echelon batch --do "$steps" "$input" --output "$output/shard-$shard" \
  --shard "$shard/${SLURM_ARRAY_TASK_COUNT:-1}" --workers "${SLURM_CPUS_PER_TASK:-1}" \
  --resume --joblog "$output/log-$shard.tsv" --format csv
