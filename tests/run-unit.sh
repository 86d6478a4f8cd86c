#!/bin/sh
# Runs the given test programs, JOBS of them at a time (as many as there are
# cores, unless set), adds up their closing lines, and prints the sum as the
# last line: "N passed, N failed, N skipped".  A program that ends without a
# closing line (a crash) counts as one failure.
#
#     tests/run-unit.sh PROGRAM ...
if [ "$1" = --one ]; then # LOGS PROGRAM, from xargs below
    log=$(mktemp "$2/XXXXXX")
    # RUN: an emulator or a checker that runs the programs.
    ${RUN:-} "$3" >"$log" 2>&1
    status=$?
    line=$(tail -n 1 "$log")
    set -- "$2" "$3" $(printf '%s\n' "$line" | sed -n \
        's/^[^ ]*: \([0-9]*\) passed, \([0-9]*\) failed\(, \([0-9]*\) skipped\)\{0,1\}$/\1 \2 \4/p')
    if [ $# -lt 4 ]; then
        echo "$2: no closing line, exit status $status" >>"$log"
        set -- "$1" "$2" 0 1
    elif [ $status -ne 0 ] && [ "$4" -eq 0 ]; then
        echo "$2: exit status $status" >>"$log"
        set -- "$1" "$2" "$3" 1 "${5:-0}"
    fi
    cat "$log"
    echo "$3 $4 ${5:-0}" >>"$1/sums"
    exit 0
fi
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
: >"$logs/sums"
. tests/jobs.sh
printf '%s\n' "$@" | xargs -n 1 -P "$jobs" "$0" --one "$logs"
awk -v programs=$# '
    { passed += $1; failed += $2; skipped += $3 }
    END {
        failed += programs - NR # one that was killed on the way
        printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
        exit failed != 0
    }' "$logs/sums"
