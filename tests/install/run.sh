#!/bin/sh
# Installs into an empty folder and uses what is there as a stranger would:
# the program, both libraries from C and C++, manual, completion, Python;
# then the static program, the tar file, the package, and taking it away.
#
#   tests/install/run.sh BUILD     (make test-install)
BUILD=$1
LATENT=$BUILD/latent
. tests/e2e/lib.sh
CC=${CC:-cc}
to=$WORK/root
at=$to/opt/latent
MAKE="${MAKE:-make} -s --no-print-directory BUILD=$BUILD PREFIX=/opt/latent"

# MAKE is a list of words throughout.
runs 0 "make install" $MAKE DESTDIR="$to" install
runs 0 "the installed program" "$at/bin/latent" selftest
verbs=$("$LATENT" help | sed -n 's/^  \([a-z]*\)  *[a-zA-Z].*/\1/p' |
    grep -v '^latent$')
for verb in $verbs; do
    check "a manual page for $verb" test -s "$at/share/man/man1/latent-$verb.1"
done
for file in share/man/man1/latent.1 share/zsh/site-functions/_latent \
    share/bash-completion/completions/latent share/doc/latent/FORMATS.md \
    share/fish/vendor_completions.d/latent.fish lib/liblatent.so \
    share/latent/python/latent.py; do
    check "$file" test -s "$at/$file"
done

# ---- Libraries ----
for name in so a; do
    case $name in
    so) symbols="nm -D --defined-only $at/lib/liblatent.so" ;;
    a) symbols="nm -g --defined-only $at/lib/liblatent.a" ;;
    esac
    # symbols is a command
    $symbols | awk 'NF == 3 && $2 != "A" {sub(/@.*/, "", $3); print $3}' \
        >"$WORK/names"
    check "liblatent.$name has its functions" \
        grep -qx lat_cluster_ward "$WORK/names"
    check "liblatent.$name has no foreign global" \
        test "$(grep -vc '^lat_' "$WORK/names")" -eq 0
    check "liblatent.$name has no private one" \
        test "$(grep -c '_int$' "$WORK/names")" -eq 0
done
nm -D --undefined-only "$at/lib/liblatent.so" |
    grep -E ' (socket|connect|getaddrinfo|dlopen|system|popen)(@|$)' \
        >"$WORK/net"
check "no network, no programs" test ! -s "$WORK/net"
if command -v pkg-config >/dev/null; then
    flags=$(PKG_CONFIG_PATH=$at/lib/pkgconfig pkg-config \
        --define-variable=prefix="$at" --define-variable=libdir="$at/lib" \
        --cflags --libs latent)
else
    flags="-I$at/include -L$at/lib -llatent"
fi
LD_LIBRARY_PATH=$at/lib
export LD_LIBRARY_PATH
for example in hidden_states study; do
    source=tools/examples/$example.c
    # flags is a list of words
    runs 0 "$example with the shared library" $CC -std=c11 -Wall -Wextra \
        -Wpedantic -Werror "$source" $flags -o "$WORK/$example"
    runs 0 "$example with the static library" $CC -std=c11 \
        -I"$at/include" "$source" "$at/lib/liblatent.a" -pthread -lm \
        -o "$WORK/$example-static"
done
model=model/demo/tuned.gguf
runs 0 "hidden states" "$WORK/hidden_states" $model "a gripping film"
check "five tokens" test "$(wc -l <"$WORK/out")" -eq 5
cp "$WORK/out" "$WORK/states"
runs 0 "hidden states, static" "$WORK/hidden_states-static" $model \
    "a gripping film"
same "both the same" "$WORK/states" "$WORK/out"
runs 1 "no such model" "$WORK/hidden_states" "$WORK/none" text
says "cannot open"

head -n 120 tests/data/demo.tsv >"$WORK/data.tsv"
runs 0 "a study in C" "$WORK/study" model/demo/base.gguf $model \
    "$WORK/data.tsv" 3 20
cp "$WORK/out" "$WORK/table"
runs 0 "the same by the program" "$LATENT" run --base model/demo/base.gguf \
    --tuned $model --data "$WORK/data.tsv" --k 20 --layers 3 -q \
    --out "$WORK/run"
runs 0 "its overlap" "$LATENT" align "$WORK/run" -q
cut -f 3- "$WORK/out" >"$WORK/want"
same "C and program give one table" "$WORK/want" "$WORK/table"

if command -v g++ >/dev/null; then
    printf '%s\n' '#include <latent/latent.h>' 'int main()' \
        '{ lat_error e = lat_error(); return lat_error_set(&e, LAT_OK, "x"); }' \
        >"$WORK/try.cc"
    runs 0 "C++ takes the headers" g++ -std=c++11 -Wall -Wextra -Wpedantic \
        -Werror "$WORK/try.cc" $flags -o "$WORK/try"
    runs 0 "and links" "$WORK/try"
else
    skip "g++ is absent: headers not tried in C++"
fi

# ---- The other targets ----
if echo 'int main(void){return 0;}' |
    $CC -x c -static -o "$WORK/s" - 2>/dev/null; then
    runs 0 "make static" $MAKE static
    runs 0 "the static program" "$BUILD/latent-static" selftest
else
    skip "no static libc: make static not tried"
fi
runs 0 "make dist" $MAKE dist
cp "$WORK/out" "$WORK/first"
touch README.md
runs 0 "make dist again" $MAKE dist
same "the tar file has the same bytes" "$WORK/first" "$WORK/out"
if command -v dpkg-deb >/dev/null; then
    runs 0 "make deb" $MAKE deb
    mkdir "$WORK/first-deb" "$WORK/again-deb" "$WORK/unpacked"
    cp "$BUILD"/*latent*.deb "$WORK/first-deb"
    runs 0 "make deb again" $MAKE deb
    cp "$BUILD"/*latent*.deb "$WORK/again-deb"
    same "the packages have the same bytes" "$WORK/first-deb" \
        "$WORK/again-deb"
    for package in "$WORK"/first-deb/*.deb; do
        runs 0 "it unpacks" dpkg-deb -x "$package" "$WORK/unpacked"
    done
    runs 0 "the packaged program" "$WORK/unpacked/usr/bin/latent" help
    check "the packaged library has what its links name" \
        test -s "$(find "$WORK/unpacked" -name liblatent.so)"
    if command -v lintian >/dev/null; then
        runs 0 "lintian" lintian --fail-on warning,error \
            "$WORK"/first-deb/*.deb
        check "it says nothing" test ! -s "$WORK/out"
    else
        skip "lintian is absent"
    fi
else
    skip "dpkg-deb is absent: make deb not tried"
fi

runs 0 "make uninstall" $MAKE DESTDIR="$to" uninstall
check "nothing is left" test -z "$(find "$to" ! -type d)"
finish test_install
