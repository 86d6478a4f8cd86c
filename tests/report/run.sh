#!/bin/sh
# Tests of the report: tests/report/run.sh LATENT [MODULES PICTURES [STUDY]]
#
# The hostile study's words, classes, labels and paths are markup, escapes,
# control characters, direction overrides, piles of marks and a word of 10,000
# characters.  With the folder of npm's modules (tests/install-tools.sh report
# MODULES) its page and that of a study, or of a small one made here, are
# opened in Chromium, and PICTURES gets screenshots at three widths, light and
# dark, for a person to look at.  So is that of a made-up study of full size,
# which has to stay below 15 MB.
set -eu
latent=$1
modules=${2:-}
pictures=${3:-}
study=${4:-}
here=$(cd "$(dirname "$0")" && pwd)
top="$here/../.."
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
# Within so many seconds of one core: the machine may have other work.
within() { (ulimit -t "$1" && shift && "$@"); }
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
check "control characters named" present '[U+0001][U+001B][31m[U+007F]' "$page"
check "long word is cut" absent 'x{200}' "$page"
check "backslash in the data" present '\\u003cscript\u003e' "$page"
check "format characters as they are" present '%s%n%9999d' "$page"
check "no end of the style but ours" count_is '</style' "$page" 1
# U+0303 is the last of three marks on a letter; 24 were asked for.
check "marks are few" absent "$(printf '\314\203(\314[\200-\277])')" "$page"
check "right-to-left word" present "$(printf '\327\251\327\234\327\225\327\235')" \
    "$page"
check "Arabic word" present "$(printf '\331\205\330\261\330\255')" "$page"
check "marks of direction named" present '[U+200F][U+061C]mark' "$page"
check "class name in a tag" present '&lt;b&gt;neg&lt;/b&gt;' "$page"
check "class name in the data" present '\u003cb\u003eneg' "$page"
check "assets up to date" "$top/tools/report-assets.sh" --check

plain="$work/plain.txt"
check "text form" "$latent" report "$here/hostile" --text -o "$plain"
check "text: no control characters" \
    absent "$(printf '[\001-\010\013-\037\177]')" "$plain"
check "text: no direction overrides" \
    absent "$(printf '\342\200[\252-\256]|\342\201[\246-\251]')" "$plain"
check "text: its tables" present 'Concepts polarised to a class' "$plain"
check "text: the findings" present 'Higher layers turn to the task: not shown' \
    "$plain"
wide() { LC_ALL=C tr -d '\200-\277' <"$1" | LC_ALL=C grep -a -E '^.{81}'; }
narrow() { ! wide "$1"; }
check "text within 80 columns" narrow "$plain"
check "text in ASCII" "$latent" report "$here/hostile" --text --ascii \
    -o "$plain"
check "ASCII: nothing beyond it" absent "$(printf '[\200-\377]')" "$plain"
check "ASCII: bars" present '##' "$plain"
not_a_page() { "$latent" report "$here/hostile" --ascii; [ $? = 2 ]; }
check "ASCII is for text" not_a_page

# ---- Two studies ---------------------------------------------------------------

# The hostile one beside one without its last layer, of other words.
cp -r "$here/hostile" "$work/other"
rm -r "$work/other/base/layer-01" "$work/other/tuned/layer-01"
sed '/^   0,$/d; s/^   1$/   0/' "$here/hostile/plan.json" \
    >"$work/other/plan.json"
sed 's/^plain|/other|/' "$here/hostile/tuned/layer-00/concepts.txt" \
    >"$work/other/tuned/layer-00/concepts.txt"
two="$work/two.html"
check "two studies" "$latent" report "$here/hostile" "$work/other" -o "$two"
check "two studies again" "$latent" report "$here/hostile" "$work/other" \
    -o "$work/again.html"
check "two studies: same bytes" cmp "$two" "$work/again.html"
check "two: no script at all" count_is '<script|</script' "$two" 0
check "two: no markup out of words" \
    absent '<(img|i>fam|b>neg|b>prepend|u onclick)' "$two"
check "two: no handler" absent '<[^>]* on[a-z]+=' "$two"
check "two: no raw direction overrides" \
    absent "$(printf '\342\200[\252-\256]|\342\201[\246-\251]')" "$two"
check "two: class name" present '&lt;b&gt;neg&lt;/b&gt;' "$two"
check "two: the last layer of both" present 'Below: layer 0.' "$two"
check "two: a concept that changed" present '<h3>Concepts of B</h3>' "$two"
check "two: text form" "$latent" report "$here/hostile" "$work/other" \
    --text -o "$plain"
check "two: text without control characters" \
    absent "$(printf '[\001-\010\013-\037\177]')" "$plain"
# A layer that only A has: A's number, n/a, n/a.
check "two: a layer of one study alone" \
    grep -q -E '^ +1 +[0-9.]+ +n/a +n/a$' "$plain"
check "two: text within 80 columns" absent '^.{81}' "$plain"
no_place() { "$latent" report "$here/hostile" "$work/other"; [ $? = 2 ]; }
check "two: no place to write to is a fault of use" no_place
no_second() {
    "$latent" report "$here/hostile" "$work/none" -o "$work/x.html"
    [ $? = 1 ] && [ ! -e "$work/x.html" ]
}
check "two: no second study: refused, no file" no_second

missing() { ! "$latent" report "$work/no-such" -o "$work/x.html" &&
    [ ! -e "$work/x.html" ]; }
check "no study: refused, no file" missing

# ---- In a browser ------------------------------------------------------------

if [ -z "$modules" ]; then
    echo "skipped: the browser (make test-report)"
    skipped=1
else
    seconds=10
    if [ -z "$study" ]; then
        seconds=2
        study="$work/study"
        check "a small study" "$latent" run --quiet \
            --base "$top/model/demo/base.gguf" \
            --tuned "$top/model/demo/tuned.gguf" \
            --data "$top/tests/data/demo.tsv" \
            --eval "$top/tests/data/demo-eval.tsv" --limit 400 --min 2 \
            --k 40 --layers 0,3,6 --permutations 10 --bootstraps 10 \
            --candidates 4 --keep 1 --upper 4 --whole 0 --out "$study"
    fi
    check "study" "$latent" report "$study" -o "$work/study.html"
    check "study again" "$latent" report "$study" -o "$work/again.html"
    check "same bytes, study" cmp "$work/study.html" "$work/again.html"
    check "study: written within $seconds s" within "$seconds" \
        "$latent" report "$study" -o "$work/again.html"
    # 2 models x 13 layers x 600 concepts.
    check "a large study" node "$here/large.js" "$work/large"
    check "large: written within 10 s" within 10 \
        "$latent" report "$work/large" -o "$work/large.html"
    check "large: below 15 MB" test "$(wc -c <"$work/large.html")" -lt 15000000
    rm -r "$work/large"
    node "$here/check.js" --modules "$modules" --pictures "$pictures" \
        --large "$work/large.html" \
        --browser "$(command -v chromium || echo chromium-browser)" \
        --study "$study" "hostile=$page" "two=$two" "study=$work/study.html" |
        tee "$work/browser"
    passed=$((passed + $(sed -n 's/^\([0-9]*\) passed.*/\1/p' \
        "$work/browser")))
    failed=$((failed + $(sed -n 's/.* \([0-9]*\) failed$/\1/p' \
        "$work/browser")))
    echo "The pictures: $pictures"
fi
echo "test_report: $passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
