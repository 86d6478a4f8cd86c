#!/bin/sh
# run.sh LATENT forward|ward - what `make bench` and `make bench-ward` do.
# Peers are measured in alternation where Python has them; without Python
# only our own figures are printed.  SECONDS_EACH (5), THREADS (1 and 2),
# SIZES (5000 10000 20000 40000) shorten or lengthen it.
set -u
LATENT=$1 KIND=$2
SECONDS_EACH=${SECONDS_EACH:-5}
THREADS=${THREADS:-1 2}
LENGTHS=${LATENT_SHARED:-../shared}/data/sst2/lengths.txt
PEERS=tests/bench/peers

# forward SHAPE LENGTHS THREADS [--sorted]
forward() {
    set -- "$LATENT" --shape "$1" --lengths "$2" --threads "$3" \
        --seconds "$SECONDS_EACH" ${4:-}
    if python3 -c 'import torch, transformers' 2>/dev/null; then
        python3 $PEERS/forward.py "$@"
    else
        shift
        "$LATENT" bench forward "$@"
    fi
}

if [ "$KIND" = ward ]; then
    for d in 384 768; do
        for n in ${SIZES:-5000 10000 20000 40000}; do
            if python3 -c 'import numpy' 2>/dev/null; then
                python3 $PEERS/ward.py "$LATENT" "$n" "$d"
            else
                "$LATENT" bench ward --n "$n" --d "$d" --quiet
            fi
        done
    done
    exit
fi
# Tokenizers, one core each, on SST-2's training part.
TOKENIZERS=${LATENT_SHARED:-../shared}/tokenizers
DATA=${LATENT_SHARED:-../shared}/data/sst2/train.tsv
for name in bert-base-uncased roberta-base albert-base xlm-roberta-base; do
    if [ -d "$TOKENIZERS/$name" ] && [ -r "$DATA" ]; then
        echo "$name"
        "$LATENT" bench tokenize "$TOKENIZERS/$name" "$DATA" \
            --seconds "$SECONDS_EACH"
    else
        echo "skipped: $TOKENIZERS/$name or $DATA is not there"
    fi
done
for threads in $THREADS; do
    for shape in bert-base minilm; do
        if [ -r "$LENGTHS" ]; then
            forward $shape "$LENGTHS" "$threads"
            forward $shape "$LENGTHS" "$threads" --sorted
        else
            echo "skipped: $LENGTHS is not there"
        fi
        for lengths in 32x32 8x128 1x512; do
            forward $shape $lengths "$threads"
        done
    done
done
