#!/bin/sh
# Triggers through the program: sequences, copies, another model, sentences to
# train on; the same bytes for any threads and after an interruption; and what
# is said when there is nothing to do.
. tests/e2e/lib.sh

MODEL=model/demo/tuned.gguf
TAB=$(printf '\t')
head -n 25 tests/data/demo-eval.tsv >"$WORK/eval.tsv"
# The options of the search that all of it shares.
SEARCH="--insert prepend,append --candidates 2 --keep 1 --upper 3 --whole 2
    --length 2 --beam 1 --repeat 2"
study() { # FOLDER OPTIONS...
    folder=$1
    shift
    "$LATENT" run --quiet --base model/demo/base.gguf --tuned $MODEL \
        --data tests/data/demo.tsv --limit 80 --min 2 --k 6 --layers 5,6 \
        --trigger-layers all --permutations 5 --bootstraps 20 --cka 0 \
        --out "$folder" "$@"
}
search() { # FOLDER OPTIONS...
    folder=$1
    shift
    # shellcheck disable=SC2086 # SEARCH is words
    "$LATENT" triggers --study "$WORK/study" --model $MODEL \
        --eval "$WORK/eval.tsv" --layers all --bootstraps 20 $SEARCH \
        -o "$folder" "$@"
}
column() { # FILE NAME: its cells
    awk -F'\t' -v name="$2" 'NR == 1 { for (i = 1; i <= NF; i++)
        if ($i == name) at = i; next } { print $at }' "$1"
}

# shellcheck disable=SC2086
check "a study" study "$WORK/study" --eval "$WORK/eval.tsv" $SEARCH \
    --augment "$WORK/augment.tsv" --transfer $MODEL
T=$WORK/study/triggers
check "sequences of two" test "$(column "$T/triggers.tsv" length | sort -u |
    tr '\n' ' ')" = "1 2 "
check "no cache is left" test ! -e "$T/trials.cache"
grep -q '"role": "transfer"' "$WORK/study/plan.json" && pass ||
    fail "the other model is not among the inputs"

# concept_ahead is the difference of two means of the same table.
awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    { key = $at["class"] " " $at["insertion"] " " $at["layer"] " " $at["length"]
      if ($at["source"] == "concept") mean[key] = $at["mean_rate"]
      else if ($at["concept_ahead"] != "") {
          apart = mean[key] - $at["mean_rate"] - $at["concept_ahead"]
          if (apart > 1e-9 || apart < -1e-9) print
          told++ } }
    END { if (told < 8) print told " lines" }' "$T/summary.tsv" >"$WORK/apart"
check "concept_ahead" test ! -s "$WORK/apart"

# Carried to the model that they come from, triggers do the same again.
column "$T/triggers.tsv" flip_rate >"$WORK/rates"
column "$T/transfer.tsv" flip_rate >"$WORK/again"
same "transfer to the same model" "$WORK/rates" "$WORK/again"

# Sentences to train on: the model is wrong about every one.  Sentences that
# were flipped: the model says what the table says.
sort "$WORK/augment.tsv" | uniq -d >"$WORK/twice"
check "something to train on" test "$(wc -l <"$WORK/augment.tsv")" -gt 1
check "each once" test ! -s "$WORK/twice"
"$LATENT" classify $MODEL "$WORK/augment.tsv" --quiet >"$WORK/classes"
column "$WORK/augment.tsv" label >"$WORK/true"
column "$WORK/classes" label >"$WORK/said"
check "no sentence to train on is predicted right" test "$(paste \
    "$WORK/true" "$WORK/said" | awk '$1 == $2' | wc -l)" -eq 0
{ echo sentence; column "$T/flips.tsv" perturbed; } >"$WORK/flipped"
column "$T/flips.tsv" after >"$WORK/true"
check "something flipped" test -s "$WORK/true"
"$LATENT" classify $MODEL "$WORK/flipped" --quiet >"$WORK/classes"
column "$WORK/classes" label >"$WORK/said"
same "flipped as the table says" "$WORK/true" "$WORK/said"

# `triggers` finds what `run` found; threads change nothing.
for threads in 1 2 3 7; do
    check "$threads threads" search "$WORK/found$threads" --quiet \
        --threads $threads
    for file in triggers.tsv summary.tsv concepts.tsv flips.tsv flips.csv; do
        same "$file, $threads threads" "$T/$file" \
            "$WORK/found$threads/$file"
    done
    same "all of it, $threads threads" "$WORK/found1" "$WORK/found$threads"
done

# Interrupted while it searches, later if nothing had been asked by then, and
# given again.
for later in 0.3 1 3 10; do
    # shellcheck disable=SC2086
    "$LATENT" triggers --study "$WORK/study" --model $MODEL \
        --eval "$WORK/eval.tsv" --layers all --bootstraps 20 $SEARCH \
        -o "$WORK/stopped" --threads 1 2>"$WORK/talk" &
    child=$!
    tries=0
    until grep -q "at most" "$WORK/talk" 2>/dev/null || [ $tries -gt 600 ]; do
        sleep 0.05
        tries=$((tries + 1))
    done
    sleep $later
    kill -TERM $child 2>/dev/null
    wait $child && later=done
    [ $later = done ] || [ -s "$WORK/stopped/trials.cache" ] && break
done
if [ $later = done ]; then
    skip "the search was done before it was interrupted"
