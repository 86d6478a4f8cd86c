#!/bin/sh
# The messages that TROUBLES.md explains are those that the program gives.
. tests/e2e/lib.sh
base=model/demo/base.gguf tuned=model/demo/tuned.gguf
run="$LATENT run --tuned $tuned --data tests/data/demo.tsv --out $WORK/out-x"
mkdir "$WORK/hub" "$WORK/study"
echo '{"model_type": "bert"}' >"$WORK/hub/config.json"
echo '{"k": 3}' >"$WORK/study/plan.json"
printf 'a\tb\nx\ty\n' >"$WORK/columns.tsv"
printf 'sentence\tlabel\nab\tgreat\n' >"$WORK/label.tsv"
printf 'sentence\nc\377\n' >"$WORK/bytes.tsv"

# trouble STATUS MESSAGE COMMAND...
told=0
trouble() {
    status=$1 message=$2
    shift 2
    runs "$status" "$message" "$@"
    says "$message"
    check "TROUBLES.md tells of: $message" \
        grep -qF "| \`$message\` |" tools/manual/TROUBLES.md
    told=$((told + 1))
}
# run is a list of words
trouble 1 "cannot open: No such file or directory" $run --base "$WORK/none"
trouble 1 "no weights: looked for model.safetensors" $run --base "$WORK/hub"
trouble 1 "no column 'sentence', 'text' or 'content' in the header" \
    "$LATENT" classify $tuned "$WORK/columns.tsv"
trouble 1 "is not one of the model's" \
    "$LATENT" classify $tuned "$WORK/label.tsv"
trouble 1 "not UTF-8, expected UTF-8 text" \
    "$LATENT" classify $tuned "$WORK/bytes.tsv"
trouble 1 "pass the filter (--min" $run --base $base --limit 30
trouble 3 "are needed" $run --base $base --limit 100 --k 10 --memory 10M
trouble 2 "the folder holds a study with other options or inputs" \
    $run --base $base --limit 100 --k 10 --out "$WORK/study"
if [ -n "$SHARED" ] && [ -d "$SHARED/models/albert-base" ]; then
    trouble 1 "the models do not fit together" $run \
        --base $base --tuned "$SHARED/models/minilm-sst2"
    trouble 1 "the model has no head" "$LATENT" classify \
        "$SHARED/models/albert-base" tests/data/demo.tsv
    check "all of the table" test "$told" -eq \
        "$(grep -c '^| `' tools/manual/TROUBLES.md)"
else
    skip "the reference models are absent: two messages not tried"
fi
finish test_troubles
