#!/bin/sh
# Methods of clustering in `cluster` and `run`, cuts of a tree that is there,
# --memory and --spill: the same bytes, or a refusal that says what is needed.
. tests/e2e/lib.sh
base=model/demo/base.gguf tuned=model/demo/tuned.gguf

# points SHAPE BYTES: an npy file of float32 on standard output; BYTES is
# printf's, four to a number.
points() {
    printf '\223NUMPY\001\000\166\000'
    printf '%-117s\n' \
        "{'descr': '<f4', 'fortran_order': False, 'shape': $1, }"
    printf "$2"
}
zero='\000\000\000\000' one='\000\000\200\077' nine='\000\000\020\101'

# ---- What cannot be clustered ----
points '(0, 2)' '' >"$WORK/0.npy"
points '(1, 2)' "$zero$one" >"$WORK/1.npy"
points '(2, 2)' "$zero$one$nine$one" >"$WORK/2.npy"
points '(2, 0)' '' >"$WORK/empty.npy"
points '(2, 1)' "$one\000\000\300\177" >"$WORK/nan.npy"
points '(2, 1)' "$one\000\000\200\377" >"$WORK/inf.npy"
for method in ward kmeans leaders; do
    attempt() { # STATUS FILE K TEXT
        runs "$1" "$method of $2.npy, K = $3" "$LATENT" cluster \
            "$WORK/$2.npy" --method $method --tau 1 --k "$3" \
            --labels "$WORK/l.tsv" -q
        if [ -n "$4" ]; then
            says "$4"
            check "no labels are left" test ! -e "$WORK/l.tsv"
        fi
        rm -f "$WORK/l.tsv"
    }
    attempt 1 0 1 "no points"
    attempt 0 1 1 ""
    attempt 0 2 1 ""
    attempt 0 2 2 ""
    attempt 1 2 0 "--k is '0', expected 1 to 2"
    attempt 1 2 3 "--k is '3', expected 1 to 2"
    attempt 1 empty 1 "at least one"
    attempt 1 nan 1 "point 1"
    attempt 1 inf 1 "point 1"
done
for tau in -1 nan inf; do
    runs 2 "tau $tau" "$LATENT" cluster "$WORK/2.npy" --method leaders \
        --tau $tau --k 1 --labels "$WORK/l.tsv"
done
runs 2 "no such method" "$LATENT" cluster "$WORK/2.npy" --method single
says "expected ward, kmeans or leaders"
runs 2 "points and a tree" "$LATENT" cluster "$WORK/2.npy" --tree x.npy \
    --labels "$WORK/l.tsv"
says "one of them"

# ---- Cuts of a tree ----
"$LATENT" extract $tuned --data tests/data/demo.tsv --limit 250 --layers 6 \
    -o "$WORK/x" -q
x=$WORK/x/layer-06.npy
runs 0 "points" "$LATENT" cluster "$x" --linkage "$WORK/Z.npy" --k 9,30-32 \
    --heights 4 --labels "$WORK/a.tsv"
cp "$WORK/err" "$WORK/said"
runs 0 "their tree" "$LATENT" cluster --tree "$WORK/Z.npy" --k 9,30-32 \
    --heights 4 --labels "$WORK/b.tsv"
same "a tree gives the labels that the points gave" "$WORK/a.tsv" "$WORK/b.tsv"
grep '^k=' "$WORK/err" >"$WORK/b.said"
grep '^k=' "$WORK/said" >"$WORK/a.said"
same "and the sums of squares" "$WORK/a.said" "$WORK/b.said"
check "a column for each cut" test "$(head -n 1 "$WORK/a.tsv")" = \
    "$(printf 'k=9\tk=30\tk=31\tk=32\th=4')"
k=$(cut -f 2 "$WORK/out")
check "the height's column has as many clusters as were told" test "$k" = \
    "$(awk 'NR > 1 && $5 >= k {k = $5 + 1} END {print k}' "$WORK/a.tsv")"
runs 2 "one cut for concepts" "$LATENT" cluster --tree "$WORK/Z.npy" \
    --k 9,10 --words "$WORK/x/words.tsv" --concepts "$WORK/c"
runs 2 "K-Means of a tree" "$LATENT" cluster --tree "$WORK/Z.npy" --k 9 \
    --method kmeans --labels "$WORK/l.tsv"
says "needs the points"

