#!/bin/sh
# Ctrl-C, a second run into the same folder, a full disk, inputs that change
# or shrink: each ends with one line and leaves nothing half made.
. tests/e2e/lib.sh

study() { # FOLDER [OPTION ...]
    folder=$1; shift
    exec "$LATENT" run --base model/demo/base.gguf \
        --tuned model/demo/tuned.gguf --data "$WORK/data.tsv" \
        --eval "$WORK/eval.tsv" --min 2 --k 8 --layers 0,2 \
        --permutations 5 --bootstraps 5 --candidates 2 --keep 1 \
        --threads 2 --out "$folder" "$@"
}
sed -n 1,40p tests/data/demo.tsv >"$WORK/data.tsv"
sed -n 1,50p tests/data/demo-eval.tsv >"$WORK/eval.tsv"
(study "$WORK/whole" 2>/dev/null) || fail "undisturbed run"

# No temporary file, no file that is shorter or other than in a whole study
# (the lock and the marks of unfinished work aside).
clean() { # WHAT FOLDER
    left=$(find "$2" -name '*.tmp' 2>/dev/null)
    check "$1 leaves $left" [ -z "$left" ]
    (cd "$2" 2>/dev/null && find . -type f ! -name '.*' \
        ! -name '*.cache') 2>/dev/null |
    while read -r file; do
        cmp -s "$2/$file" "$WORK/whole/$file" || echo "$file"
    done >"$WORK/half"
    check "$1 leaves half of $(cat "$WORK/half")" [ ! -s "$WORK/half" ]
}

# A program that this shell starts in the background ignores SIGINT from
# birth; `latent` sets its own handler, so both signals reach it.
for signal in INT TERM; do
    for moment in 0.02 0.1 0.25; do
        rm -rf "$WORK/study"
        study "$WORK/study" 2>"$WORK/err" &
        child=$!
        sleep $moment
        kill -$signal $child 2>/dev/null
        wait $child
        status=$?
        if [ $status -eq 0 ]; then # it was faster
            same "$signal too late" "$WORK/whole" "$WORK/study"
            continue
        fi
        case $status in # before main has set its handlers: the plain signal
        130) pass ;;
        143) if [ ! -s "$WORK/err" ]; then pass; else fail "$signal: 143"; fi ;;
        *) fail "$signal after $moment s: exit $status" ;;
        esac
        check "$signal says nothing" [ "$status" = 143 -o -s "$WORK/err" ]
        clean "$signal after $moment s" "$WORK/study"
    done
    (study "$WORK/study" 2>/dev/null) || fail "going on after $signal"
    same "going on after $signal" "$WORK/whole" "$WORK/study"
done

# The lock: while one run works in the folder, another is refused.
rm -rf "$WORK/study"
study "$WORK/study" 2>/dev/null &
child=$!
tries=0
while [ ! -e "$WORK/study/base/layer-00/linkage.npy" ] && [ $tries -lt 1000 ]; do
    tries=$((tries + 1))
    sleep 0.02
done
kill -STOP $child
runs 3 "a second run into one folder" "$LATENT" run --base \
    model/demo/base.gguf --tuned model/demo/tuned.gguf --data \
    "$WORK/data.tsv" --min 2 --k 8 --out "$WORK/study"
says "another run"
kill -CONT $child
wait $child
check "the first run ends well" [ $? -eq 0 ]

# Other inputs under the same names.
sed -n 2,40p "$WORK/data.tsv" | sed 's/ the / a /' >"$WORK/rest"
cp "$WORK/data.tsv" "$WORK/kept.tsv"
{ sed -n 1p "$WORK/kept.tsv"; cat "$WORK/rest"; } >"$WORK/data.tsv"
(study "$WORK/whole" 2>"$WORK/err")
check "changed input is refused" [ $? -eq 2 ]
says "other options or inputs"
rm -f "$WORK/whole/.lock" # of the run that was refused; it holds nobody up
cp "$WORK/kept.tsv" "$WORK/data.tsv"

# A disk that is full in the middle (needs a small file system of its own).
mkdir "$WORK/small"
if mount -t tmpfs -o size=96k tmpfs "$WORK/small" 2>/dev/null; then
    (study "$WORK/small/out" 2>"$WORK/err")
    check "full disk: exit 3" [ $? -eq 3 ]
    says "space"
    clean "full disk" "$WORK/small/out"
    if mount -o remount,size=16m "$WORK/small" 2>/dev/null; then
        (study "$WORK/small/out" 2>/dev/null)
        check "going on with more room" [ $? -eq 0 ]
        same "going on with more room" "$WORK/whole" "$WORK/small/out"
    fi
    umount "$WORK/small"
else
    skip "a full disk needs the right to mount"
fi

# A signal while the program waits for somebody to write into a pipe.
mkfifo "$WORK/pipe"
"$LATENT" inspect "$WORK/pipe" 2>"$WORK/err" &
child=$!
sleep 0.5
kill -TERM $child
wait $child
status=$?
check "a signal while waiting for a pipe: exit $status" [ $status -eq 130 ]
says "interrupted"

# A mapped model that is cut short while it is read.
cp model/demo/tuned.gguf "$WORK/m.gguf"
"$LATENT" classify "$WORK/m.gguf" "$WORK/pipe" >"$WORK/out.tsv" \
    2>"$WORK/err" &
child=$!
# Opening to write waits for the reader, who has the model by then; should it
# be gone before, only this process waits.
(
    exec 9>"$WORK/pipe"
    : >"$WORK/m.gguf"
    cut -f 2 "$WORK/data.tsv" | sed -n '2,$p' >&9
) &
writer=$!
wait $child
status=$?
kill $writer 2>/dev/null
# What was read before the cut may be all that was needed.
check "cut model: exit $status" [ $status -eq 3 -o $status -eq 0 ]
[ $status -eq 0 ] || says "became shorter"
finish test_signals
