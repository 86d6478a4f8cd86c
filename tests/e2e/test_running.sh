#!/bin/sh
# How the program runs: dry run, standard streams, --quiet, what is not
# finite, models that do not belong together.
. tests/e2e/lib.sh
base=model/demo/base.gguf tuned=model/demo/tuned.gguf
STUDY="--base $base --tuned $tuned --data tests/data/demo.tsv --limit 100
    --k 10 --layers 0,6"

# ---- Dry run ----
# STUDY is a list of words
runs 0 "dry run" "$LATENT" run $STUDY --dry-run -q --out "$WORK/none"
check "makes no folder" test ! -e "$WORK/none"
for what in sentences words words_kept types_kept layers bytes_least \
    bytes_disk seconds_forward seconds_clustering seconds_overlap \
    seconds_labels seconds_triggers seconds; do
    check "tells $what" grep -qE "^$what	[0-9]+$" "$WORK/out"
done
least=$(sed -n 's/^bytes_least	//p' "$WORK/out")
runs 3 "less memory than that" "$LATENT" run $STUDY -q \
    --memory $((least / 4)) --out "$WORK/none"

# ---- Streams ----
runs 0 "from a file" "$LATENT" classify $tuned tests/data/demo.tsv --limit 9
cp "$WORK/out" "$WORK/file"
check "talk goes to standard error" grep -q accuracy "$WORK/err"
runs 0 "from standard input" sh -c '"$1" classify "$2" --limit 9 \
    <tests/data/demo.tsv' - "$LATENT" $tuned
same "is the same" "$WORK/file" "$WORK/out"
runs 0 "quiet, to a file" "$LATENT" classify $tuned tests/data/demo.tsv \
    --limit 9 -q -o "$WORK/to"
same "-o holds what standard output does" "$WORK/file" "$WORK/to"
check "nothing on standard output" test ! -s "$WORK/out"
runs 0 "plain lines, CRLF, a byte order mark" sh -c \
    'printf "\357\273\277a gripping film\r\n\r\ndull\r\n" |
        "$1" classify "$2" -q' - "$LATENT" $tuned
check "three lines and a heading" test "$(wc -l <"$WORK/out")" -eq 4

# ---- What is not finite ----
{
    printf '\223NUMPY\001\000\166\000'
    printf '%-117s\n' \
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }"
    printf '\000\000\200\077\000\000\300\177'
} >"$WORK/nan.npy"
runs 1 "a point that is not a number" "$LATENT" cluster "$WORK/nan.npy" \
    --linkage "$WORK/Z.npy" --k 1 -q
says "point 1"
check "no linkage is left" test ! -e "$WORK/Z.npy"

# ---- Models that do not belong together ----
if [ -n "$SHARED" ]; then
    runs 1 "another vocabulary" "$LATENT" run -q --base $base \
        --tuned "$SHARED/models/minilm-sst2" --data tests/data/demo.tsv \
        --out "$WORK/none"
    says "vocabulary size 8192"
    check "is refused before anything is written" test ! -e "$WORK/none"
else
    skip "../shared is absent: no second vocabulary"
fi
finish test_running
