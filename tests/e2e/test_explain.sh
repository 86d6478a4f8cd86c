#!/bin/sh
# latent explain: a line for each layer and word, concepts and polarity of the
# study, drops that `latent classify` confirms; JSON says the same.
. tests/e2e/lib.sh
base=model/demo/base.gguf tuned=model/demo/tuned.gguf
runs 0 "a study" "$LATENT" run --base $base --tuned $tuned \
    --data tests/data/demo.tsv --limit 150 --min 2 --k 20 --layers 0,3,6 \
    --min-types 2 --permutations 3 --bootstraps 3 -q --out "$WORK/study"
text='a dull film with charm'
runs 0 "explain" "$LATENT" explain $tuned --study "$WORK/study" "$text"
cp "$WORK/out" "$WORK/table"
cp "$WORK/err" "$WORK/talk"
check "three layers of five words" test "$(wc -l <"$WORK/table")" -eq 16
awk -F '\t' 'NR > 1 { print $1, $2, $3 }' "$WORK/table" >"$WORK/a"
for layer in 0 3 6; do
    place=0
    for word in $text; do
        echo "$layer $place $word"
        place=$((place + 1))
    done
done >"$WORK/b"
same "layers, positions, words" "$WORK/a" "$WORK/b"

# Concepts are those of the study: numbers, words, polarity.
for layer in 0 3 6; do
    "$LATENT" concepts "$WORK/study" --side tuned --layer $layer \
        >"$WORK/concepts"
    awk -F '\t' -v layer=$layer '
        NR == FNR {
            if (FNR == 1)
                for (i = 1; i <= NF; i++) at[$i] = i
            else {
                polarity[$at["concept"]] = $at["polarised"]
                first[$at["concept"]] = $at["words"]
            }
            next
        }
        FNR > 1 && $1 == layer {
            split($9, named, " ")
            split(first[$4], theirs, /[ ,]+/)
            if (!($4 in polarity) || polarity[$4] != $7 ||
                named[1] != theirs[1])
                print layer, $3, $4, polarity[$4], $7, named[1], theirs[1]
        }' "$WORK/concepts" "$WORK/table"
done >"$WORK/strange"
check "concepts of the study: $(head -n 1 "$WORK/strange")" \
    test ! -s "$WORK/strange"

# A word of the corpus is put where its vector was clustered, mostly.
awk -F '\t' 'NR > 1 && $3 != "" { print $NF }' "$WORK/study/sentences.tsv" |
    sed -n 5p >"$WORK/line"
runs 0 "a sentence of the corpus" "$LATENT" explain $tuned \
    --study "$WORK/study" "$(cat "$WORK/line")" --layers last -q
cp "$WORK/out" "$WORK/own"
awk -F '[|][|][|]' '$3 == 4 { print $4 "\t" $5 }' \
    "$WORK/study/tuned/layer-06/concepts.txt" >"$WORK/truth"
awk -F '\t' 'NR == FNR { concept[$1] = $2; next }
    FNR > 1 && $2 in concept { n++; right += concept[$2] == $4 }
    END { exit !(n >= 3 && right >= 0.8 * n) }' "$WORK/truth" "$WORK/own"
check "words are near those they were clustered with" test $? -eq 0

# drop: what classify says of the text without the word.
{
    echo "$text"
    echo "a film with charm"
} | "$LATENT" classify $tuned -q >"$WORK/classes"
awk -F '\t' 'NR == FNR {
        if (FNR == 2) { label = $1; p = $2 > $3 ? $2 : $3
            column = $2 > $3 ? 2 : 3 }
        if (FNR == 3) { drop = p - $column; now = $1 }
        next
    }
    FNR > 1 && $3 == "dull" {
        n++
        off = $10 - drop
        if (off > 1e-6 || off < -1e-6 || $11 != now) exit 1
    }
    END { exit n != 3 }' "$WORK/classes" "$WORK/table"
check "the drop without 'dull'" test $? -eq 0

runs 0 "JSON" "$LATENT" explain $tuned --study "$WORK/study" "$text" --json -q
cp "$WORK/out" "$WORK/json"
if command -v python3 >/dev/null; then
    runs 0 "JSON and table agree" python3 -c '
import csv, json, sys
told = json.load(open(sys.argv[1]))
rows = list(csv.DictReader(open(sys.argv[2]), delimiter="\t",
                           quoting=csv.QUOTE_NONE))
assert abs(sum(told["probabilities"]) - 1) < 1e-9 and told["lost"] == 0
for row in rows:
    word = told["words"][int(row["position"])]
    assert word["word"] == row["word"]
    assert word["drop"] == float(row["drop"])
    place = [p for p in word["layers"] if p["layer"] == int(row["layer"])][0]
    assert place["concept"] == int(row["concept"])
    assert place["distance"] == float(row["distance"])
    assert place["percentile"] == float(row["percentile"])
    assert (place["polarity"] or "") == row["polarity"]
    assert place["concept_words"] == row["concept_words"].split(" ")
most = max(told["words"], key=lambda w: w["drop"])
assert told["most"] == most["position"]
' "$WORK/json" "$WORK/table"
fi
for threads in 2 3; do
    runs 0 "$threads threads" "$LATENT" explain $tuned \
        --study "$WORK/study" "$text" --threads $threads -q
    same "$threads threads" "$WORK/table" "$WORK/out"
done
runs 0 "little memory" "$LATENT" explain $tuned --study "$WORK/study" \
    "$text" --memory 1M -q
same "little memory" "$WORK/table" "$WORK/out"

# Refused.
runs 2 "no study" "$LATENT" explain $tuned "$text"
says "explain needs --study"
runs 1 "a layer that is not in the study" "$LATENT" explain $tuned \
    --study "$WORK/study" "$text" --layers 2
says "2"
runs 1 "the base model" "$LATENT" explain $base --study "$WORK/study" "$text"
runs 1 "no study there" "$LATENT" explain $tuned --study "$WORK/none" "$text"
says "none"
finish test_explain
