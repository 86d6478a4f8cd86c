#!/bin/sh
# triggers.sh - the trigger tables of tools/manual/RESULTS.md, out of finished
# studies.  Prints Markdown; searches that are done are not repeated.
#
#     tests/results/triggers.sh FOLDER NAME=STUDY...
#
# NAME is sst2, hate or nli: it chooses the model and the split that was kept
# from its training (REFERENCE.json).  What the searches find is put into
# FOLDER/NAME.  Single words, before and behind the sentence, last three
# layers, all classes, all controls.  OPTIONS are more options of `latent
# triggers`, such as "--limit 100"; LATENT is the program.
set -eu
LATENT=${LATENT:-build/latent} SHARED=${LATENT_SHARED:-../shared}
OPTIONS=${OPTIONS:-}
if [ $# -lt 2 ]; then
    echo "usage: tests/results/triggers.sh FOLDER NAME=STUDY..." >&2
    exit 2
fi
FOLDER=$1
shift
mkdir -p "$FOLDER"

# name STUDY: title, model, held-back split and options.
choose() {
    case $1 in
    sst2) title="SST-2, all-MiniLM-L6-v2" model=minilm-sst2
        split=sst2/dev.tsv more= ;;
    hate) title="Hate speech (three classes)" model=demo-hate
        split=hate-davidson2017/eval.tsv more="--candidates 32 --keep 4" ;;
    nli) title="Natural language inference (pairs, three classes)"
        model=demo-nli split=mnli-taxinli/eval.tsv
        more="--candidates 32 --keep 4" ;;
    *) echo "triggers.sh: '$1' is none of sst2, hate, nli" >&2; exit 2 ;;
    esac
}

for pair in "$@"; do
    name=${pair%%=*} study=${pair#*=}
    choose "$name"
    more="--layers 4-6 $more $OPTIONS"
    echo "## Triggers: $title"
    echo
    echo '```'
    echo "latent triggers --study STUDY --model $model --eval $split" \
        "$more -o FOLDER" | tr -s ' '
    echo '```'
    echo
    if [ ! -e "$FOLDER/$name/done" ]; then
        begin=$(date +%s)
        # shellcheck disable=SC2086 # options are words
        "$LATENT" triggers --study "$study" --model "$SHARED/models/$model" \
            --eval "$SHARED/data/$split" $more -o "$FOLDER/$name"
        echo "$name: $(($(date +%s) - begin)) seconds" >&2
        : >"$FOLDER/$name/done"
    fi
    python3 tests/results/tables.py --triggers "$FOLDER/$name"
    echo
done
