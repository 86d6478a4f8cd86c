#!/bin/sh
# latent inspect: what can be used, and one clear line for what cannot.
. tests/e2e/lib.sh

runs 0 "inspect GGUF" "$LATENT" inspect model/demo/tuned.gguf
for fact in 'architecture: bert' 'head: sequence classification' 'labels: ' \
        'parameters: ' 'tensors: ' 'tokenizer: .*WordPiece' 'vocabulary: ' \
        'file: [0-9a-f]\{64\}  ' 'latent can use it'; do
    check "it tells $fact" grep -q "^$fact" "$WORK/out"
done
runs 0 "as JSON" "$LATENT" inspect --json model/demo/tuned.gguf
check "usable" grep -q '"usable": true' "$WORK/out"

# Every bad file: exit 1 and one line.  A few are bad only together with
# another one: label files with their text, merges with their pieces.
count=0 wrong=0
for file in $(find tests/fixtures -path '*/bad/*' -type f |
        grep -v -e '/align/bad/text-' -e '/tokenizer/bad/bpe/' | LC_ALL=C sort)
do
    "$LATENT" inspect "$file" >"$WORK/out" 2>"$WORK/err"
    status=$?
    count=$((count + 1))
    [ $status -eq 1 ] && [ "$(wc -l <"$WORK/err")" -eq 1 ] &&
        grep -qF "$(dirname "$file")/" "$WORK/err" && continue
    wrong=$((wrong + 1))
    echo "$file: exit $status: $(head -c 200 "$WORK/err")"
done
check "$wrong of $count bad files" test $wrong -eq 0
for folder in tests/fixtures/model/folders/bad/*/; do
    runs 1 "inspect $folder" "$LATENT" inspect "$folder"
    check "one line for $folder" test "$(wc -l <"$WORK/err")" -eq 1
done

if [ -z "$SHARED" ]; then
    skip "../shared is absent"
    finish test_inspect
fi
# Without a tokenizer: told as what it is, but of no use to a study.
for folder in "$SHARED"/fixtures/encoder/*/; do
    name=$(basename "$folder")
    runs 1 "inspect $name" "$LATENT" inspect "$folder"
    says "the folder holds no tokenizer"
    check "architecture of $name" \
        grep -q "^architecture: ${name%-*}\$" "$WORK/out"
    check "tensors of $name" grep -q '^tensors: [1-9]' "$WORK/out"
done
for folder in "$SHARED"/tokenizers/*/; do
    [ -f "$folder/bert-bge.inp" ] && continue
    runs 0 "inspect $(basename "$folder")" "$LATENT" inspect "$folder"
    check "its pipeline" grep -q '^pipeline: ' "$WORK/out"
done
for folder in "$SHARED"/models/*/; do
    [ -f "$folder/config.json" ] || continue
    runs 0 "inspect $(basename "$folder")" "$LATENT" inspect "$folder"
    check "usable" grep -q '^latent can use it$' "$WORK/out"
done

finish test_inspect