# ---- Quality: the methods against Ward ----
for method in kmeans leaders; do
    runs 0 "$method" "$LATENT" cluster "$x" --method $method --leaders 300 \
        --compare --k 30 --labels "$WORK/$method.tsv"
    grep '^k=30' "$WORK/err" >"$WORK/$method.said"
    check "$method is near Ward and not the same" awk '
        { for (i = 1; i < NF; i++) if ($i == "Ward") found = $(i + 1) }
        END { exit !(found > 0.2 && found < 1) }' "$WORK/$method.said"
done
squares() { sed -n 's/^k=30.*squares \([0-9.e+]*\).*/\1/p' "$1"; }
check "K-Means' sum of squares is not above Ward's by a tenth" awk \
    -v a="$(squares "$WORK/kmeans.said")" -v b="$(squares "$WORK/said")" \
    'BEGIN { exit !(a > 0 && a < 1.1 * b) }'

# ---- Studies ----
STUDY="--base $base --tuned $tuned --data tests/data/demo.tsv --limit 120
    --k 12 --layers 0,6 --permutations 5 --leaders 100 --cka 100"
# STUDY is a list of words throughout.
for method in ward kmeans leaders; do
    runs 0 "$method study" "$LATENT" run $STUDY --method $method \
        --out "$WORK/$method"
    check "$method: the sum of squares is told for 4 layers" test \
        "$(grep -c 'layer [06]: k=12: within-cluster sum' "$WORK/err")" -eq 4
    check "$method: and kept" grep -q "^$method	12	[0-9.]*	" \
        "$WORK/$method/tuned/layer-06/quality.tsv"
    runs 0 "$method: verify" "$LATENT" verify "$WORK/$method"
    runs 0 "$method: report" "$LATENT" report "$WORK/$method" -q \
        -o "$WORK/page.html"
    runs 0 "$method: text" "$LATENT" report "$WORK/$method" --text
    runs 0 "$method: align" "$LATENT" align "$WORK/$method" \
        --permutations 2 -q
    runs 0 "$method: show" "$LATENT" concepts "$WORK/$method" \
        --show tuned/6/0
    if [ $method = ward ]; then
        check "siblings are shown" grep -q '^sibling	' "$WORK/out"
        continue
    fi
    says "no sibling: the layer has no tree"
    check "$method: the page says so" grep -q "which leaves no tree" \
        "$WORK/page.html"
    check "$method: no tree" test ! -e "$WORK/$method/base/layer-00/linkage.npy"
    runs 1 "$method: another K" "$LATENT" concepts "$WORK/$method" --k 5
    says "method is $method"
    runs 2 "$method is another study than ward" "$LATENT" run $STUDY \
        --method $method --out "$WORK/ward" -q
    says "other options"
    rm -f "$WORK/ward/.lock"
    # A killed run: one layer is gone, the rest is kept.
    cp -r "$WORK/$method" "$WORK/again"
    rm -r "$WORK/again/manifest.json" "$WORK/again/tuned/layer-06" \
        "$WORK/again/report.html"
    runs 0 "$method goes on" "$LATENT" run $STUDY --method $method \
        --threads 1 --out "$WORK/again"
    check "with the missing layer alone" test \
        "$(grep -c 'within-cluster sum' "$WORK/err")" -eq 1
    same "to the same bytes" "$WORK/$method" "$WORK/again"
    rm -r "$WORK/again"
done
runs 0 "compare in a study" "$LATENT" run $STUDY --method kmeans --compare \
    --layers 6 --out "$WORK/compared"
check "the index is kept" awk -F '\t' 'NR == 2 { ok = $4 > 0 && $4 < 1 }
    END { exit !ok }' "$WORK/compared/base/layer-06/quality.tsv"
runs 2 "fewer leaders than concepts" "$LATENT" run $STUDY --method leaders \
    --k 101 --out "$WORK/none"
says "--leaders is 100, expected at least the 101"

# ---- Another K of a finished study ----
runs 0 "K = 5" "$LATENT" concepts "$WORK/ward" --k 5 --side tuned --layer 6
cp "$WORK/out" "$WORK/five"
check "5 concepts" test "$(wc -l <"$WORK/five")" -eq 6
runs 0 "by the tree alone" "$LATENT" cluster --tree \
    "$WORK/ward/tuned/layer-06/linkage.npy" --k 5 -q \
    --words "$WORK/ward/words.tsv" --concepts "$WORK/tuned.txt"
awk -F '[|][|][|]' '{n[$5]++} END {for (c in n) print c "\t" n[c]}' \
    "$WORK/tuned.txt" | sort >"$WORK/want"
awk -F '\t' 'NR > 1 {print $3 "\t" $5}' "$WORK/five" | sort >"$WORK/found"
same "has the same concepts" "$WORK/want" "$WORK/found"
runs 0 "base too" "$LATENT" cluster --tree \
    "$WORK/ward/base/layer-06/linkage.npy" --k 5 -q \
    --words "$WORK/ward/words.tsv" --concepts "$WORK/base.txt"
