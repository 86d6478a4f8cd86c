#!/bin/sh
# Enormous, deep and slow inputs end in bounded time and memory, with a
# status that says what was wrong; `--memory` is obeyed.
#
#     tests/crash/test_limits.sh [-l]      (from the top folder; -l: full size)
#
# The short form has a fiftieth of the sizes.  Every command runs under
# `ulimit -t` (seconds of CPU) and `ulimit -v` (KB of address space).
. tests/e2e/lib.sh
scale=1 seconds=20 memory=1000000
[ "${1:-}" = -l ] && scale=50 seconds=300 memory=12000000
tuned=model/demo/tuned.gguf

# limited STATUSES WHAT COMMAND...: ends by itself with one of the statuses.
limited() {
    wanted=$1 what=$2; shift 2
    (ulimit -t $seconds; ulimit -v $memory; exec "$@") >"$WORK/out" \
        2>"$WORK/err"
    got=$?
    case " $wanted " in
    *" $got "*) pass ;;
    *) fail "$what: exit $got, expected $wanted: $(head -c 300 "$WORK/err")" ;;
    esac
}

# repeat COUNT TEXT: the text that often.
repeat() { yes "$2" | head -n "$1" | tr -d '\n'; }

# One line of text, 2 or 100 MB.
repeat $((400000 * scale)) 'word ' | head -c $((2000000 * scale)) \
    >"$WORK/line.txt"
limited "0 1" "tokenize a long line" "$LATENT" tokenize $tuned \
    "$WORK/line.txt"
limited "0 1" "classify a long line" "$LATENT" classify $tuned \
    "$WORK/line.txt"
repeat $((2000000 * scale)) x >"$WORK/word.txt"
limited "0 1" "one endless word" "$LATENT" tokenize $tuned "$WORK/word.txt"

# 20,000 or a million combining marks on one letter: sorting them must not
# take time squared.
{ printf a; repeat $((20000 * scale)) "$(printf '\314\201\314\243')"; } \
    >"$WORK/marks.txt"
limited "0 1" "combining marks" "$LATENT" tokenize $tuned "$WORK/marks.txt"
[ -n "$SHARED" ] && limited "0 1" "combining marks, SentencePiece" "$LATENT" \
    tokenize "$SHARED/tokenizers/xlm-roberta" "$WORK/marks.txt"

# 200,000 or 10 million JSON entries; 5,000 or 250,000 levels.
mkdir "$WORK/json"
{ printf '{"model_type":"bert","x":[0'; repeat $((200000 * scale)) ,1
  printf ']}'; } >"$WORK/json/config.json"
limited 1 "JSON entries" "$LATENT" inspect "$WORK/json"
repeat $((5000 * scale)) '[' >"$WORK/json/config.json"
limited 1 "deep JSON" "$LATENT" inspect "$WORK/json"
{ printf '{"model":{"type":"WordPiece","vocab":{'
  awk -v n=$((40000 * scale)) 'BEGIN {
      for (i = 0; i < n; i++) printf "\"p%d\":%d,", i, i }'
  printf '"z":99999999}}}'; } >"$WORK/json/tokenizer.json"
limited 1 "a vocabulary with a far id" "$LATENT" tokenize \
    "$WORK/json/tokenizer.json" "$WORK/line.txt"

# Sparse files: 100 MB or 5 GB of zeros.
truncate -s $((100 * scale))M "$WORK/zeros" 2>/dev/null ||
    dd if=/dev/zero of="$WORK/zeros" bs=1 count=0 seek=$((100 * scale))M \
        2>/dev/null
for name in z.gguf z.npy z.tsv z.csv z.json z.txt z.conllu; do
    mv "$WORK"/zeros "$WORK/$name"
    case $name in
    z.tsv | z.csv | z.txt)
        limited "1 3" "zeros as $name" "$LATENT" classify $tuned \
            "$WORK/$name" ;;
    z.conllu)
        limited "1 3" "zeros as text" "$LATENT" label --concepts \
            tests/fixtures/align/good/three.clusters --text "$WORK/$name" \
            --family length -o "$WORK/x.json" ;;
    z.npy)
        limited "1 3" "zeros as points" "$LATENT" cluster "$WORK/$name" \
            --linkage "$WORK/Z.npy" ;;
    *) limited "1 3" "zeros as $name" "$LATENT" inspect "$WORK/$name" ;;
    esac
    mv "$WORK/$name" "$WORK/zeros"
done
mkdir "$WORK/sparse"
mv "$WORK/zeros" "$WORK/sparse/model.safetensors"
printf '{"model_type":"bert"}' >"$WORK/sparse/config.json"
limited "1 3" "zeros as a hub model" "$LATENT" inspect "$WORK/sparse"

# --memory: refused before the work, or obeyed.
limited 3 "--memory 1M" "$LATENT" run --base model/demo/base.gguf --tuned \
    $tuned --data tests/data/demo.tsv --k 8 --memory 1M --out "$WORK/study"
if [ -s "$WORK/err" ]; then pass; else fail "--memory 1M: no message"; fi
sed -n 1,40p tests/data/demo.tsv >"$WORK/data.tsv"
limited "0 3" "--memory 64M" "$LATENT" run --base model/demo/base.gguf \
    --tuned $tuned --data "$WORK/data.tsv" --min 2 --k 8 --layers 1 \
    --permutations 2 --bootstraps 2 --memory 64M --out "$WORK/study2"
finish test_limits
