#!/bin/sh
# The same study gives the same bytes: twice, for 1, 2 and 7 threads, for
# plain C and every instruction set of this CPU.
. tests/e2e/lib.sh

study() { # NAME [VAR=VALUE] THREADS
    env ${3:+"$3"} "$LATENT" run --quiet --base model/demo/base.gguf \
        --tuned model/demo/tuned.gguf --data tests/data/demo.tsv \
        --eval "$WORK/eval.tsv" --limit "$LIMIT" --k 8 --layers 0,6 \
        --permutations 10 --bootstraps 10 --candidates 3 --keep 1 --upper 3 --whole 0 --cka 40 \
        --threads "$2" --out "$WORK/$1"
}
LIMIT=60
head -n 9 tests/data/demo-eval.tsv >"$WORK/eval.tsv"

check "first run" study one 1
check "second run" study two 2
same "threads 1 and 2" "$WORK/one" "$WORK/two"
check "threads 7" study seven 7
same "threads 1 and 7" "$WORK/one" "$WORK/seven"
check "plain C" study plain 2 LATENT_CPU=plain
same "plain C" "$WORK/one" "$WORK/plain"
for level in avx2 avx512 neon; do
    if LATENT_CPU=$level "$LATENT" help >/dev/null 2>&1; then
        check "$level" study "$level" 2 "LATENT_CPU=$level"
        same "$level" "$WORK/one" "$WORK/$level"
    else
        skip "this CPU or build has no $level"
    fi
done

# A finished study is gone on with and stays the same; another one is not
# mixed in.
cp -r "$WORK/one" "$WORK/again"
check "again" study again 2
same "again" "$WORK/one" "$WORK/again"
LIMIT=50
runs 2 "other options" study again 2
says "other options or inputs"
finish test_determinism
