#!/bin/sh
# --help, the manual pages and completion agree: each option of each verb is
# in all of them.
. tests/e2e/lib.sh

runs 0 "help" "$LATENT" help
verbs=$(sed -n 's/^  \([a-z]*\)  *[a-zA-Z].*/\1/p' "$WORK/out" | grep -v '^latent$')
check "there are verbs" test "$(echo "$verbs" | wc -l)" -ge 10
"$LATENT" help --man >"$WORK/man"
for shell in bash zsh fish; do
    runs 0 "completion $shell" "$LATENT" help --completion $shell
    cp "$WORK/out" "$WORK/$shell"
done
check "bash accepts its completion" bash -n "$WORK/bash"
for verb in $verbs; do
    runs 0 "$verb --help" "$LATENT" "$verb" --help
    cp "$WORK/out" "$WORK/help"
    runs 0 "manual of $verb" "$LATENT" help "$verb" --man
    cp "$WORK/out" "$WORK/page"
    check "$verb is in latent(1)" grep -qx ".B $verb" "$WORK/man"
    sed -n '/^Options$/,/^Notes$/s/^  \(-., \)\{0,1\}--\([a-z0-9-]*\).*/\2/p' \
        "$WORK/help" | sort -u >"$WORK/a"
    sed -n '/^\.B /s/.*\\-\\-\([a-z0-9\\-]*\).*/\1/p' "$WORK/page" |
        sed 's/\\//g' | sort -u >"$WORK/b"
    same "options of $verb in help and manual" "$WORK/a" "$WORK/b"
    for said in "(may be repeated)" "(default: "; do
        for file in help page; do
            tr -s '\n ' '  ' <"$WORK/$file" | grep -o -F "$said" | wc -l \
                >"$WORK/$file-times"
        done
        same "'$said' in help and manual of $verb" "$WORK/help-times" \
            "$WORK/page-times"
    done
    for option in $(cat "$WORK/a"); do
        grep "^    $verb)" "$WORK/bash" | grep -q -- " --$option[ ']" ||
            fail "--$option of $verb is not completed by bash"
    done
    check "help of $verb fits 79 columns" \
        sh -c '! grep -E " $|.{80}" "$1"' - "$WORK/help"
    check "$verb has examples" grep -q "^  latent\|^  echo" "$WORK/help"
    if command -v man >/dev/null 2>&1; then
        man --warnings -E UTF-8 -l -Tutf8 "$WORK/page" 2>"$WORK/err" >/dev/null
        check "manual of $verb has no warning" test ! -s "$WORK/err"
    fi
done
runs 2 "unknown verb" "$LATENT" clasify
says "did you mean 'classify'?"
runs 2 "unknown option" "$LATENT" run --tunde x
says "did you mean --tuned?"
runs 2 "no verb" "$LATENT"
finish test_help
