#!/bin/sh
# Torture: runs a command with its n-th open, read, write, fsync, rename,
# mmap, mkdir, close or allocation failing, or coming short, for n = 1, 2,
# ... until no call is left to hit, and looks at what it leaves behind.
#
#     tests/fault/run.sh [options] SHIM OUT COMMAND [ARGUMENT ...]
#
#     SHIM   the built library of fault_shim.c
#     OUT    a folder, not there yet, that holds all that the command writes;
#            the command names it itself
#     -c LIST   only these calls, e.g. -c "open write"
#     -d N      thin out: all n up to N, then steps of about n/N, drawn by
#               the seed (default 60)
#     -i FILE   standard input
#     -m        make OUT before each run (for commands that write files, not
#               folders)
#     -r        after a failure the same command, undisturbed, must finish
#               the work (for commands that resume)
#     -e        also start from an earlier output of other bytes, which must
#               stay whole (for commands that overwrite)
#     -s SEED   for -d (default: the time); it is printed
#     -x NAMES  files in OUT that may differ from run to run (find -name
#               patterns), e.g. a log
#
# After every run: exit status 0, 1, 2 or 3 (a command that fault_leaks.c is
# linked into ends with 4 when it leaks); a message on standard error unless 0;
# the full result if 0; no temporary file; every file either whole (the bytes
# of the undisturbed run) or as it was before.
# Ends with "fault: N runs, N complaints".
usage() {
    sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2
    exit 2
}
dense=60 calls= input=/dev/null make= resume= earlier= vary=
seed=$(date +%s)
while getopts c:d:i:mres:x: option; do
    case $option in
    c) calls=$OPTARG ;;
    d) dense=$OPTARG ;;
    i) input=$OPTARG ;;
    m) make=yes ;;
    r) resume=yes ;;
    e) earlier=yes ;;
    s) seed=$OPTARG ;;
    x) vary=$OPTARG ;;
    *) usage ;;
    esac
done
shift $((OPTIND - 1))
[ $# -ge 3 ] || usage
shim=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
out=$2
shift 2
if [ -e "$out" ]; then
    echo "fault: $out is there already" >&2
    exit 2
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work" "$out"' EXIT
trap 'exit 130' INT TERM
runs=0 complaints=0

complain() {
    complaints=$((complaints + 1))
    echo "FAILED: $fault ($start): $1"
    sed 's/^/    /' "$work/stderr" | head -n 3
}

# "checksum name" of every file in OUT that counts.
list_files() {
    [ -d "$out" ] || return 0
    (
        cd "$out" || exit
        find . -type f | sort | while read -r name; do
            skip=
            for pattern in $vary; do
                # shellcheck disable=SC2254
                case ${name##*/} in $pattern) skip=yes ;; esac
            done
            [ -n "$skip" ] || cksum "$name"
        done
    )
}

# OUT as it is before a run: nothing, or the same names with other bytes.
prepare() {
    rm -rf "$out"
    if [ "$start" = fresh ]; then
        [ -z "$make" ] || mkdir "$out"
        return
    fi
    cp -R "$work/good" "$out"
    find "$out" -type f | while read -r name; do
        echo "earlier output" >"$name"
    done
}

inspect() {
    status=$1
    shift
    case $status in
    0 | 1 | 2 | 3) ;;
    124) complain "does not end" && return ;;
    *) complain "exit status $status" && return ;;
    esac
    case $fault in
    *:EINTR* | *:short* | mmap:*)
        [ "$status" -eq 0 ] || complain "exit status $status, should go on"
        ;;
    esac
    if [ "$status" -ne 0 ] && [ ! -s "$work/stderr" ]; then
        complain "exit status $status without a message"
    fi
    if [ -d "$out" ] && [ -n "$(find "$out" -name '*.tmp')" ]; then
        complain "a temporary file is left"
    fi
    list_files >"$work/after"
    if [ "$status" -eq 0 ]; then
        cmp -s "$work/after" "$work/reference" ||
            complain "exit status 0, but another result"
        cmp -s "$work/stdout" "$work/reference-stdout" ||
            complain "exit status 0, but another standard output"
        return
    fi
    half=$(cat "$work/before" "$work/reference" |
           grep -v -x -F -f - "$work/after")
    [ -z "$half" ] || complain "neither old nor new: $half"
    while read -r _ _ name; do
        [ -e "$out/$name" ] || complain "the earlier $name is gone"
    done <"$work/before"
    if [ -n "$resume" ]; then
        "$@" <"$input" >"$work/stdout" 2>"$work/stderr" ||
            complain "the undisturbed run after it fails"
        list_files >"$work/after"
        cmp -s "$work/after" "$work/reference" ||
            complain "the undisturbed run after it gives another result"
    fi
}

# The step after n; another one at every run of the script, so that in time
# all places are hit.
draw_step() {
    most=$((n / dense * 2))
    step=1
    [ "$most" -eq 0 ] && return
    random=$(((random * 1103515245 + 12345) % 2147483648))
    step=$((1 + random / 65536 % most))
}

# All n for one call and kind of failure, from one start.
torment() {
    call=$1 kind=$2
    shift 2
    n=1 struck=0
    while :; do
        fault=$call:$n:$kind
        prepare
        list_files >"$work/before"
        rm -f "$work/hit"
        LATENT_FAULT=$fault LATENT_FAULT_HIT=$work/hit LD_PRELOAD=$shim \
            timeout 60 "$@" <"$input" >"$work/stdout" 2>"$work/stderr"
        status=$?
        [ -e "$work/hit" ] || break
        runs=$((runs + 1))
        struck=$((struck + 1))
        inspect "$status" "$@"
        draw_step
        n=$((n + step))
    done
    echo "fault: $call $kind, $start: $struck runs"
}

echo "fault: seed $seed"
random=$((seed % 2147483648))
start=fresh
prepare
if ! "$@" <"$input" >"$work/stdout" 2>"$work/stderr"; then
    cat "$work/stderr" >&2
    echo "fault: the command fails undisturbed: $*" >&2
    exit 2
fi
list_files >"$work/reference"
cp "$work/stdout" "$work/reference-stdout"
if [ -d "$out" ]; then cp -R "$out" "$work/good"; else mkdir "$work/good"; fi

# EINTR, short calls and a file system that cannot map must not be noticed.
kinds="open:EINTR open:EACCES open:EMFILE open:EIO read:EINTR read:EIO
    read:short:after write:EINTR write:EIO write:ENOSPC write:ENOSPC:after
    write:short:after fsync:EINTR fsync:EIO fsync:ENOSPC:after rename:EACCES
    rename:EIO:after mmap:ENOMEM mmap:ENODEV:after mkdir:ENOSPC mkdir:EACCES
    close:EIO close:EINTR alloc:ENOMEM alloc:ENOMEM:after"
for start in fresh ${earlier:+earlier}; do
    for kind in $kinds; do
        call=${kind%%:*}
        [ -z "$calls" ] ||
            case " $calls " in *" $call "*) ;; *) continue ;; esac
        torment "$call" "${kind#*:}" "$@"
    done
done
echo "fault: $runs runs, $complaints complaints"
[ "$complaints" -eq 0 ]
