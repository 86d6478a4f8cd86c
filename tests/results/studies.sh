#!/bin/sh
# The five studies of tools/manual/RESULTS.md at K = 600 and 5/20/1e6, and
# their tables.
#
#     tests/results/studies.sh SHARED OUT [STUDY...] [-- OPTIONS]
#
# SHARED holds models/ and data/; MINILM_BASE names all-MiniLM-L6-v2 where it
# is not SHARED/models/minilm-base.  STUDY: demo-sst2 demo-hate demo-nli
# albert-sst2 minilm-sst2 (default: all).  OPTIONS go to every `latent run`,
# say --threads 2 or, to try it out, --limit 500.  Studies are OUT/STUDY; a
# run that was stopped goes on where it was.  The tables of all that are
# finished: OUT/findings.md.
#
# Each model is studied on what it was tuned on and tried on what it was not:
# the splits of the models' REFERENCE.json.
set -eu
LATENT=${LATENT:-build/latent}
[ $# -ge 2 ] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
shared=$1 out=$2
shift 2
minilm=${MINILM_BASE:-$shared/models/minilm-base}
wanted=
while [ $# -gt 0 ]; do
    [ "$1" != -- ] || { shift; break; }
    wanted="$wanted $1"
    shift
done
[ -n "$wanted" ] ||
    wanted="demo-sst2 demo-hate demo-nli albert-sst2 minilm-sst2"

# study NAME BASE TRAIN EVAL [OPTIONS]
study() {
    name=$1 base=$2 train=$3 eval=$4
    shift 4
    echo "== $name" >&2
    "$LATENT" run --base "$base" --tuned "$shared/models/$name" \
        --data "$shared/data/$train" --eval "$shared/data/$eval" \
        --k 600 --min 5 --max 20 --del 1000000 --permutations 100 \
        --bootstraps 100 --out "$out/$name" "$@"
}

mkdir -p "$out"
for name in $wanted; do
    case $name in
    demo-sst2) study $name "$shared/models/demo-base" \
        sst2/train.tsv sst2/dev.tsv "$@" ;;
    demo-hate) study $name "$shared/models/demo-base" \
        hate-davidson2017/train.tsv hate-davidson2017/eval.tsv "$@" ;;
    demo-nli) study $name "$shared/models/demo-base" \
        mnli-taxinli/train.tsv mnli-taxinli/eval.tsv "$@" ;;
    albert-sst2) study $name "$shared/models/albert-base" \
        sst2/train.tsv sst2/dev.tsv --limit 30000 "$@" ;;
    minilm-sst2) study $name "$minilm" sst2/train.tsv sst2/dev.tsv "$@" ;;
    *) echo "studies.sh: no study $name" >&2; exit 2 ;;
    esac
done

set --
for name in demo-sst2 demo-hate demo-nli albert-sst2 minilm-sst2; do
    [ ! -e "$out/$name/manifest.json" ] || set -- "$@" "$out/$name"
done
python3 "$(dirname "$0")/findings.py" "$@" >"$out/findings.md"
echo "tables: $out/findings.md" >&2
