#!/bin/sh
# latent tokenize with folders that hold nothing but a tokenizer: pairs and
# truncation as the reference gives them, and refuses them.
. tests/e2e/lib.sh

if [ -z "$SHARED" ]; then
    skip "../shared is absent"
    finish test_tokenize
fi
fixtures=$SHARED/fixtures/tokenizer

# Every 40th of the 300 pairs; each has a limit of its own, hence a call of
# its own.  The unit tests compare all of them.
every=40
for folder in "$SHARED"/tokenizers/*/; do
    name=$(basename "$folder")
    [ -f "$fixtures/$name.pairs.jsonl" ] || continue
    line=1 refusals=0 compared=0
    while [ $line -le 300 ]; do
        sed -n "${line}p" "$fixtures/pairs.jsonl" >"$WORK/pair.jsonl"
        sed -n "${line}p" "$fixtures/$name.pairs.jsonl" >"$WORK/reference"
        length=$(sed 's/.*"max_length":\([0-9]*\).*/\1/' "$WORK/pair.jsonl")
        how=$(sed 's/.*"strategy":"\([a-z_]*\)".*/\1/' "$WORK/pair.jsonl")
        "$LATENT" tokenize "$folder" --jsonl --max-length "$length" \
            --truncation "$how" "$WORK/pair.jsonl" >"$WORK/out" 2>"$WORK/err"
        status=$?
        if grep -q '"error":true' "$WORK/reference"; then
            check "$name, pair $line: exit $status for a refusal" \
                test $status -eq 1
            check "$name, pair $line: $(cat "$WORK/err")" \
                grep -q 'pair.jsonl:1: ' "$WORK/err"
            check "$name, pair $line: output" test ! -s "$WORK/out"
            refusals=$((refusals + 1))
        else
            # "ids":[1,2] and "offsets":[[0,0],[0,3]] to [[1,0,0],[2,0,3]]
            awk '{
                ids = $0
                sub(/.*"ids":\[/, "", ids); sub(/\].*/, "", ids)
                places = $0
                sub(/.*"offsets":\[\[/, "", places)
                sub(/\]\].*/, "", places)
                n = split(ids, id, ","); split(places, place, /\],\[/)
                for (i = 1; i <= n; i++)
                    printf "%s[%s,%s]", i == 1 ? "[" : ",", id[i], place[i]
                print "]" }' "$WORK/reference" >"$WORK/want"
            same "$name, pair $line" "$WORK/want" "$WORK/out"
            compared=$((compared + 1))
        fi
        line=$((line + every))
    done
    echo "$name: $compared pairs compared, $refusals refused"
done

finish test_tokenize
