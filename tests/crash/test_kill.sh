#!/bin/sh
# A study that is killed goes on where it was: SIGKILL at random moments of
# `latent run`, the same command again, and every byte is that of a run that
# nobody disturbed.
#
#     tests/crash/test_kill.sh [-n KILLS] [-s SEED]      (from the top folder)
#
# Some kills hit the repetition as well, so that folders are found that two
# or three dead runs have left.  The seed is printed.
. tests/e2e/lib.sh
kills=12 seed=$(date +%s)
while getopts n:s: option; do
    case $option in
    n) kills=$OPTARG ;;
    s) seed=$OPTARG ;;
    *) exit 2 ;;
    esac
done
echo "test_kill: $kills kills, seed $seed"

sed -n 1,50p tests/data/demo-eval.tsv >"$WORK/eval.tsv"
study() { # FOLDER
    exec "$LATENT" run --quiet --base model/demo/base.gguf \
        --tuned model/demo/tuned.gguf --data tests/data/demo.tsv \
        --eval "$WORK/eval.tsv" --limit 40 --min 2 --k 8 --layers 0,2 \
        --permutations 5 --bootstraps 5 --candidates 2 --keep 1 \
        --threads 2 --out "$1"
}

# Milliseconds now; moments are drawn from 0 to the length of a whole run.
now() { date +%s%N | cut -c 1-13; }
(study "$WORK/warm") || fail "first run"
begin=$(now)
if (study "$WORK/whole"); then pass; else fail "undisturbed run"; fi
length=$(($(now) - begin))
same "two undisturbed runs" "$WORK/warm" "$WORK/whole"

# One line a kill: up to three moments in seconds, the first always.
awk -v n="$kills" -v seed="$seed" -v ms="$length" 'BEGIN {
    srand(seed)
    for (i = 0; i < n; i++) {
        again = int(rand() * 3)
        printf "%.3f", rand() * ms / 1000
        for (j = 0; j < again; j++)
            printf " %.3f", rand() * ms / 1000
        print ""
    }
}' >"$WORK/moments"

dead=0
while read -r line; do
    rm -rf "$WORK/out"
    for moment in $line; do
        study "$WORK/out" 2>/dev/null &
        child=$!
        sleep "$moment"
        kill -9 $child 2>/dev/null && dead=$((dead + 1))
        wait $child 2>/dev/null
    done
    if (study "$WORK/out") 2>"$WORK/err"; then
        same "killed after $line s" "$WORK/whole" "$WORK/out"
    else
        fail "killed after $line s: $(head -c 300 "$WORK/err")"
    fi
done <"$WORK/moments"
# The earliest moment, which chance hits once in some hundred: the lock is
# there, and a file that was to become the plan.
rm -rf "$WORK/out" && mkdir "$WORK/out"
touch "$WORK/out/.lock" "$WORK/out/.latent-0123456789abcdef.tmp"
(study "$WORK/out") || fail "run after a kill before the plan"
same "killed before the plan" "$WORK/whole" "$WORK/out"

echo "test_kill: $dead runs killed, a whole one takes $length ms"
check "some were killed" [ $dead -gt 0 ]
finish test_kill
