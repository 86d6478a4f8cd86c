#!/bin/sh
# Reading studies: concepts, diff, align STUDY agree with the study's own
# tables, and refuse what is not there.
. tests/e2e/lib.sh

MODELS="--base model/demo/base.gguf --tuned model/demo/tuned.gguf"
study() { # NAME OPTION...
    name=$1; shift
    # MODELS is a list of words
    runs 0 "study $name" "$LATENT" run $MODELS --data tests/data/demo.tsv \
        --limit 150 --layers 0,6 --permutations 20 -q \
        --out "$WORK/$name" "$@"
}
study a --k 20
study b --k 12

# Column NAME of the table on standard input, without its heading.
column() {
    awk -F '\t' -v name="$1" 'NR == 1 {
        for (i = 1; i <= NF; i++) if ($i == name) at = i
        next
    } { print $at }'
}

runs 0 "all concepts" "$LATENT" concepts "$WORK/a"
cp "$WORK/out" "$WORK/all"
check "20 concepts, 2 layers, 2 sides" test "$(wc -l <"$WORK/all")" -eq 81
# Every occurrence is in one concept of each layer and side.
total=$(column occurrences <"$WORK/all" | awk '{n += $1} END {print n / 4}')
check "sizes add up" test "$total" -eq "$(($(wc -l <"$WORK/a/words.tsv") - 1))"

runs 0 "a layer and side" "$LATENT" concepts "$WORK/a" --side tuned --layer 6
check "20 of them" test "$(wc -l <"$WORK/out")" -eq 21
column polarised <"$WORK/out" | grep -c . >"$WORK/n"
runs 0 "polarised" "$LATENT" concepts "$WORK/a" --side tuned --layer 6 \
    --polarity any
check "as many as the column says" \
    test "$(($(wc -l <"$WORK/out") - 1))" -eq "$(cat "$WORK/n")"
awk -F '\t' '$1 == "tuned" && $2 == 6 && $3 == "gold" && $15 == 1' \
    "$WORK/a/polarity/concepts.tsv" | wc -l >"$WORK/m"
check "and as polarity/concepts.tsv says" \
    test "$(cat "$WORK/n")" -eq "$(cat "$WORK/m")"

runs 0 "a word" "$LATENT" concepts "$WORK/a" --word the --layer 0 --side base
column concept <"$WORK/out" | sort >"$WORK/found"
awk -F '[|][|][|]' '$1 == "the" {print $5}' \
    "$WORK/a/base/layer-00/concepts.txt" | sort -u >"$WORK/want"
same "concepts with 'the'" "$WORK/want" "$WORK/found"

runs 0 "a label" "$LATENT" concepts "$WORK/a" --label casing=lower --side base
awk -F '\t' '$1 == "base" && $3 == "casing" && $8 == 1 && $9 == "lower" {
    print $2 "/" $5 }' "$WORK/a/align/human-concepts.tsv" | sort -u >"$WORK/want"
awk -F '\t' 'NR > 1 {print $2 "/" $3}' "$WORK/out" | sort >"$WORK/found"
check "some are found" test -s "$WORK/want"
same "concepts aligned with lower" "$WORK/want" "$WORK/found"
runs 0 "a size" "$LATENT" concepts "$WORK/a" --min-size 40
column occurrences <"$WORK/out" | awk '$1 < 40' >"$WORK/small"
check "none is smaller" test ! -s "$WORK/small"
runs 0 "sizes" "$LATENT" concepts "$WORK/a" --min-size 20 --max-size 40
column occurrences <"$WORK/out" | sort -n >"$WORK/found"
column occurrences <"$WORK/all" | awk '$1 >= 20 && $1 <= 40' | sort -n \
    >"$WORK/want"
check "there are some" test -s "$WORK/want"
same "sizes from 20 to 40" "$WORK/want" "$WORK/found"
runs 0 "polarised to none" "$LATENT" concepts "$WORK/a" --polarity none
check "they are the others" test "$(column polarised <"$WORK/out" | wc -l)" \
    -eq "$(column polarised <"$WORK/all" | grep -cv .)"
runs 0 "filters together" "$LATENT" concepts "$WORK/a" --side base \
    --layer 0 --word the --polarity none --min-size 2 --label casing=lower
