#!/bin/sh
# Tests of the report: tests/report/run.sh LATENT [STUDY [PICTURES]]
#
# Without a study only the hostile one is taken, whose words, classes, labels
# and paths are markup, control characters, direction overrides and a word of
# 10,000 characters.  What needs a browser is skipped where there is none
# (Debian: chromium).  PICTURES is a folder for screenshots at three widths,
# light and dark, for a person to look at.
set -eu
latent=$1
study=${2:-}
pictures=${3:-}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0

check() { # check WHAT COMMAND...
    what=$1
    shift
    if "$@" >"$work/log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $what"
        sed 's/^/    /' "$work/log" | head -5
    fi
}
absent() { ! LC_ALL=C grep -n -a -E -e "$1" "$2" | cut -c1-200 | grep .; }
present() { LC_ALL=C grep -q -a -F -e "$1" "$2"; }
count_is() { [ "$(LC_ALL=C grep -o -a -E -e "$1" "$2" | wc -l)" = "$3" ]; }

# ---- The file, without a browser ---------------------------------------------

page="$work/hostile.html"
check "hostile study" "$latent" report "$here/hostile" -o "$page"
check "again" "$latent" report "$here/hostile" -o "$work/again.html"
check "same bytes" cmp "$page" "$work/again.html"
# Three scripts are ours: class, data, program.
check "no script but ours" count_is '<script' "$page" 3
check "no end of script but ours" count_is '</script' "$page" 3
check "no markup out of words" absent '<(img|i>fam|b>neg|b>prepend|u onclick)' \
    "$page"
check "no comment or CDATA" absent '<!--|\]\]>.*</script' "$page"
check "no handler" absent '<[^>]* on[a-z]+=' "$page"
check "no address of elsewhere" \
    absent '(src|href|action)="?(https?:|//|data:|javascript:)' "$page"
check "no url() or import in the style" absent 'url\(|@import' "$page"
check "policy" present "default-src &#39;none&#39;" "$page"
check "no control characters" absent "$(printf '[\001-\010\013\014\016-\037]')" \
    "$page"
check "no raw direction overrides" \
    absent "$(printf '\342\200[\252-\256]|\342\201[\246-\251]')" "$page"
check "override named" present '[U+202E]' "$page"
check "long word is cut" absent 'x{200}' "$page"
check "right-to-left word" present "$(printf '\327\251\327\234\327\225\327\235')" \
    "$page"
check "class name in a tag" present '&lt;b&gt;neg&lt;/b&gt;' "$page"
check "class name in the data" present '\u003cb\u003eneg' "$page"
check "assets up to date" "$here/../../tools/report-assets.sh" --check

plain="$work/plain.txt"
check "text form" "$latent" report "$here/hostile" --text -o "$plain"
check "text: no control characters" \
    absent "$(printf '[\001-\010\013-\037\177]')" "$plain"
check "text: no direction overrides" \
    absent "$(printf '\342\200[\252-\256]|\342\201[\246-\251]')" "$plain"
check "text: its tables" present 'Concepts polarised to a class' "$plain"

missing() { ! "$latent" report "$work/no-such" -o "$work/x.html" &&
    [ ! -e "$work/x.html" ]; }
check "no study: refused, no file" missing

# ---- In a browser ----------------------------------------------------------------

browser=
if [ "${REPORT_BROWSER:-}" != no ]; then
    browser=$(command -v chromium || command -v chromium-browser || true)
fi
run_browser() {
    timeout 120 "$browser" --headless --no-sandbox --disable-gpu \
        --disable-quic --no-first-run --disable-background-networking \
        --disable-component-update --disable-sync \
        --user-data-dir="$work/profile" --hide-scrollbars \
        --virtual-time-budget=5000 "$@"
}
# The page after its script ran, at an address within it; says too whether
# the console stayed silent.
dom() { # dom PAGE HASH OUT
    run_browser --enable-logging=stderr --dump-dom "file://$1$2" \
        >"$3" 2>"$work/console" && ! grep CONSOLE "$work/console"
}
# A frame inside a page has the width it is given, also below the narrowest
# window of the browser.
picture() { # picture PAGE WIDTH HEIGHT SCHEME OUT
    echo "<!doctype html><body style='margin:0'><iframe src='file://$1'" \
        "style='border:0;width:$2px;height:$3px'></iframe>" \
        >"$work/frame.html"
    width=$2
    [ "$width" -ge 520 ] || width=520
    run_browser --blink-settings=preferredColorScheme="$4" \
        --window-size="$width,$3" --screenshot="$5" "file://$work/frame.html"
    [ -s "$5" ]
}
if [ -z "$browser" ]; then
    echo "skipped: no chromium, or not asked for"
    skipped=1
else
    check "console silent" dom "$page" "" "$work/dom.html"
    check "explorer filled" present 'concepts</p>' "$work/dom.html"
    check "no script ran out of words" absent '<img|alert\(1\)</script' \
        "$work/dom.html"
    check "deep link" dom "$page" "#base/1/2" "$work/link.html"
    check "its concept" present 'Concept 2, base model, layer 1' \
        "$work/link.html"
    check "unknown link" dom "$page" "#base/77/2" "$work/dom.html"
    if [ -n "$study" ]; then
        check "study" "$latent" report "$study" -o "$work/study.html"
        check "console silent, study" dom "$work/study.html" "" \
            "$work/dom.html"
        page="$work/study.html"
    fi
    if [ -n "$pictures" ]; then
        mkdir -p "$pictures"
        for width in 360 1280 2560; do
            check "light $width" picture "$page" "$width" 3000 1 \
                "$pictures/light-$width.png"
            check "dark $width" picture "$page" "$width" 3000 0 \
                "$pictures/dark-$width.png"
        done
    fi
fi
echo "test_report: $passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
