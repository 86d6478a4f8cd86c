#!/bin/sh
# What the house rules ask of every source file, in one pass without Python:
#
#   order     includes run one way between rooms, private headers stay home,
#             one public header a folder, no file name twice
#   text      80 columns, 800 lines, no tabs, no blanks at a line's end, no
#             notes to oneself, a comment at the top, include guards
#   calls     no banned function; malloc, exit, printf, getenv and libm's
#             varying functions only where they belong
#   compile   every .c with warnings as errors, every public header alone in
#             C and in C++
#
# Usage: tests/lint.sh [ROOM ...]   (from the top folder; all rooms if none)
# LINT_COMPILE=no leaves out the compilers, LINT_WORDS names a file of
# patterns (grep -E, one a line) that may stand nowhere.
# Prints "path:line: what", ends with "lint: N files, M findings".
LC_ALL=C
export LC_ALL
rooms="base base/kernels model tokenizer cluster align triggers tools"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
found=$work/findings
: >"$found"
scope=${*:-$rooms tests}
# Each file once, although base holds base/kernels.
for folder in $scope; do
    find "$folder" -name '*.[ch]' -type f
done | sort -u >"$work/files"
files=$(wc -l <"$work/files" | tr -d ' ')

# Generated tables say so in their first lines, and by what.
plain_files() {
    while read -r name; do
        sed -n 1,5p "$name" | grep -q -E '(Made|enerated) by tools/' || echo "$name"
    done <"$work/files"
}

# ---- Text --------------------------------------------------------------
plain_files | while read -r file; do
    awk -v file="$file" '
    function report(what) { print file ":" NR ": " what }
    NR == 1 && !/^\/\*/ && !/^#define _/ {
        report("no comment at the top that says what the file is for")
    }
    /\t/ { report("a tab") }
    /[ \t\r]$/ { report("a blank at the end of the line") }
    /(^|[^A-Za-z])(TODO|FIXME|XXX|HACK)([^A-Za-z]|$)/ {
        report("a note to oneself")
    }
    /["'"'"' (](\/work|\/home|\/root|\/Users)\// {
        report("a path of one machine")
    }
    {
        line = $0
        gsub(/[\200-\277]/, "", line) # columns, not bytes
        if (length(line) > 80)
            report(length(line) " columns, at most 80")
    }
    END { if (NR > 800) report(NR " lines, at most 800") }
    ' "$file"
done >>"$found"
grep '\.h$' "$work/files" | while read -r file; do
    grep -q '^#ifndef LATENT_[A-Z0-9_]*_H$' "$file" ||
        echo "$file:1: no include guard of the form LATENT_..._H"
done >>"$found"
if [ -n "$LINT_WORDS" ]; then
    xargs grep -n -i -E -f "$LINT_WORDS" <"$work/files" |
        sed 's/:\([0-9]*\):.*/:\1: a word that does not belong here/' \
        >>"$found"
fi

# ---- Order -------------------------------------------------------------
sed 's|.*/||' "$work/files" | sort | uniq -d | while read -r name; do
    echo "$(grep "/$name\$" "$work/files" | tr '\n' ' '): one name twice"
done >>"$found"
for room in $rooms; do
    case " $scope " in *" $room "*) ;; *) continue ;; esac
    [ "$room" = tools ] && continue
    for header in "$room"/*.h; do
        case $header in
        *_int.h | "$room/${room##*/}.h") ;;
        *) echo "$header:1: a second public header in $room" ;;
        esac
    done
    [ -f "$room/${room##*/}.h" ] ||
        echo "$room:1: no public header ${room##*/}.h"