check "fit all of them" test "$(column class <"$WORK/out" | wc -l)" -le 1
runs 0 "no such word" "$LATENT" concepts "$WORK/a" --word zzz
says "no concept fits"
check "the heading alone" test "$(wc -l <"$WORK/out")" -eq 1
# Labels are about the study's own concepts.
runs 2 "labels of another K" "$LATENT" concepts "$WORK/a" --k 5 --label lower
says "cannot be used with another --k"
runs 0 "one concept of another K" "$LATENT" concepts "$WORK/a" --k 5 \
    --show tuned/6/0
check "has no label" sh -c "! grep -q '^label	' '$WORK/out'"

runs 0 "one concept" "$LATENT" concepts "$WORK/a" --show tuned/6/0 \
    --sentences 5
cp "$WORK/out" "$WORK/show"
for part in concept class match sibling label word sentence; do
    check "it has a $part" grep -q "^$part	" "$WORK/show"
done
check "5 sentences" test "$(grep -c '^sentence	' "$WORK/show")" -eq 5
words=$(awk -F '\t' '$1 == "word" {n += $3} END {print n}' "$WORK/show")
size=$(awk -F '\t' '$2 == "occurrences" {print $3}' "$WORK/show")
check "words add up to its size" test "$words" -eq "$size"
if command -v python3 >/dev/null; then
    for form in "concepts $WORK/a" "concepts $WORK/a --show base/6/1" \
        "diff $WORK/a $WORK/b" "align $WORK/a --json"; do
        # form is a list of words
        "$LATENT" ${form%% *} ${form#* } --json -q >"$WORK/json"
        check "$form: JSON with sorted keys" python3 -c '
import json, sys
def look(pairs):
    keys = [k for k, v in pairs]
    assert keys == sorted(keys), keys
    return dict(pairs)
json.load(open(sys.argv[1]), object_pairs_hook=look)' "$WORK/json"
    done
else
    skip "python3 is absent: the JSON is not parsed"
fi

runs 0 "align" "$LATENT" align "$WORK/a" --permutations 20 --bootstraps 100 -q
cut -f 1-30 "$WORK/out" >"$WORK/pairs" # the last column is CKA's
cut -f 1-30 "$WORK/a/align/overlap-types.tsv" >"$WORK/want"
same "align gives the study's own table" "$WORK/want" "$WORK/pairs"

runs 0 "a study with itself" "$LATENT" diff "$WORK/a" "$WORK/a"
check "differs in nothing" test "$(wc -l <"$WORK/out")" -eq 1
# A study older than some options did what their defaults are.
cp -r "$WORK/a" "$WORK/old"
sed '/"compat"/d; /"strip_bio"/d; /"max_unknown"/d; /"column"/d' \
    "$WORK/a/plan.json" >"$WORK/old/plan.json"
for pair in "a old" "old a"; do
    runs 0 "$pair" "$LATENT" diff "$WORK/${pair% *}" "$WORK/${pair#* }"
    check "$pair differ in nothing" test "$(wc -l <"$WORK/out")" -eq 1
done
runs 0 "two studies" "$LATENT" diff "$WORK/a" "$WORK/b"
check "k differs" grep -qx "option			k	20	12" "$WORK/out"
check "concepts differ" grep -qx "concepts	tuned	6	concepts	20	12" "$WORK/out"

runs 1 "no such concept" "$LATENT" concepts "$WORK/a" --show tuned/6/20
says "no concept tuned/6/20; those of the layer are 0 to 19"
runs 1 "one concept of no layer" "$LATENT" concepts "$WORK/a" --show base/3/0
says "none of the layers '3'; it has 0, 6"
runs 2 "no such form" "$LATENT" concepts "$WORK/a" --show tuned
says "expected SIDE/LAYER/N"
runs 1 "no such layer" "$LATENT" concepts "$WORK/a" --layer 3
says "none of the layers"
runs 2 "no such class" "$LATENT" concepts "$WORK/a" --polarity nice
says "no class of the study; expected negative, positive, any or none"
runs 2 "no such side" "$LATENT" concepts "$WORK/a" --side left
says "expected base or tuned"
runs 1 "no study" "$LATENT" diff "$WORK/a" "$WORK"
says "no study"
finish test_reading
