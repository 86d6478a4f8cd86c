#!/bin/sh
# latent classify: the table, JSON and ids say the same; gold classes give
# accuracy; what is refused.
. tests/e2e/lib.sh
tuned=model/demo/tuned.gguf
printf 'a gripping film\nthe worst kind of dull\n\n"quoted" , and\n' \
    >"$WORK/text.txt"
runs 0 "a table" "$LATENT" classify $tuned "$WORK/text.txt" -q
cp "$WORK/out" "$WORK/table"
check "its header" test "$(head -n 1 "$WORK/table")" = \
    "$(printf 'label\tnegative\tpositive')"
check "a line for each line" test "$(wc -l <"$WORK/table")" -eq 5
runs 0 "from standard input" "$LATENT" classify $tuned -q <"$WORK/text.txt"
same "of standard input" "$WORK/table" "$WORK/out"

# JSON: the same label and probabilities, softmax of its logits.
runs 0 "JSON" "$LATENT" classify $tuned "$WORK/text.txt" --json -q
cp "$WORK/out" "$WORK/json"
sed 's/.*"label":"\([a-z]*\)".*"probabilities":\[\(.*\),\(.*\)\].*/\1	\2	\3/' \
    "$WORK/json" >"$WORK/a"
sed 1d "$WORK/table" >"$WORK/b"
same "JSON and table" "$WORK/a" "$WORK/b"
sed 's/.*"logits":\[\(.*\),\(.*\)\],"prob.*\[\(.*\),.*/\1 \2 \3/' \
    "$WORK/json" | awk '{ p = 1 / (1 + exp($2 - $1))
        if (p - $3 > 1e-12 || $3 - p > 1e-12) exit 1 }'
check "probabilities are the softmax of the logits" test $? -eq 0
if command -v python3 >/dev/null; then
    runs 0 "Python reads every line" python3 -c '
import json, sys
for line in open(sys.argv[1]):
    assert sorted(json.loads(line)) == ["label", "logits", "probabilities"]
' "$WORK/json"
fi

# Ids: those that tokenize gives have the same logits.
awk '{ gsub(/["\\]/, "\\\\&"); print "\"" $0 "\"" }' "$WORK/text.txt" \
    >"$WORK/jsonl"
runs 0 "ids" "$LATENT" tokenize $tuned --jsonl "$WORK/jsonl" -q
sed 's/\[\([0-9]*\),[ ]*[0-9-]*,[ ]*[0-9-]*\]/\1/g; s/.*/{"input_ids": &}/' \
    "$WORK/out" >"$WORK/ids.jsonl"
runs 0 "classify ids" "$LATENT" classify $tuned --ids "$WORK/ids.jsonl" \
    --json -q
same "logits of text and of its ids" "$WORK/json" "$WORK/out"

# A gold column: accuracy and the confusion table on standard error.
runs 0 "gold classes" "$LATENT" classify $tuned tests/data/demo-eval.tsv \
    -o "$WORK/eval.tsv"
right=$(paste "$WORK/eval.tsv" tests/data/demo-eval.tsv |
    awk -F '\t' 'NR > 1 { n++; right += $1 == $4 }
        END { printf "accuracy %.6f", right / n }')
says "$right"

# Refused.
runs 1 "a base model has no head" "$LATENT" classify model/demo/base.gguf \
    "$WORK/text.txt"
says "head"
echo '{"input_ids":[1,999999]}' >"$WORK/wrong.jsonl"
runs 1 "an id beyond the vocabulary" "$LATENT" classify $tuned \
    --ids "$WORK/wrong.jsonl" --json
says "999999"
runs 1 "no such file" "$LATENT" classify $tuned "$WORK/none.txt"
says "none.txt"
finish test_classify
