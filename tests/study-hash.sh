#!/bin/sh
# A small study of the demo models has the hash that stands in
# tests/study-hash.txt: the same for every machine, compiler and build.
#
#     LATENT=build/latent tests/study-hash.sh     (RUN: an emulator, a checker)
#
# When results change on purpose: tests/study-hash.sh -w writes the new hash.
LATENT=${LATENT:-build/latent}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
sed -n 1,14p tests/data/demo.tsv >"$work/data.tsv"
sed -n 1,16p tests/data/demo-eval.tsv >"$work/eval.tsv"
root=$PWD
case $LATENT in /*) ;; *) LATENT=$root/$LATENT ;; esac
mkdir "$work/model" && cp model/demo/*.gguf "$work/model" && cd "$work" &&
    ${RUN:-} "$LATENT" run --quiet --base model/base.gguf --tuned \
        model/tuned.gguf --data data.tsv --eval eval.tsv --min 1 --k 8 \
        --layers 1 --permutations 5 --bootstraps 5 --candidates 2 \
        --keep 1 --threads 2 --out study
status=$?
# The hashes of the numbers (trees, concepts, tables), sorted by name, in one;
# reports and lists of options change more often than results.
got=$(cd study && find . -name '*.npy' -o -name concepts.txt -o \
    -name '*.tsv' | LC_ALL=C sort | xargs sha256sum | sha256sum |
    cut -c 1-64)
cd "$root" || exit 1
if [ "${1:-}" = -w ]; then
    echo "$got" >tests/study-hash.txt
fi
if [ $status -eq 0 ] && [ "$got" = "$(cat tests/study-hash.txt)" ]; then
    echo "study_hash: 1 passed, 0 failed"
else
    echo "study-hash: exit $status, hash $got"
    echo "study_hash: 0 passed, 1 failed"
    exit 1
fi
