#!/bin/sh
# Power loss: what has its name is on the disk.  The calls of a whole study,
# and of verbs that write one file, are recorded and their order is checked
# (order.awk): bytes, fsync, rename, fsync of the folder.
. tests/e2e/lib.sh
RULES=$ROOT/tests/crash/order.awk

if ! command -v strace >/dev/null || ! strace -o /dev/null true 2>/dev/null
then
    skip "strace is absent or not allowed"
    finish test_order
fi

# record NAME COMMAND...: its calls go to $WORK/NAME.trace, what the rules
# say of them to $WORK/NAME.said.
record() {
    name=$1; shift
    strace -f -y -s 0 -o "$WORK/$name.trace" -e \
        trace=open,openat,creat,write,pwrite64,writev,ftruncate,fallocate,fsync,fdatasync,rename,renameat,renameat2,mkdir,mkdirat \
        "$@" >/dev/null 2>"$WORK/err"
    check "$name: $(head -c 300 "$WORK/err")" [ $? -eq 0 ]
    awk -v root="$WORK" -f "$RULES" "$WORK/$name.trace" >"$WORK/$name.said"
    if grep complaint "$WORK/$name.said" >"$WORK/complaints"; then
        fail "$name: $(head -n 3 "$WORK/complaints")"
    else
        pass
    fi
}

# finished NAME FOLDER: every file and folder below it was finished.
finished() {
    find "$2" -mindepth 1 ! -name .lock | while read -r file; do
        grep -qxF "done $file" "$WORK/$1.said" || echo "$file"
    done >"$WORK/missing"
    check "$1: not flushed: $(head -n 3 "$WORK/missing")" \
        [ ! -s "$WORK/missing" ]
}

sed -n 1,30p tests/data/demo.tsv >"$WORK/data.tsv"
sed -n 1,20p tests/data/demo-eval.tsv >"$WORK/eval.tsv"
record study "$LATENT" run --quiet --base model/demo/base.gguf --tuned \
    model/demo/tuned.gguf --data "$WORK/data.tsv" --eval "$WORK/eval.tsv" \
    --min 2 --k 6 --layers 0,1 --permutations 2 --bootstraps 2 \
    --candidates 2 --keep 1 --threads 2 --out "$WORK/new/study"
check "a whole study" [ -f "$WORK/new/study/manifest.json" ]
finished study "$WORK/new"
# The manifest names all others, so that it comes last.
check "the manifest is the last to get its name" [ "$(grep "^done" \
    "$WORK/study.said" | tail -n 1)" = "done $WORK/new/study/manifest.json" ]

mkdir "$WORK/files"
record tokenize "$LATENT" tokenize model/demo/tuned.gguf "$WORK/data.tsv" \
    -o "$WORK/files/pieces"
record report "$LATENT" report "$WORK/new/study" -o "$WORK/files/r.html"
record extract "$LATENT" extract model/demo/tuned.gguf --data \
    "$WORK/data.tsv" --layers 1 -o "$WORK/files/states"
cat "$WORK"/*.said >"$WORK/all.said"
finished all "$WORK/files"

# A trace without its fsyncs must not pass: of files, of folders, of one.
complains() { # WHAT; the trace on standard input
    check "$1 is not noticed" \
        sh -c "awk -v root='$WORK' -f '$RULES' | grep -q complaint"
}
grep -v 'fsync(.*\.tmp>' "$WORK/study.trace" | complains "no fsync of files"
grep -v 'fsync(.*[^p]>)' "$WORK/study.trace" | complains "no fsync of folders"
awk '/fsync\(.*\.tmp>/ && ++n == 7 { next } { print }' \
    "$WORK/study.trace" | complains "one fsync less"
awk '/fsync\(.*layer-01>/ && ++n == 1 { next } { print }' \
    "$WORK/study.trace" | complains "one fsync of a folder less"
sed 's/, O_WRONLY|O_CREAT|O_EXCL/, O_WRONLY|O_CREAT/' "$WORK/study.trace" |
    complains "writing in place"
finish test_order
