# jobs.sh - sourced from the top folder: $jobs, how many run at a time.  JOBS
# sets it, else as many as there are cores.
jobs=${JOBS:-$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN || echo 1)}
