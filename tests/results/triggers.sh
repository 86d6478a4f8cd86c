#!/bin/sh
# The trigger tables of tools/manual/RESULTS.md (Markdown, on standard
# output), out of finished studies.
#
#     tests/results/triggers.sh SHARED STUDIES OUT [NAME...] [-- OPTIONS]
#
# SHARED holds models/ and data/; STUDIES/NAME is a finished study as
# studies.sh leaves it.  NAME: minilm-sst2 demo-hate demo-nli (default: all).
# Each model is tried on the split that was kept from its training
# (REFERENCE.json): single words before and behind the sentence, the last
# three layers, all classes, all controls.  What a search finds is put into
# OUT/NAME; one that is done is not repeated, one that was stopped goes on.
# OPTIONS go to every `latent triggers`, say --threads 2 or, to try it out,
# --limit 100 --upper 200.
set -eu
LATENT=${LATENT:-build/latent}
[ $# -ge 3 ] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
shared=$1 studies=$2 out=$3
shift 3
wanted=
while [ $# -gt 0 ]; do
    [ "$1" != -- ] || { shift; break; }
    wanted="$wanted $1"
    shift
done
[ -n "$wanted" ] || wanted="minilm-sst2 demo-hate demo-nli"

# search NAME TITLE EVAL [OPTIONS]
search() {
    name=$1 title=$2 eval=$3
    shift 3
    printf '## Triggers: %s\n\n```\nlatent triggers --study STUDY' "$title"
    printf ' --model %s --eval %s \\\n    %s -o OUT\n```\n\n' \
        "$name" "$eval" "$*"
    if [ ! -e "$out/$name/triggers.json" ]; then
        begin=$(date +%s)
        "$LATENT" triggers --study "$studies/$name" \
            --model "$shared/models/$name" --eval "$shared/data/$eval" \
            -o "$out/$name" "$@"
        echo "== $name: $(($(date +%s) - begin)) seconds" >&2
    fi
    python3 tests/results/triggers.py "$out/$name"
    echo
}

mkdir -p "$out"
for name in $wanted; do
    case $name in
    minilm-sst2) search $name "SST-2, all-MiniLM-L6-v2" sst2/dev.tsv \
        --layers 4-6 "$@" ;;
    demo-hate) search $name "hate speech (three classes)" \
        hate-davidson2017/eval.tsv --layers 4-6 --candidates 32 --keep 4 \
        "$@" ;;
    demo-nli) search $name "natural language inference (pairs, three classes)" \
        mnli-taxinli/eval.tsv --layers 4-6 --candidates 32 --keep 4 "$@" ;;
    *) echo "triggers.sh: no study $name" >&2; exit 2 ;;
    esac
done
