#!/bin/sh
# Every architecture through the whole program: the random models of the
# reference folder, with tiny tokenizers beside them.
. tests/e2e/lib.sh

if [ -z "$SHARED" ]; then
    skip "../shared is absent"
    finish test_family
fi
models=$SHARED/fixtures/encoder
tokenizers=tests/fixtures/tokenizer/good

# wordpiece DIR: a vocab.txt of the size that config.json says: five special
# tokens, then w5 ##x6 w7 ##x8 ...; with MPNet's names where it is one.
wordpiece() {
    size=$(sed -n 's/.*"vocab_size": \([0-9]*\).*/\1/p' "$1/config.json")
    case $(basename "$1") in
    mpnet*) printf '<s>\n<pad>\n</s>\n[UNK]\n<mask>\n' ;;
    *) printf '[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n' ;;
    esac >"$1/vocab.txt"
    awk -v n="$size" 'BEGIN { for (i = 5; i < n; i++)
        print (i % 2 ? "w" : "##x") i }' >>"$1/vocab.txt"
}

# model NAME: a copy in $WORK/NAME with the tokenizer of its family.
model() {
    mkdir -p "$WORK/$1"
    cp "$models/$1/config.json" "$models/$1/model.safetensors" "$WORK/$1"
    case $1 in
    roberta*) cp $tokenizers/roberta/* "$WORK/$1" ;;
    xlm*) cp $tokenizers/xlm/*.model "$WORK/$1" ;;
    camembert*) cp $tokenizers/camembert/*.model "$WORK/$1" ;;
    albert*) cp $tokenizers/albert/*.model "$WORK/$1" ;;
    *) wordpiece "$WORK/$1" ;;
    esac
    chmod -R u+w "$WORK/$1"
}

# ---- A study of each architecture ----------------------------------------
# The base is the tuned model in 8 bits, out of a GGUF file.
awk 'BEGIN {
    print "label\tsentence"
    for (i = 0; i < 16; i++)
        printf "label %s\tthe film w%d the w%d films of the w%dx10 goodness" \
            "\n", i % 2 ? "a" : "b", 5 + i % 4 * 2, 7 + i % 3 * 2, 9 + i % 2
}' >"$WORK/data.tsv"
awk 'BEGIN {
    print "label\tsentence"
    for (i = 0; i < 8; i++)
        printf "label %s\tw%d w%d the w21\n", i % 2 ? "a" : "b", 5 + i, 9 + i
}' >"$WORK/eval.tsv"
for name in bert-1 distilbert-1 roberta-1 camembert-1 xlm-roberta-1 \
        albert-1 electra-1 mpnet-1; do
    model $name
    runs 0 "convert $name" "$LATENT" convert "$WORK/$name" --dtype q8_0 \
        -o "$WORK/base.gguf"
    runs 0 "run $name" "$LATENT" run --base "$WORK/base.gguf" \
        --tuned "$WORK/$name" --data "$WORK/data.tsv" \
        --eval "$WORK/eval.tsv" --min 2 --k 4 --min-types 2 \
        --permutations 3 --bootstraps 3 --out "$WORK/study"
    runs 0 "verify $name" "$LATENT" verify "$WORK/study"
    check "report of $name" grep -q "</html>" "$WORK/study/report.html"
    rm -rf "$WORK/study"
    # The same text in folder and file.
    cut -f 2 "$WORK/data.tsv" >"$WORK/lines.txt"
    runs 0 "convert $name to f32" "$LATENT" convert "$WORK/$name" \
        -o "$WORK/base.gguf" --check
    check "$name moved by f32" \
        awk 'NR > 1 && ($2 != 0 || $3 != 0) { exit 1 }' "$WORK/out"
    "$LATENT" classify -q "$WORK/$name" "$WORK/lines.txt" >"$WORK/a" 2>&1
    "$LATENT" classify -q "$WORK/base.gguf" "$WORK/lines.txt" >"$WORK/b" 2>&1
    same "classify of $name and its GGUF file" "$WORK/a" "$WORK/b"
done

# ---- Conversion keeps every bit ------------------------------------------
# Ids of 1 to 40 tokens, padding and mask among them, for every model.
number() { # KEY FILE
    sed -n "s/.*\"$1\": \([0-9]*\).*/\1/p" "$2" | head -n 1
}
for folder in "$models"/*/; do
    name=$(basename "$folder")
    longest=$("$LATENT" inspect "$folder" 2>"$WORK/err" |
        sed -n 's/^max_tokens: //p')
    awk -v n="$(number vocab_size "$folder/config.json")" \
        -v types="$(number type_vocab_size "$folder/config.json")" \
        -v most="${longest:-1}" 'BEGIN {
        for (l = 1; l <= 40 && l <= most; l = l < 8 ? l + 1 : l + 8) {
            ids = kinds = ""
            for (i = 0; i < l; i++) {
                x = (x * 75 + 74) % 65537
                ids = ids (i ? "," : "") x % n
                kinds = kinds (i ? "," : "") (i * 2 > l ? 1 : 0)
            }
            printf "{\"input_ids\":[%s]%s}\n", ids,
                (types > 1 ? ",\"token_type_ids\":[" kinds "]" : "")
        } }' >"$WORK/ids.jsonl"
    runs 0 "extract of $name" "$LATENT" extract "$folder" \
        --ids "$WORK/ids.jsonl" -o "$WORK/a.npy"
    runs 0 "convert $name" "$LATENT" convert "$folder" -o "$WORK/m.gguf"
    runs 0 "extract of the GGUF file of $name" "$LATENT" extract \
        "$WORK/m.gguf" --ids "$WORK/ids.jsonl" -o "$WORK/b.npy"
    check "hidden states of $name" cmp "$WORK/a.npy" "$WORK/b.npy"
done

# ---- Words and masks -----------------------------------------------------
# Labels and probabilities by PyTorch 2.13 in float32.
model electra-2
printf '%s\n' "w7 w9 w11 w11x12x14 w15 w17 w19 w21 w23 w25 w27 w29 w31 w33" \
    >"$WORK/lines.txt"
runs 0 "tags" "$LATENT" classify "$WORK/electra-2" "$WORK/lines.txt"
cut -f 2 "$WORK/out" | sed 's/label //' | tr -d '\n' >"$WORK/tags"
check "tags: $(cat "$WORK/tags")" test "$(cat "$WORK/tags")" = cacbccaccbcaaa
# Longer than the model's 40 tokens: in pieces of 38 words.
awk 'BEGIN { for (i = 0; i < 100; i++) printf "w%d ", 7 + 2 * (i * i % 40)
    print "" }' >"$WORK/lines.txt"
runs 0 "tags of a long line" "$LATENT" classify "$WORK/electra-2" \
    "$WORK/lines.txt"
cut -f 2 "$WORK/out" | sed 's/label //' | tr -d '\n' >"$WORK/tags"
want=caaacbcccccaccaaaccaaaaaaaacccaaccacacbaaacccabcca
want=${want}caccaaccaaaaacacaccaacccabbabacbccbccbcaaacccaacaa
check "long tags: $(cat "$WORK/tags")" test "$(cat "$WORK/tags")" = $want
printf 'w7 w9x10\n' >"$WORK/lines.txt"
runs 0 "tags as JSON" "$LATENT" classify "$WORK/electra-2" --json \
    "$WORK/lines.txt"
check "JSON: $(cat "$WORK/out")" test "$(cat "$WORK/out")" = \
    '{"labels":["label c","label a"],"words":["w7","w9x10"]}'
model bert-3
printf 'w7 [MASK] w11 [MASK]\nw7\n' >"$WORK/lines.txt"
runs 0 "masks" "$LATENT" classify "$WORK/bert-3" --top 2 "$WORK/lines.txt"
awk -F '\t' -v OFS='\t' 'NR > 1 { $5 = sprintf("%.4f", $5) } { print }' \
    "$WORK/out" >"$WORK/a"
cat >"$WORK/b" <<END
line	mask	rank	piece	probability
1	2	1	##x66	0.4555
1	2	2	w33	0.4066
1	4	1	##x66	0.9843
1	4	2	w33	0.0105
END
same "masks" "$WORK/a" "$WORK/b"
runs 0 "masks as JSON" "$LATENT" classify "$WORK/bert-3" --top 1 --json \
    "$WORK/lines.txt"
check "a line without mask" grep -qx '{"masks":\[\]}' "$WORK/out"
runs 2 "--top 0" "$LATENT" classify "$WORK/bert-3" --top 0 "$WORK/lines.txt"
runs 1 "no head" "$LATENT" classify "$models/bert-4" "$WORK/lines.txt"

# ---- A model as the labeller ---------------------------------------------
printf 'w7 w9x10 w11\nw15 w17\n' >"$WORK/text.in"
printf '%s\n' 'w7|||1|||0|||0|||0' 'w9x10|||1|||0|||1|||1' \
    'w11|||1|||0|||2|||0' 'w15|||1|||1|||0|||1' >"$WORK/concepts.txt"
runs 0 "label by a tagger" "$LATENT" label --concepts "$WORK/concepts.txt" \
    --text "$WORK/text.in" --tagger tags="$WORK/electra-2" --permutations 3
check "its family" grep -q '"family": "tags"' "$WORK/out"
runs 1 "a tagger without token head" "$LATENT" label \
    --concepts "$WORK/concepts.txt" --text "$WORK/text.in" \
    --tagger "$WORK/bert-3"
says "no token classification head"
model electra-1
runs 0 "run with a tagger" "$LATENT" run --base "$WORK/electra-1" \
    --tuned "$WORK/electra-1" --data "$WORK/data.tsv" --min 2 --k 4 \
    --min-types 2 --permutations 3 --bootstraps 3 \
    --tagger tags="$WORK/electra-2" --out "$WORK/study"
check "its rows" grep -q "	tags	" "$WORK/study/align/human.tsv"
check "its hash" grep -q '"tagger"' "$WORK/study/plan.json"
runs 1 "run with a tagger without token head" "$LATENT" run \
    --base "$WORK/electra-1" --tuned "$WORK/electra-1" \
    --data "$WORK/data.tsv" --min 2 --k 4 --tagger "$WORK/bert-3" \
    --out "$WORK/other"
says "no token classification head"

finish test_family