else
    check "what was asked is kept" test -s "$WORK/stopped/trials.cache"
    runs 0 "given again" search "$WORK/stopped"
    says "some from an interrupted search"
fi
check "the cache is gone" test ! -e "$WORK/stopped/trials.cache"
same "after an interruption" "$WORK/found1" "$WORK/stopped"

# ---- Nothing to do, said plainly ------------------------------------------

lines() { wc -l <"$1"; }
# No polarised concept: none has that many words.
check "no polarised concept" study "$WORK/none" --eval "$WORK/eval.tsv" \
    --min-types 5000
runs 0 "a search without any" "$LATENT" triggers --study "$WORK/none" \
    --model $MODEL --eval "$WORK/eval.tsv" -o "$WORK/empty"
says "no concept of these layers is polarised"
check "an empty table" test "$(lines "$WORK/empty/triggers.tsv")" -eq 1

# No eligible sentence: every class is the other one.
awk -F'\t' -v OFS='\t' 'NR > 1 {
    $1 = $1 == "positive" ? "negative" : "positive" } { print }' \
    "$WORK/eval.tsv" >"$WORK/swapped.tsv"
"$LATENT" classify $MODEL "$WORK/swapped.tsv" --quiet |
    column /dev/stdin label >"$WORK/said"
{ echo "label${TAB}sentence"; sed 1d "$WORK/swapped.tsv" |
    paste "$WORK/said" - | awk -F'\t' -v OFS='\t' '$1 != $2 {
        print $2, $3 }'; } >"$WORK/wrong.tsv"
runs 0 "no eligible sentence" "$LATENT" triggers --study "$WORK/study" \
    --model $MODEL --eval "$WORK/wrong.tsv" -o "$WORK/empty"
says "no sentence is eligible"
runs 0 "no eligible sentence, given words" "$LATENT" triggers \
    --model $MODEL --eval "$WORK/wrong.tsv" --words good
says "no sentence is eligible"

# A trigger longer than the limit; a sentence that is cut.
long=$(awk 'BEGIN { for (i = 0; i < 600; i++) printf "the " }' | sed 's/ $//')
runs 0 "one trigger is too long" "$LATENT" triggers --model $MODEL \
    --eval "$WORK/eval.tsv" --words "good,$long"
says "longer than the model's limit"
check "the other is scored" test "$(lines "$WORK/out")" -eq 5
runs 1 "the only trigger is too long" "$LATENT" triggers --model $MODEL \
    --eval "$WORK/eval.tsv" --words "$long"
says "no trigger fits"
{ cat "$WORK/eval.tsv"; echo "negative${TAB}dull , dull , dull $long"; } \
    >"$WORK/long.tsv"
runs 0 "a sentence that is cut" "$LATENT" triggers --model $MODEL \
    --eval "$WORK/long.tsv" --words good
says "cut at the model's limit"
check "column cut" test "$(column "$WORK/out" cut | sort -n | tail -n 1)" = 1

# What cannot be done at all.
sed 's/^[a-z]*//' "$WORK/eval.tsv" | sed 1s/^/label/ >"$WORK/bare.tsv"
runs 1 "no class" "$LATENT" triggers --model $MODEL --words good \
    --eval "$WORK/bare.tsv"
says "bare.tsv: no evaluation sentence has a class"
cut -f 2 "$WORK/eval.tsv" >"$WORK/plain.tsv"
for file in bare plain; do
    for verb in run plan; do
        # Refused before anything is computed or written.
        runs 1 "$verb with sentences without classes" "$LATENT" $verb \
            --base model/demo/base.gguf --tuned $MODEL --min 2 --k 4 -q \
            --data tests/data/demo.tsv --eval "$WORK/$file.tsv" \
            --out "$WORK/never"
        says "$file.tsv: no evaluation sentence has a class"
        check "nothing is written" test ! -e "$WORK/never"
    done
done
runs 1 "no query" search "$WORK/empty" --max-queries 1
says "more than the 1 allowed"
# Where the flip rates come from: model, sentences, study.
for file in $MODEL "$WORK/eval.tsv" "$WORK/study/manifest.json"; do
    check "hash of $file" grep -q \
        "\"sha256\": \"$(sha256sum <"$file" | cut -c 1-64)\"" \
        "$WORK/found1/triggers.json"
done
for what in '"role": "model"' '"role": "eval"' '"role": "study"' \
    '"version"' '"seed": 1'; do
    check "triggers.json has $what" grep -q "$what" "$WORK/found1/triggers.json"
done
check "threads are not in it" sh -c \
    "! grep -q thread '$WORK/found1/triggers.json'"
runs 2 "another model for given words" "$LATENT" triggers --model $MODEL \
    --eval "$WORK/eval.tsv" --words good --transfer $MODEL
says "belongs to the search"
# Refused before anything is computed.
for bad in "--length 9" "--insert after-first" "--keep 0"; do
    # shellcheck disable=SC2086
    runs 2 "run $bad" study "$WORK/never" --eval "$WORK/eval.tsv" $bad
done
runs 1 "a layer that is not there" "$LATENT" run --quiet \
    --base model/demo/base.gguf --tuned $MODEL --data tests/data/demo.tsv \
    --layers 5 --trigger-layers 4 --out "$WORK/never"
says "has no layer 4"
runs 1 "a base model as the other" study "$WORK/never" \
    --eval "$WORK/eval.tsv" --transfer model/demo/base.gguf
check "no folder was made" test ! -d "$WORK/never/tuned"
finish test_triggers