runs 0 "align of the files" "$LATENT" align --base "$WORK/base.txt" \
    --tuned "$WORK/tuned.txt" --permutations 0 -q
sed -n 's/^ *"tuned_counted": \([0-9]*\).*/\1/p' "$WORK/out" >"$WORK/want"
runs 0 "align of the study" "$LATENT" align "$WORK/ward" --k 5 \
    --permutations 0 -q
awk -F '\t' '$1 == 6 && $2 == 6 {print $7; exit}' "$WORK/out" >"$WORK/found"
same "count the same concepts" "$WORK/want" "$WORK/found"
runs 0 "its own K" "$LATENT" concepts "$WORK/ward" --k 12
cp "$WORK/out" "$WORK/own"
runs 0 "is what there is" "$LATENT" concepts "$WORK/ward"
same "its own K is the study" "$WORK/own" "$WORK/out"
runs 0 "a report of it" "$LATENT" report "$WORK/ward" --k 5 -q \
    -o "$WORK/five.html"
check "says so" grep -q "The trees are cut anew" "$WORK/five.html"
runs 2 "not over the study's report" "$LATENT" report "$WORK/ward" --k 5
runs 1 "K above the words" "$LATENT" concepts "$WORK/ward" --k 99999
says "expected 1 to as many"

# ---- Memory ----
# needed WHAT COMMAND...: refused with 1M, done with what the refusal says.
needed() {
    what=$1; shift
    runs 3 "$what, 1M" "$@" --memory 1M -q
    size=$(sed -n 's/.*at least \([0-9]*M\) are needed.*/\1/p' "$WORK/err")
    check "$what: the need is told" test -n "$size"
    runs 0 "$what, $size" "$@" --memory "${size:-1M}" -q
}
for method in ward kmeans leaders; do
    needed "cluster, $method" "$LATENT" cluster "$x" --method $method \
        --leaders 300 --k 30 --labels "$WORK/l.tsv"
    needed "run, $method" "$LATENT" run $STUDY --method $method \
        --threads 2 --out "$WORK/tight-$method"
    same "little memory, the same bytes" "$WORK/$method" "$WORK/tight-$method"
done
check "nothing was begun in vain" test ! -e "$WORK/none"

# ---- Spill ----
mkdir "$WORK/spill"
needed "spilled" "$LATENT" run $STUDY --spill "$WORK/spill" \
    --out "$WORK/spilled"
same "spilled, the same bytes" "$WORK/ward" "$WORK/spilled"
check "nothing is left there" test -z "$(ls -A "$WORK/spill")"
runs 1 "no such folder" "$LATENT" run $STUDY --spill "$WORK/nowhere" \
    --out "$WORK/other"
says "nowhere"
# Killed in the middle: the file is gone with it, and the run goes on.
"$LATENT" run $STUDY --spill "$WORK/spill" --out "$WORK/killed" -q &
child=$!
tries=0
while [ ! -e "$WORK/killed/base/layer-00/layer.sha256" ] &&
    [ $tries -lt 600 ]; do
    sleep 0.05
    tries=$((tries + 1))
done
kill -9 $child 2>/dev/null
wait $child 2>/dev/null
check "nothing is left after a kill" test -z "$(ls -A "$WORK/spill")"
runs 0 "goes on" "$LATENT" run $STUDY --spill "$WORK/spill" \
    --out "$WORK/killed" -q
same "killed and spilled, the same bytes" "$WORK/ward" "$WORK/killed"

# ---- Dry run ----
runs 0 "dry run" "$LATENT" run $STUDY --dry-run -q
awk -F '\t' '$1 == "forward_passes" && $2 == 1' "$WORK/out" >"$WORK/one"
check "one pass" test -s "$WORK/one"
least=$(sed -n 's/^bytes_least	//p' "$WORK/out")
runs 0 "with the least memory" "$LATENT" run $STUDY --dry-run -q \
    --memory "$least"
check "two passes for two layers" grep -qx "forward_passes	2" "$WORK/out"
runs 0 "spilled" "$LATENT" run $STUDY --dry-run -q --memory "$least" \
    --spill "$WORK/spill"
check "one pass again" grep -qx "forward_passes	1" "$WORK/out"
check "and its bytes on disk" grep -qE "^bytes_spill	[1-9]" "$WORK/out"
check "less memory than that" test \
    "$(sed -n 's/^bytes_least	//p' "$WORK/out")" -lt "$least"
finish test_method
