#!/bin/sh
# Runs the given test programs, adds up their closing lines, and prints the
# sum as the last line: "N passed, N failed, N skipped".  A program that ends
# without a closing line (a crash) counts as one failure.
passed=0 failed=0 skipped=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for program in "$@"; do
    # RUN: an emulator or a checker that runs the programs.
    ${RUN:-} "$program" >"$log" 2>&1
    status=$?
    cat "$log"
    line=$(tail -n 1 "$log")
    set -- $(printf '%s\n' "$line" | sed -n \
        's/^[^ ]*: \([0-9]*\) passed, \([0-9]*\) failed\(, \([0-9]*\) skipped\)\{0,1\}$/\1 \2 \4/p')
    if [ $# -lt 2 ]; then
        echo "$program: no closing line, exit status $status"
        failed=$((failed + 1))
        continue
    fi
    passed=$((passed + $1))
    failed=$((failed + $2))
    skipped=$((skipped + ${3:-0}))
    [ $status -ne 0 ] && [ "$2" -eq 0 ] && failed=$((failed + 1))
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
