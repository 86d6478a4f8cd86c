#!/bin/sh
# Torments the verbs of the program on tiny inputs, each through run.sh.
#
#     tests/fault/verbs.sh LATENT SHIM [VERB ...]      (from the top folder)
#
# FAULT_DENSE (default 12) thins the places out: all up to that one, then
# growing steps, drawn by FAULT_SEED (default: the time; printed); FAULT_CALLS
# chooses calls, such as "alloc write".  JOBS verbs run at a time (as many as
# there are cores, unless set).  Ends with "verbs: N verbs, N with complaints".
latent=$1 shim=$2
[ $# -ge 2 ] || { sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2; }
case $latent in /*) ;; *) latent=$PWD/$latent ;; esac
shift 2
wanted=$*
tuned=model/demo/tuned.gguf base=model/demo/base.gguf
work=$(mktemp -d) || exit 1
# What runs beside this shell does not hear Ctrl-C.
trap 'kill $running 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
. tests/jobs.sh
# One thread: the same calls in the same order at every run.
LATENT_THREADS=1
export LATENT_THREADS
seed=${FAULT_SEED:-$(date +%s)}
verbs=0 bad=0 reaped=0 running=
out=$work/out-1

sed -n 1,7p tests/data/demo.tsv >"$work/data.tsv"
sed -n 2,4p tests/data/demo.tsv | cut -f 2 >"$work/text.txt"
sed -n 1,9p tests/data/demo-eval.tsv >"$work/eval.tsv"
printf '{"input_ids":[101,102]}\n' >"$work/ids.jsonl"
mkdir "$work/in"
"$latent" extract $tuned --data "$work/data.tsv" --layers 1 --min 1 \
    -o "$work/in" 2>/dev/null
"$latent" cluster "$work/in/layer-01.npy" --k 8 \
    --linkage "$work/in/z.npy" --words "$work/in/words.tsv" \
    --concepts "$work/in/concepts.txt" 2>/dev/null
"$latent" run --base $base --tuned $tuned --data "$work/data.tsv" \
    --layers 1 --k 8 --min 1 --min-types 1 --permutations 2 -q \
    --out "$work/study"

# The one that was started first ends, and says what it found.
reap() {
    set -- $running
    reaped=$((reaped + 1))
    wait "$1" || bad=$((bad + 1))
    cat "$work/log-$reaped"
    shift
    running=$*
}

# torture VERB OPTIONS-OF-RUN ARGUMENTS; writes to $out, which is the next
# one's afterwards
torture() {
    name=$1 options=$2
    shift 2
    case " $wanted " in "  " | *" $name "*) ;; *) return ;; esac
    verbs=$((verbs + 1))
    {
        echo "== $name $*"
        # shellcheck disable=SC2086
        exec tests/fault/run.sh -s "$seed" -d "${FAULT_DENSE:-12}" \
            ${FAULT_CALLS:+-c "$FAULT_CALLS"} $options "$shim" "$out" \
            "$latent" "$name" "$@"
    } >"$work/log-$verbs" 2>&1 &
    running="$running $!"
    out=$work/out-$((verbs + 1))
    set -- $running
    [ $# -lt "$jobs" ] || reap
}

torture help "" --man run
torture run "" --help
torture --version ""
torture selftest ""
torture inspect "" $tuned --json
torture tokenize "" $tuned "$work/text.txt"
torture tokenize "-i $work/text.txt" $tuned -
torture classify "" $tuned "$work/text.txt" --json
torture extract -e $tuned --data "$work/data.tsv" --layers 1 --min 1 \
    -o "$out"
torture extract "-m -e" $tuned --ids "$work/ids.jsonl" -o "$out/h.npy"
torture cluster "-m -e" "$work/in/layer-01.npy" --k 8 \
    --linkage "$out/z.npy" --labels "$out/l.tsv" \
    --words "$work/in/words.tsv" --concepts "$out/c.txt"
torture cluster "-m -e" --tree "$work/in/z.npy" --k 5 --heights 2 \
    --labels "$out/l.tsv"
torture align "-m -e" --base "$work/in/concepts.txt" \
    --tuned "$work/in/concepts.txt" --min-types 1 -o "$out/a.json"
torture polarity "-m -e" --concepts "$work/in/concepts.txt" \
    --classes "$work/data.tsv" --column label --min-types 1 -o "$out/p.json"
torture label "-m -e" --concepts "$work/study/tuned/layer-01/concepts.txt" \
    --text "$work/study/text.in" --family casing -o "$out/l.json"
hub=../shared/fixtures/encoder/bert-1
if [ -d $hub ]; then
    torture convert "-m -e" $hub --dtype q8_0 -o "$out/m.gguf"
else
    echo "skipped: convert: ../shared is absent"
fi
torture report "-m -e" "$work/study" -o "$out/r.html"
torture report "-m -e" "$work/study" "$work/study" --text -o "$out/r.txt"
torture verify "" "$work/study"
torture verify "-x .lock -c alloc" "$work/study" --rerun "$out"
torture explain "" $tuned --study "$work/study" "a dull film"
torture triggers "" --model $tuned --eval "$work/eval.tsv" --words good,bad
torture concepts "-m -e" "$work/study" --label casing=lower -o "$out/c.tsv"
torture concepts "-m -e" "$work/study" --show tuned/1/0 --json -o "$out/c.json"
torture diff "-m -e" "$work/study" "$work/study" --all -o "$out/d.tsv"
torture align "-m -e" "$work/study" --permutations 2 -o "$out/a.tsv"
torture plan "-m -e" "$work/study" --options "$work/study/plan.json" \
    --script "$out/p.mk"
torture run "-r -x .lock" --base $base --tuned $tuned \
    --data "$work/data.tsv" --layers 1 --k 8 --min 1 --out "$out" \
    --only tuned/part-1-of-2
# A lock file holds nobody up: the lock goes with its process.
torture run "-r -x .lock" --base $base --tuned $tuned --data "$work/data.tsv" \
    --eval "$work/eval.tsv" --layers 1 --k 8 --min 1 --out "$out"
while [ -n "$running" ]; do reap; done
echo "verbs: $verbs verbs, $bad with complaints"
[ "$bad" -eq 0 ]
