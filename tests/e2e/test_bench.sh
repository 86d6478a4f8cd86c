#!/bin/sh
# The forms of `latent bench` run and print what they promise; a second each.
. tests/e2e/lib.sh

MODEL=model/demo/tuned.gguf
runs 0 "forward" "$LATENT" bench forward --shape $MODEL --lengths 8x16 \
    --seconds 0.1 --threads 1
for name in tokens_per_second gflops peak_gflops percent_of_peak \
    open_seconds first_result_seconds resident_megabytes; do
    check "forward prints $name" grep -q "^$name	[0-9]" "$WORK/out"
done
printf '5\n9\n2\n' >"$WORK/lengths"
runs 0 "forward by file" "$LATENT" bench forward --shape $MODEL --json \
    --lengths "$WORK/lengths" --sorted --seconds 0.1
check "JSON names the level" grep -q '"level": "' "$WORK/out"
runs 0 "forward on random weights" "$LATENT" bench forward --shape minilm \
    --lengths 1x8 --seconds 0.1
check "MiniLM holds its 22 million numbers" awk -F '\t' '
    $1 == "resident_megabytes" { m = $2 } END { exit !(m > 88 && m < 300) }' \
    "$WORK/out"
runs 0 "ward" "$LATENT" bench ward --n 300 --d 24 --quiet
check "ward prints distances" grep -q "^distances_per_n_squared	" "$WORK/out"
runs 0 "tokenize" "$LATENT" bench tokenize $MODEL tests/data/demo.tsv \
    --seconds 0.1
check "tokenize prints words" grep -q "^words_per_second	" "$WORK/out"

runs 2 "unknown kind" "$LATENT" bench backward
says "bench knows forward, ward and tokenize"
runs 1 "no tokens" "$LATENT" bench forward --shape $MODEL --lengths 4x0
says "expected 1 to"
printf '5\nx\n' >"$WORK/lengths"
runs 1 "no number" "$LATENT" bench forward --shape $MODEL \
    --lengths "$WORK/lengths"
says "expected 1 to"
runs 2 "one point" "$LATENT" bench ward --n 1
runs 2 "no file" "$LATENT" bench tokenize $MODEL
finish test_bench
