#!/bin/sh
# Runs libFuzzer targets, JOBS of them at a time (as many as there are cores,
# unless set), each from the inputs that replay writes and from what earlier
# runs found.
#
#     tests/fuzz/run.sh FOLDER SECONDS [TARGET ...]     (from the top folder)
#
# FOLDER holds the targets fuzz_NAME, replay, and then corpus/ and crashes/.
# Ends with "fuzz: N targets, N with findings, N runs in N s"; a finding is a
# file crashes/NAME-..., to be fixed and kept in tests/fuzz/corpus/found/NAME.
if [ "$1" = --one ]; then # FOLDER SECONDS SEEDS NAME, from xargs below
    folder=$2 seconds=$3 seeds=$4 name=$5
    mkdir -p "$folder/corpus/$name"
    log=$folder/$name.log
    ASAN_OPTIONS=detect_leaks=0 "$folder/fuzz_$name" \
        -max_total_time="$seconds" -timeout=20 -rss_limit_mb=3000 \
        -max_len=65536 -len_control=20 -print_final_stats=1 \
        -artifact_prefix="$folder/crashes/$name-" \
        "$folder/corpus/$name" "$seeds/$name" >"$log" 2>&1
    status=$?
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    seed=$(sed -n 's/^INFO: Seed: *//p' "$log")
    {
        echo "$name: ${runs:-0} runs, seed $seed, exit $status"
        if [ $status -ne 0 ]; then
            grep -E 'ERROR|SUMMARY|broken promise|runtime error|^fuzz:' \
                "$log" | head -n 5
            grep 'Test unit written' "$log"
        fi
    } >"$seeds/$name.said"
    cat "$seeds/$name.said"
    echo "${runs:-0} $status" >>"$seeds/sums"
    exit 0
fi
folder=$1 seconds=$2
[ $# -ge 2 ] || { sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2; }
shift 2
if [ $# -eq 0 ]; then
    for file in tests/fuzz/fuzz_*.c; do
        name=${file##*/fuzz_}
        case $name in common.c) ;; *) set -- "$@" "${name%.c}" ;; esac
    done
fi
mkdir -p "$folder/crashes"
seeds=$(mktemp -d)
trap 'rm -rf "$seeds"' EXIT
"$folder/replay" --seeds "$seeds" >/dev/null || exit 1
: >"$seeds/sums"
. tests/jobs.sh
printf '%s\n' "$@" |
    xargs -n 1 -P "$jobs" "$0" --one "$folder" "$seconds" "$seeds"
awk -v targets=$# -v seconds="$seconds" '
    { runs += $1; bad += $2 != 0 }
    END {
        bad += targets - NR # one that was killed on the way
        printf "fuzz: %d targets, %d with findings, %d runs in %d s\n",
            targets, bad, runs, targets * seconds
        exit bad != 0
    }' "$seeds/sums"
