#!/bin/sh
# A study from jobs, from its manifest and from one run: the same bytes.
. tests/e2e/lib.sh

STUDY="--base model/demo/base.gguf --tuned model/demo/tuned.gguf
    --data tests/data/demo.tsv --limit 100 --k 12 --layers 0,6
    --permutations 10 --size-ratio 0.25 --words mean -q"
# STUDY is a list of words throughout.
runs 0 "one run" "$LATENT" run $STUDY --out "$WORK/whole"

# ---- Jobs ----
jobs=$WORK/"it's #1 \$x"
runs 0 "plan" "$LATENT" plan $STUDY --out "$jobs" --parts 3 \
    --script "$WORK/jobs.mk"
check "the folder has its plan" test -s "$jobs/plan.json"
# make splits names at blanks only in rules, which name jobs alone.
runs 0 "forward jobs" make -s -j 2 -f "$WORK/jobs.mk" LATENT="$LATENT" parts
for part in 1 2 3; do
    check "part $part of a layer" \
        test -s "$jobs/base/layer-06/part-$part-of-3.npy"
    check "part $part of the logits" \
        test -s "$jobs/tuned/logits-$part-of-3.npy"
done
rm "$jobs/tuned/layer-06/part-2-of-3.npy"
runs 0 "a part of one layer again" "$LATENT" run \
    --options "$jobs/plan.json" --out "$jobs" --only tuned/part-2-of-3 -v
check "it is there" test -s "$jobs/tuned/layer-06/part-2-of-3.npy"
runs 0 "jobs by make, three at once" make -s -j 3 -f "$WORK/jobs.mk" \
    LATENT="$LATENT"
says "tuned part 1 of 3 is done"
check "layers and predictions come from the parts" \
    sh -c "! grep -q 'forward pass' '$WORK/err'"
same "jobs give the bytes of one run" "$WORK/whole" "$jobs"
runs 0 "jobs again" make -s -f "$WORK/jobs.mk" LATENT="$LATENT"
says "tuned layer 6 is done"
check "no forward pass of a part" test ! -e "$jobs/tuned/logits-1-of-3.npy"
only() { # STATUS WHAT JOB
    runs "$1" "$2" "$LATENT" run $STUDY --out "$WORK/parts" --only "$3"
}
only 0 "a part of several" tuned/part-1-of-1
printf x >>"$WORK/parts/tuned/layer-06/part-1-of-1.npy"
only 1 "a damaged part" tuned/6
says "part-1-of-1.npy"
cp "$WORK/parts/tuned/logits-1-of-1.npy" \
    "$WORK/parts/tuned/layer-06/part-1-of-1.npy"
only 1 "a part of another shape" tuned/6
says "make its part again"
rm "$WORK/parts/tuned/layer-06/part-1-of-1.npy"
for part in 0-of-2 3-of-2 1-of-10000 1-of 1-of-2x; do
    only 2 "part $part" "tuned/part-$part"
    says "or a part such as tuned/part-1-of-8"
done
runs 0 "more parts than sentences" sh -c "for part in 1 2 3 4 5; do
    '$LATENT' run --base model/demo/base.gguf --tuned model/demo/tuned.gguf \
    --data tests/data/demo.tsv --limit 3 --min 1 --k 4 --layers 1 -q \
    --out '$WORK/few' --only tuned/part-\$part-of-5 || exit; done"
runs 2 "too many parts" "$LATENT" plan "$WORK/whole" --parts 10000
says "expected at most 9999"

runs 0 "plan of a study that was begun" "$LATENT" plan "$WORK/whole" --slurm
cp "$WORK/out" "$WORK/jobs.sh"
if command -v bash >/dev/null; then
    check "bash accepts the script" bash -n "$WORK/jobs.sh"
    # sbatch played by the test: tasks at once, one after another.
    mkdir "$WORK/bin"
    cat >"$WORK/bin/sbatch" <<'S'
