#!/bin/sh
# search.sh STUDY MODEL EVAL [OPTIONS OF latent triggers] - tokens a second of
# a trigger search, beside `latent bench forward` over sentences of exactly
# the lengths that the search gave the model.  All that a search does between
# two batches counts against it; opening the model counts for neither.  The
# search runs twice with the forward pass between and behind it, so that a
# machine that grows warm favours neither.  Fails below LEAST per cent (85).
# THREADS (2), SECONDS_EACH (5).
set -eu
if [ $# -lt 3 ]; then
    echo "usage: tests/bench/search.sh STUDY MODEL EVAL [OPTIONS]" >&2
    exit 2
fi
LATENT=${LATENT:-build/latent} STUDY=$1 MODEL=$2 EVAL=$3
THREADS=${THREADS:-2} SECONDS_EACH=${SECONDS_EACH:-5} LEAST=${LEAST:-85}
shift 3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

search() {
    "$LATENT" triggers --study "$STUDY" --model "$MODEL" --eval "$EVAL" \
        --threads "$THREADS" --lengths "$work/lengths" -o "$work/found" "$@" \
        2>"$work/talk" || { cat "$work/talk" >&2; exit 1; }
}
forward() {
    "$LATENT" bench forward --shape "$MODEL" --lengths "$work/lengths" \
        --threads "$THREADS" --seconds "$SECONDS_EACH" |
        sed -n 's/^tokens_per_second	//p'
}

speed() {
    sed -n 's/.*through the model in .*, \([0-9]*\) tokens a second$/\1/p' \
        "$work/talk"
}

search "$@"
search1=$(speed)
forward1=$(forward)
search "$@"
search2=$(speed)
forward2=$(forward)
awk -v s1="$search1" -v s2="$search2" -v f1="$forward1" -v f2="$forward2" \
    -v sentences="$(wc -l <"$work/lengths")" -v least="$LEAST" 'BEGIN {
    share = 100 * (s1 + s2) / (f1 + f2)
    printf "sentences\t%d\n", sentences
    printf "search_tokens_per_second\t%.0f\t%.0f\n", s1, s2
    printf "forward_tokens_per_second\t%.0f\t%.0f\n", f1, f2
    printf "percent_of_forward\t%.1f\n", share
    exit share < least
}'
