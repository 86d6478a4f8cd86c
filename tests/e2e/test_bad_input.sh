#!/bin/sh
# What is wrong, where, and what was expected; the right exit code; nothing
# half written.
. tests/e2e/lib.sh

base=model/demo/base.gguf tuned=model/demo/tuned.gguf
printf 'label\tsentence\n1\tgood film\n' >"$WORK/ok.tsv"

# refused STATUS TEXT COMMAND...: status, message, one line, no output folder.
refused() {
    want=$1 text=$2; shift 2
    rm -rf "$WORK/study"
    runs "$want" "$text" "$@"
    says "$text"
    check "one line for: $text" test "$(wc -l <"$WORK/err")" -eq 1
    check "nothing written: $text" test ! -e "$WORK/study/manifest.json"
}
run() { # DATA [OPTIONS]
    data=$1; shift
    "$LATENT" run --quiet --base $base --tuned $tuned --data "$data" \
        --out "$WORK/study" --min 1 --k 1 "$@"
}

refused 1 "nowhere.tsv" run "$WORK/nowhere.tsv"
printf 'a\tb\n1\t2\n' >"$WORK/columns.tsv"
refused 1 "no column 'sentence', 'text' or 'content'" run "$WORK/columns.tsv"
refused 1 "no column story" run "$WORK/ok.tsv" --text-column story
printf 'label\tsentence\n1\tgood film\n7\tbad film\n' >"$WORK/label.tsv"
refused 1 "label.tsv:3: label '7'" run "$WORK/label.tsv"
printf 'label\tsentence\n1\tgood \377film\n' >"$WORK/utf8.tsv"
refused 1 "utf8.tsv:2" run "$WORK/utf8.tsv"
printf 'label\tsentence\n1\tgood \000film\n' >"$WORK/nul.tsv"
refused 1 "nul.tsv:2" run "$WORK/nul.tsv"
: >"$WORK/empty.tsv"
refused 1 "empty.tsv" run "$WORK/empty.tsv"
printf 'label\tsentence\n' >"$WORK/header.tsv"
refused 1 "no sentence" run "$WORK/header.tsv"
printf 'label\tsentence\n1\tgood\tfilm\n' >"$WORK/cells.tsv"
refused 1 "cells.tsv:2" run "$WORK/cells.tsv"
refused 1 "too few for --k 50" run "$WORK/ok.tsv" --k 50
refused 2 "--k is 'x', expected a whole number" run "$WORK/ok.tsv" --k x
refused 2 "--polarity is 'blue'" run "$WORK/ok.tsv" --polarity blue
refused 1 "" run "$WORK/ok.tsv" --layers 3-99
refused 3 "" run "$WORK/ok.tsv" --memory 1M
refused 2 "run needs --tuned" "$LATENT" run --base $base --data x --out y
refused 1 "not.gguf" "$LATENT" classify "$WORK/not.gguf" "$WORK/ok.tsv"

mkdir "$WORK/folder"
refused 1 "config.json" "$LATENT" classify "$WORK/folder" "$WORK/ok.tsv"
cp "$(ls tests/fixtures/model/safetensors/good/*.safetensors | head -n 1)" \
    "$WORK/folder/model.safetensors"
refused 1 "config.json" "$LATENT" classify "$WORK/folder" "$WORK/ok.tsv"
printf '{"model_type": "bert",' >"$WORK/folder/config.json"
refused 1 "config.json" "$LATENT" classify "$WORK/folder" "$WORK/ok.tsv"
printf '{"model_type": "gpt2"}' >"$WORK/folder/config.json"
refused 1 "gpt2" "$LATENT" classify "$WORK/folder" "$WORK/ok.tsv"

# A stranger's folder may hold a link to what has no end.
ln -sf /dev/zero "$WORK/folder/config.json"
refused 1 "config.json: is a device, expected a file" \
    "$LATENT" classify "$WORK/folder" "$WORK/ok.tsv"
refused 1 "/dev/zero: is a device" "$LATENT" tokenize $base /dev/zero
closed() { "$@" <&-; } # what is opened next has the number of standard input
refused 1 "/dev/zero: is a device" closed "$LATENT" tokenize $base /dev/zero
refused 2 "empty name, expected a file" "$LATENT" classify "" "$WORK/ok.tsv"

# Every sixteenth of a GGUF file, cut off there.
size=$(wc -c <$base)
for part in 0 1 2 4 8 12 15; do
    head -c $((size * part / 16)) $base >"$WORK/cut.gguf"
    refused 1 "cut.gguf" "$LATENT" inspect "$WORK/cut.gguf"
done

# Output that cannot be written.
if [ "$(id -u)" -ne 0 ]; then
    mkdir "$WORK/closed" && chmod 555 "$WORK/closed"
    runs 3 "folder not writable" "$LATENT" run --quiet --base $base \
        --tuned $tuned --data "$WORK/ok.tsv" --min 1 --k 1 \
        --out "$WORK/closed/study"
fi
mkdir "$WORK/full" && touch "$WORK/full/mine"
refused 2 "not empty and holds no study" "$LATENT" run --quiet --base $base \
    --tuned $tuned --data "$WORK/ok.tsv" --min 1 --k 1 --out "$WORK/full"
if [ -e /dev/full ]; then
    printf 'good film\n' >"$WORK/line"
    for words in "classify $tuned $WORK/line" selftest \
        "run --help" --help --version; do
        # shellcheck disable=SC2086
        "$LATENT" $words >/dev/full 2>"$WORK/err"
        check "full disk: $words" test $? -eq 3
        says "standard output: cannot write"
    done
fi
finish test_bad_input