done >>"$found"
xargs grep -n '^ *# *include *"' /dev/null <"$work/files" |
awk -F: '
BEGIN {
    n = split("base base/kernels cluster align triggers tools tests", r, " ")
    for (i = 1; i <= n; i++)
        rank[r[i]] = i
    rank["model"] = rank["tokenizer"] = rank["cluster"]
}
function room_of(path) {
    if (path ~ /^tests\//)
        return "tests"
    sub(/\/[^\/]*$/, "", path)
    return path
}
{
    target = $3
    gsub(/^[^"]*"|"[^"]*$/, "", target)
    path = $1
    sub(/[^\/]*$/, target, path)
    while (path ~ /\/\.\.\//)
        sub(/[^\/]+\/\.\.\//, "", path)
    from = room_of($1)
    to = room_of(path)
    if (system("test -f " path) != 0)
        print $1 ":" $2 ": " target " is not there"
    else if (!(to in rank))
        print $1 ":" $2 ": " to " is no room"
    else if (rank[to] > rank[from] || (rank[to] == rank[from] && to != from))
        print $1 ":" $2 ": " from " must not include from " to
    else if (path ~ /_int\.h$/ && from != to && from != "tests")
        print $1 ":" $2 ": " path " is private to " to
}' >>"$found"

# ---- Calls -------------------------------------------------------------
# Comments, strings and characters become blanks; line numbers stay.
code_only() {
    awk '
    {
        line = $0
        out = ""
        while (line != "") {
            if (inside) {
                at = index(line, "*/")
                if (at == 0)
                    break
                line = substr(line, at + 2)
                inside = 0
            } else if (match(line, /"|'"'"'|\/\*|\/\//)) {
                out = out substr(line, 1, RSTART - 1)
                mark = substr(line, RSTART, RLENGTH)
                line = substr(line, RSTART + RLENGTH)
                if (mark == "//")
                    break
                if (mark == "/*") {
                    inside = 1
                    continue
                }
                out = out " "
                while (line != "" && substr(line, 1, 1) != mark)
                    line = substr(line,
                                  substr(line, 1, 1) == "\\" ? 3 : 2)
                line = substr(line, 2)
            } else {
                out = out line
                line = ""
            }
        }
        print out
    }' "$1"
}
plain_files | while read -r file; do
    code_only "$file" | awk -v file="$file" '
    function banned(names, why,  at, word, rest, before) {
        rest = $0
        while (match(rest, "(" names ")[ ]*\\(")) {
            before = RSTART == 1 ? " " : substr(rest, RSTART - 1, 1)
            word = substr(rest, RSTART, RLENGTH)
            rest = substr(rest, RSTART + RLENGTH)
            if (before ~ /[A-Za-z0-9_.]/)
                continue
            sub(/[ ]*\($/, "", word)
            print file ":" NR ": " word ": " why
        }
    }
    BEGIN {
        test = file ~ /^tests\//
        tool = file ~ /^tools\//
        door = file == "base/memory.c"
        library = !test && !tool
    }
    {
        banned("strcpy|strcat|sprintf|vsprintf|gets|strtok|alloca",
               "writes without a bound or keeps state")
        banned("atoi|atol|atoll|atof|rand|srand|setjmp|longjmp",
               "hides errors or state")
        if (!test && !door)
            banned("malloc|calloc|realloc|free|aligned_alloc|strdup|strndup" \
                   "|posix_memalign|getline|asprintf",
                   "memory goes through base/memory.c")
        if (!test) {
            banned("system|popen|execl|execv|execve|execvp|execlp|dlopen" \
                   "|socket|connect|getaddrinfo",
                   "no programs, libraries or networks")
            banned("expf?|exp2f?|expm1f?|logf?|log2f?|log10f?|log1pf?|powf?" \
                   "|tanhf?|sinhf?|coshf?|erff?|erfcf?|lgammaf?|tgammaf?" \
                   "|sinf?|cosf?|tanf?|cbrtf?|hypotf?",
                   "differs between C libraries; see kernels.h")
            banned("assert", "input is refused by a status")
            if (file !~ /^tools\/examples\//)
                banned("printf|puts|putchar",
                       "a full disk would go unnoticed; see cli_print")
        }
        if (library) {
            banned("exit|_exit|abort", "only tools end the program")
            if (file != "base/progress.c")
                banned("fprintf|fputs|perror",
                       "only tools print")
            if (file !~ /^base\/kernels\//)
                banned("getenv", "only tools look at the environment")
        }
        if (!test && /# *include *<(sys\/socket|netdb|netinet\/|arpa\/|dlfcn)/)
            print file ":" NR ": no networks, no loading of libraries"
    }
    # A body runs from "{" to "}" at the first column.
    /^{/ { begin = NR }
    /^}/ {
        if (!test && begin != 0 && NR - begin - 1 > 70)
            print file ":" begin ": a function of " NR - begin - 1 " lines"
        begin = 0
    }'
done >>"$found"

# ---- Compile -----------------------------------------------------------
flags="-std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion
    -Wstrict-prototypes -Wvla -Werror -ffp-contract=off
    -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE"
if [ "$LINT_COMPILE" != no ]; then
    cores=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
    # gcc finds some faults only when it optimises, clang needs no code.
    for compiler in "gcc -O2 -c -o /dev/null" "clang -fsyntax-only"; do
        if ! command -v "${compiler%% *}" >/dev/null; then
            echo "lint: ${compiler%% *} is absent, not checked with it"
            continue
        fi
        COMPILE="$compiler $flags"
        export COMPILE
        grep '\.c$' "$work/files" | grep -v '^tools/examples/' |
            tr '\n' '\0' |
            xargs -0 -n 4 -P "$cores" sh -c '
                log=$(mktemp)
                for file do # COMPILE is a list of words
                    $COMPILE "$file" || echo "$file:1: does not compile"
                done >"$log" 2>&1
                cat "$log"
                rm -f "$log"' sh >"$work/log" 2>&1
        grep -E ': (error|fatal error|does not compile)' "$work/log" \
            >>"$found"
    done
    for room in $rooms; do
        header=$room/${room##*/}.h
        grep -qx "$header" "$work/files" || continue
        # shellcheck disable=SC2086
        cc $flags -x c -fsyntax-only "$header" 2>"$work/log" ||
            echo "$header:1: does not stand alone in C"
        grep ': error' "$work/log"
        if command -v g++ >/dev/null; then
            g++ -std=c++11 -Wall -Wextra -Werror -x c++ -fsyntax-only \
                "$header" 2>"$work/log" ||
                echo "$header:1: does not stand alone in C++"
            grep ': error' "$work/log"
        fi
    done >>"$found"
fi

sort -u "$found"
count=$(sort -u "$found" | wc -l | tr -d ' ')
echo "lint: $files files, $count findings"
[ "$count" -eq 0 ]
