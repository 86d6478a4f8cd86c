#!/bin/sh
# Runs libFuzzer targets one after another, each from the inputs that replay
# writes and from what earlier runs found.
#
#     tests/fuzz/run.sh FOLDER SECONDS [TARGET ...]     (from the top folder)
#
# FOLDER holds the targets fuzz_NAME, replay, and then corpus/ and crashes/.
# Ends with "fuzz: N targets, N with findings, N runs in N s"; a finding is a
# file crashes/NAME-..., to be fixed and kept in tests/fuzz/corpus/found/NAME.
folder=$1 seconds=$2
[ $# -ge 2 ] || { sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2; }
shift 2
if [ $# -eq 0 ]; then
    for file in tests/fuzz/fuzz_*.c; do
        name=${file##*/fuzz_}
        case $name in common.c) ;; *) set -- "$@" "${name%.c}" ;; esac
    done
fi
rm -rf "$folder/seeds"
mkdir -p "$folder/crashes" "$folder/seeds"
"$folder/replay" --seeds "$folder/seeds" >/dev/null || exit 1
targets=0 bad=0 runs=0 spent=0
for name in "$@"; do
    targets=$((targets + 1))
    mkdir -p "$folder/corpus/$name"
    log=$folder/$name.log
    ASAN_OPTIONS=detect_leaks=0 "$folder/fuzz_$name" \
        -max_total_time="$seconds" -timeout=20 -rss_limit_mb=3000 \
        -max_len=65536 -len_control=20 -print_final_stats=1 \
        -artifact_prefix="$folder/crashes/$name-" \
        "$folder/corpus/$name" "$folder/seeds/$name" >"$log" 2>&1
    status=$?
    done_runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    runs=$((runs + ${done_runs:-0}))
    spent=$((spent + seconds))
    echo "$name: ${done_runs:-0} runs, exit $status"
    if [ $status -ne 0 ]; then
        bad=$((bad + 1))
        grep -E 'ERROR|SUMMARY|broken promise|runtime error|^fuzz:' "$log" |
            head -n 5
        grep 'Test unit written' "$log"
    fi
done
echo "fuzz: $targets targets, $bad with findings, $runs runs in $spent s"
[ $bad -eq 0 ]
