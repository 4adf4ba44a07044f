#!/bin/bash
# One run on two machines of four GPUs each: sbatch examples/slurm.sh
# All processes see the run folder and the data. Two minutes before the time
# is up, or when the job must make room, training saves and ends with status 75.
# The same command, or Slurm's requeue, resumes from there.
#SBATCH --job-name=sdgan
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=4
#SBATCH --cpus-per-task=16
#SBATCH --time=24:00:00
#SBATCH --signal=TERM@120
#SBATCH --requeue

set -euo pipefail
PORT=${PORT:-12345}
WORKERS=$(scontrol show hostnames "$SLURM_JOB_NODELIST" |
  sed "s/.*/\"&:$PORT\"/" | paste -sd,)
export WORKERS

# Each task tells its process which of the workers it is.
# shellcheck disable=SC2016
exec srun bash -c '
  export TF_CONFIG="{\"cluster\": {\"worker\": [$WORKERS]},
    \"task\": {\"type\": \"worker\", \"index\": $SLURM_PROCID}}"
  exec python main.py --strategy=multi_worker "$@"' - \
  --flagfile=faces.flags --data_dir=data/faces --run_dir=runs/faces "$@"
