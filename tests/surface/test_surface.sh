#!/bin/sh
# What the program can reach: no network, no other program, no library at run
# time, no variable but the documented ones, no file written outside the
# output folder, no symbolic link followed when writing; --sandbox makes the
# kernel see to it.
. tests/e2e/lib.sh

# Symbols that the program takes from the C library.
nm "$LATENT" 2>/dev/null | sed -n 's/^ *[Uw] \([^@]*\).*/\1/p' \
    >"$WORK/symbols"
if [ -s "$WORK/symbols" ]; then
    for name in socket connect bind listen accept send sendto recv recvfrom \
        getaddrinfo gethostbyname execl execle execlp execv execve execvp \
        fexecve posix_spawn posix_spawnp system popen fork vfork dlopen \
        dlsym mmap_exec setuid setgid ptrace; do
        check "takes $name from the C library" \
            sh -c "! grep -qx $name '$WORK/symbols'"
    done
else
    skip "nm shows no undefined symbols (a static build)"
fi
names=$(grep -rhoE 'getenv\("[A-Z_]*"\)' base model tokenizer cluster align \
    triggers tools | sort -u | sed 's/.*("\(.*\)")/\1/' | tr '\n' ' ')
for name in $names; do
    case $name in
    LATENT_CPU | LATENT_THREADS | NO_COLOR) pass ;;
    *) fail "looks at the variable $name" ;;
    esac
done

sed -n 1,30p tests/data/demo.tsv >"$WORK/data.tsv"
# study COMMAND... [-- OPTION...]: a study below the command.
study() {
    before=
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        before="$before $1"
        shift
    done
    [ $# -eq 0 ] || shift
    # shellcheck disable=SC2086
    LATENT_THREADS=2 $before "$LATENT" run --quiet --base \
        model/demo/base.gguf --tuned model/demo/tuned.gguf --data \
        "$WORK/data.tsv" --min 2 --k 6 --layers 1 --permutations 2 \
        --bootstraps 2 --out "$WORK/study" "$@"
}
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
    study strace -f -y -o "$WORK/trace" -e \
        trace=open,openat,creat,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,link,symlink,truncate,chmod,socket,connect,execve,fork,vfork
    check "a study under strace" [ -f "$WORK/study/manifest.json" ]
    # Opened to write, made, renamed or removed: the path must lie inside
    # (gcov's counts beside, in the build of `make coverage`).
    grep -E 'O_WRONLY|O_RDWR|O_CREAT|unlink|rename|mkdir|creat\(|link|truncate|chmod' \
        "$WORK/trace" | grep -vE "ENOENT|EEXIST" | grep -vF "\"$WORK/study" |
        grep -vE '"/dev/(null|tty)"|\.gcda"' >"$WORK/outside"
    check "writes outside: $(head -n 2 "$WORK/outside")" \
        [ ! -s "$WORK/outside" ]
    check "a socket" sh -c "! grep -qE 'socket|connect' '$WORK/trace'"
    check "another program" \
        [ "$(grep -c execve "$WORK/trace")" -eq 1 ]
else
    skip "strace is absent or not allowed"
    study env
fi

# Permissions are those that the umask leaves; nothing is executable.
rm -rf "$WORK/study"
(umask 027 && study env)
check "files for others" [ -z "$(find "$WORK/study" -perm /007)" ]
check "files to run" [ -z "$(find "$WORK/study" -type f -perm /111)" ]

# --sandbox: the kernel knows of a filter, and the work is the same.  (What the
# filter refuses is tried out in tests/unit/base/test_sandbox.c.)
mkfifo "$WORK/pipe"
"$LATENT" classify model/demo/tuned.gguf "$WORK/pipe" --sandbox \
    >"$WORK/boxed.tsv" 2>"$WORK/err" &
child=$!
(
    exec 9>"$WORK/pipe" # waits until the program opens it, behind the filter
    sed -n 's/^Seccomp:[^0-9]*//p' /proc/$child/status >"$WORK/filter"
    cut -f 2 "$WORK/data.tsv" | sed -n '2,$p' >&9
) 2>/dev/null &
writer=$!
wait $child
status=$?
kill $writer 2>/dev/null
filter=
case $(uname -sm) in
"Linux x86_64" | "Linux aarch64")
    # Without a word of it in /proc the kernel has none.
    grep -q '^Seccomp:' /proc/self/status 2>/dev/null &&
        filter=$(cat "$WORK/filter" 2>/dev/null || echo none) ;;
esac
if [ -n "$filter" ]; then
    check "classify in the sandbox: $(cat "$WORK/err")" [ $status -eq 0 ]
    check "the filter is on" [ "$filter" = 2 ]
    cut -f 2 "$WORK/data.tsv" | sed -n '2,$p' |
        "$LATENT" classify model/demo/tuned.gguf >"$WORK/free.tsv"
    same "classify in the sandbox" "$WORK/free.tsv" "$WORK/boxed.tsv"
    mv "$WORK/study" "$WORK/free"
    (umask 027 && study env -- --sandbox) 2>"$WORK/err"
    check "a study in the sandbox: $(cat "$WORK/err")" [ $? -eq 0 ]
    same "a study in the sandbox" "$WORK/free" "$WORK/study"
    (umask 027 && study env -- --sandbox --spill "$WORK" --memory 1G)
    check "another one over it" [ $? -eq 0 ]
    for verb in selftest "verify $WORK/study" "report $WORK/study -o \
        $WORK/free.html" "bench ward --n 300 --d 24" "diff $WORK/study \
        $WORK/free" "inspect model/demo/tuned.gguf"; do
        # shellcheck disable=SC2086
        runs 0 "$verb in the sandbox" "$LATENT" $verb --sandbox --quiet
    done
else
    check "without filters --sandbox is refused" [ $status -eq 2 ]
    skip "no filter of system calls on this machine"
fi

# A symbolic link in the way of an output is refused, its target stays.
echo precious >"$WORK/target"
cp -r "$WORK/study" "$WORK/linked"
rm -f "$WORK/study/words.tsv" && ln -s "$WORK/target" "$WORK/study/words.tsv"
study env 2>"$WORK/err"
check "a link as output is refused" [ $? -eq 3 ]
says "symbolic link"
check "what the link names stays" [ "$(cat "$WORK/target")" = precious ]
ln -s "$WORK/target" "$WORK/link.json"
runs 3 "a link as -o" "$LATENT" report "$WORK/linked" -o "$WORK/link.json"
says "symbolic link"
rm -rf "$WORK/study" && ln -s "$WORK/linked" "$WORK/study"
rm -f "$WORK/linked/.lock" && ln -s "$WORK/target" "$WORK/linked/.lock"
study env 2>"$WORK/err"
check "a link as the lock is refused" [ $? -ne 0 ]
check "what the lock's link names stays" \
    [ "$(cat "$WORK/target")" = precious ]

# Models as a hub's cache keeps them: files that are links.
mkdir "$WORK/hub"
ln -s "$ROOT/model/demo/tuned.gguf" "$WORK/hub/m.gguf"
runs 0 "a link as input" "$LATENT" inspect "$WORK/hub/m.gguf"
finish test_surface
