# lib.sh - checks for tests that run the program.  Source it, call check_*,
# end with `finish NAME`.  LATENT is the program, WORK an empty folder that is
# removed at the end, SHARED the reference folder or empty.
set -u
LATENT=${LATENT:-build/latent}
case $LATENT in /*) ;; *) LATENT=$PWD/$LATENT ;; esac
ROOT=$PWD
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
trap 'exit 1' INT TERM
passed=0 failed=0 skipped=0
SHARED=${LATENT_SHARED:-../shared}
[ -d "$SHARED" ] && SHARED=$(cd "$SHARED" && pwd) || SHARED=

pass() { passed=$((passed + 1)); }
fail() { failed=$((failed + 1)); echo "FAILED: $*"; }
skip() { skipped=$((skipped + 1)); echo "skipped: $*"; }

# check WHAT COMMAND...: the command succeeds.
check() {
    what=$1; shift
    if "$@"; then pass; else fail "$what"; fi
}

# runs STATUS WHAT COMMAND...: exit status; its streams go to $WORK/out, err.
runs() {
    want=$1 what=$2; shift 2
    "$@" >"$WORK/out" 2>"$WORK/err"
    got=$?
    if [ "$got" -eq "$want" ]; then
        pass
    else
        fail "$what: exit $got, expected $want: $(head -c 300 "$WORK/err")"
    fi
}

# says TEXT: the last run's message holds the text and is one line.
says() {
    if grep -qF -- "$1" "$WORK/err"; then
        pass
    else
        fail "message lacks '$1': $(head -c 300 "$WORK/err")"
    fi
}

# same WHAT A B: two files or folders are byte-identical.
same() {
    if diff -r "$2" "$3" >"$WORK/diff" 2>&1; then
        pass
    else
        fail "$1: $(head -n 5 "$WORK/diff")"
    fi
}

finish() {
    line="$1: $passed passed, $failed failed"
    [ "$skipped" -eq 0 ] || line="$line, $skipped skipped"
    echo "$line"
    [ "$failed" -eq 0 ]
    exit
}