#!/bin/bash
array=
while [ "${1#--}" != "$1" ]; do
    case $1 in --array=*) array=${1#--array=} ;; esac
    shift
done
export SLURM_JOB_ID=7
if [ -n "$array" ]; then
    for task in $(seq "${array%-*}" "${array#*-}"); do
        SLURM_ARRAY_TASK_ID=$task bash "$1" >&2 || exit
    done
    echo 7
else
    bash "$1"
fi
S
    chmod +x "$WORK/bin/sbatch"
    mkdir "$WORK/array"
    cp "$WORK/whole/plan.json" "$WORK/array"
    runs 0 "plan of the array" "$LATENT" plan "$WORK/array" --slurm \
        --parts 2 --script "$WORK/array.sh"
    runs 0 "the array" env PATH="$WORK/bin:$PATH" LATENT="$LATENT" \
        bash "$WORK/array.sh" --cpus-per-task=1
    same "an array gives the bytes of one run" "$WORK/whole" "$WORK/array"
else
    skip "bash is absent: the Slurm script is not run"
fi

runs 2 "a layer that the study has not" "$LATENT" run $STUDY \
    --out "$WORK/x" --only tuned/3
says "expected a layer of the study"
runs 2 "no such side" "$LATENT" run $STUDY --out "$WORK/x" --only left/6
runs 2 "make or slurm" "$LATENT" plan "$WORK/whole" --make --slurm
says "expected one of them"
mkdir "$WORK/other"
echo mine >"$WORK/other/file"
runs 2 "a folder that holds something else" "$LATENT" plan $STUDY \
    --out "$WORK/other"
check "is left as it was" test "$(ls -A "$WORK/other")" = file

# ---- Options out of a file ----
runs 0 "the manifest as options" "$LATENT" run \
    --options "$WORK/whole/manifest.json" --out "$WORK/again" -q
same "a study repeats from its manifest" "$WORK/whole" "$WORK/again"

# ---- verify --rerun ----
runs 0 "verify runs it again" "$LATENT" verify "$WORK/whole" -q \
    --rerun "$WORK/rerun"
check "its inputs are as recorded" grep -q ' 0 changed, 0 missing$' "$WORK/out"
check "all files are the same" grep -qx \
    "$(find "$WORK/whole" -type f ! -name .lock | wc -l) files the same in \
the re-run, 0 different, 0 missing" "$WORK/out"
same "the re-run" "$WORK/whole" "$WORK/rerun"
runs 2 "verify wants a new folder" "$LATENT" verify "$WORK/whole" \
    --rerun "$WORK/rerun"
says "is there already, expected the name of a new folder"
manifest() { # SED-COMMAND: the study with another manifest
    rm -rf "$WORK/rerun" "$WORK/told"
    cp -R "$WORK/whole" "$WORK/told"
    sed "$1" "$WORK/whole/manifest.json" >"$WORK/told/manifest.json"
}
manifest 's/"permutations": 10/"permutations": 11/'
runs 1 "a study that was not made so" "$LATENT" verify "$WORK/told" -q \
    --rerun "$WORK/rerun"
says "files are not the same in the re-run"
check "which ones" grep -q '^different	align/' "$WORK/out"
check "and which are" test "$(grep -c '^different' "$WORK/out")" -lt 20
manifest 's/"options": {/"options": {"spill": "x",/'
runs 1 "an option that no manifest has" "$LATENT" verify "$WORK/told" -q \
    --rerun "$WORK/rerun"
says "the options hold 'spill'"
check "nothing was run" test ! -e "$WORK/rerun"
manifest 's/"sha256": "..../"sha256": "0000/'
runs 1 "changed inputs" "$LATENT" verify "$WORK/told" -q \
    --rerun "$WORK/rerun"
check "nothing was run" test ! -e "$WORK/rerun"

runs 0 "the command line wins" "$LATENT" plan --k 11 \
    --options "$WORK/whole/manifest.json" --out "$WORK/other-k"
check "k is 11 there" grep -q '"k": 11' "$WORK/other-k/plan.json"
check "the rest is from the file" \
    grep -q '"size_ratio": 0.25' "$WORK/other-k/plan.json"
"$LATENT" run --help | sed -n '/^Options$/,/^Notes$/s/^  \(-., \)\{0,1\}--\([a-z0-9-]*\).*/\2/p' |
    grep -vx 'out\|only\|memory\|spill\|dry-run\|options\|threads\|sandbox\|quiet\|verbose\|help\|augment' |
    tr - _ | sort >"$WORK/want"
sed -n '/"options": {/,/^  }/s/^    "\([a-z_0-9]*\)":.*/\1/p' \
    "$WORK/whole/plan.json" | sort >"$WORK/found"
same "every option of run is in the plan" "$WORK/want" "$WORK/found"
bad() { # STATUS TEXT MESSAGE
    printf '%s' "$2" >"$WORK/o.json"
    runs "$1" "options $2" "$LATENT" run --options "$WORK/o.json"
    says "$3"
}
bad 2 '{"kk": 3}' "did you mean --k?"
bad 2 '{"k": "many"}' "expected a whole number"
bad 1 '{"quiet": 3}' "expected true or false"
bad 1 '{"k": true}' "expected a value"
bad 1 '{"k": {}}' "expected a text or a number"
bad 1 '[1]' "expected an object of options"
bad 1 '{"k": 3' "o.json"
runs 1 "no such file" "$LATENT" run --options "$WORK/none.json"
finish test_plan
