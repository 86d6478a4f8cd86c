#!/bin/sh
# Line and branch coverage of each room, from the gcov data in a build folder.
#
#     tests/coverage.sh FOLDER      (from the top folder; see make coverage)
LC_ALL=C
export LC_ALL
folder=$1
gcov=${GCOV:-gcov}
# -n: no files; each source names its lines and branches.
find "$folder" -name '*.gcda' | sort | xargs "$gcov" -n -b 2>/dev/null |
awk '
/^File / {
    file = $0
    gsub(/^File .|.$/, "", file)
    room = file
    sub(/\/[^\/]*$/, "", room)
    new = use = room ~ /^(base|base\/kernels|model|tokenizer|cluster|align|triggers|tools)$/
}
/^Lines executed:/ && new {
    split($0, p, /[:% ]+/)
    # "Lines executed:93.10% of 58"; a header counts once for each user, so
    # the best one stands for it.  The last such line is of all files.
    new = 0
    if (!(file in n) || p[3] > share[file]) {
        share[file] = p[3]
        n[file] = $NF
    }
}
use && /^Branches executed:/ { next }
use && /^Taken at least once:/ {
    split($0, p, /[:% ]+/)
    if (!(file in bn) || p[5] > bshare[file]) {
        bshare[file] = p[5]
        bn[file] = $NF
    }
}
END {
    for (file in n) {
        room = file
        sub(/\/[^\/]*$/, "", room)
        lines[room] += n[file]
        hit[room] += n[file] * share[file] / 100
        branches[room] += bn[file]
        taken[room] += bn[file] * bshare[file] / 100
        all += n[file]; all_hit += n[file] * share[file] / 100
        ball += bn[file]; ball_hit += bn[file] * bshare[file] / 100
        if (share[file] < 80)
            printf "low: %s %.1f %% of %d lines\n", file, share[file], n[file]
    }
    for (room in lines)
        printf "%-14s lines %5.1f %% of %6d   branches %5.1f %% of %6d\n",
            room, 100 * hit[room] / lines[room], lines[room],
            branches[room] ? 100 * taken[room] / branches[room] : 100,
            branches[room]
    printf "%-14s lines %5.1f %% of %6d   branches %5.1f %% of %6d\n", "~all",
        100 * all_hit / all, all, ball ? 100 * ball_hit / ball : 100, ball
}' | sort
