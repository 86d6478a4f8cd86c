#!/bin/sh
# Cluster files, texts, labels and thresholds that are wrong: each is refused
# with what is wrong, where, what was expected and what was found.
. tests/e2e/lib.sh

printf 'the film was good\nit was bad\n' >"$WORK/text"
cat >"$WORK/ok" <<'END'
the|||1|||0|||0|||0
film|||1|||0|||1|||0
bad|||1|||1|||2|||1
END
cd "$WORK" || exit 1

# refused STATUS MESSAGE VERB OPTIONS...: one line, exactly this one, and
# nothing on standard output.
refused() {
    code=$1 message=$2 verb=$3; shift 3
    runs "$code" "$message" "$LATENT" "$verb" "$@"
    printf 'latent %s: %s\n' "$verb" "$message" >wanted
    same "message of $verb" wanted err
    check "nothing is printed: $message" test ! -s out
}
label() { # STATUS MESSAGE OPTIONS...
    code=$1 message=$2; shift 2
    refused "$code" "$message" label --concepts ok --text text "$@"
}
# labels NAME TEXT MESSAGE: a label file, in printf's form.
labels() {
    printf "$2" >"$1"
    label 1 "$3" --family "a=$1"
}
# clusters TEXT MESSAGE: a cluster file, for each verb that reads one.
clusters() {
    printf "$1" >bad
    printf 'gold\n0\n1\n' >classes.tsv
    refused 1 "$2" label --concepts bad --text text --family casing
    refused 1 "$2" polarity --concepts bad --classes classes.tsv
    refused 1 "$2" align --base bad --tuned ok
    refused 1 "$2" align --base ok --tuned bad
}

runs 0 "what is right" "$LATENT" label -q --concepts ok --text text \
    --family casing

# ---- Label files of another length or token count ----
missing="found 1: sentence 1 is not in the label file"
more="found 3: sentence 2 is not in the text"
labels l.txt 'D N V A\n' "l.txt: expected 2 sentences as in the text, $missing"
labels l.txt 'D N V A\nP V A\nX\n' \
    "l.txt: expected 2 sentences as in the text, $more"
labels l.txt '' "l.txt: expected 2 sentences as in the text, found 0: \
sentence 0 is not in the label file"
labels l.txt 'D N V A\nP V\n' \
    "l.txt:2: sentence 1: expected 3 labels (words of the text), found 2"
labels l.txt 'D N V A X\nP V A\n' \
    "l.txt:1: sentence 0: expected 4 labels (words of the text), found 5"
labels l.json '["D N V A", "P V"]' \
    "l.json: sentence 1: expected 3 labels (words of the text), found 2"
labels l.json '["D N V A"]' \
    "l.json: expected 2 sentences as in the text, $missing"
labels l.conll 'the D\nfilm N\nwas V\n\nit P\nwas V\nbad A\n' \
    "l.conll:4: sentence 0: expected 4 words as in the text, found 3"
labels l.conll 'the D\nfilm N\nwas V\ngood A\n' \
    "l.conll: expected 2 sentences as in the text, $missing"
labels l.conll 'the D\nfilms N\nwas V\ngood A\n' "l.conll:2: sentence 0, \
position 1: expected the word \"film\" of the text, found \"films\""

# ---- Families that are not there ----
label 2 "unknown family 'pos': neither built in nor --family FAMILY=FILE" \
    --family pos
label 2 "unknown family 'sufix'; did you mean suffix?" --family sufix
label 1 "none: cannot open: No such file or directory" --family a=none

# ---- Label names that tables and joined labels cannot hold ----
labels l.txt 'D N V A\nP V||| A\n' \
    "l.txt:2: sentence 1, position 1: empty label"
labels l.json '[["D","N","V","A"], ["P","V\\tx","A"]]' \
    'l.json: sentence 1, position 1: control character in label "V?x"'
labels l.json '[["D","N","V","A"], ["P","","A"]]' \
    "l.json: sentence 1, position 1: empty label"
labels l.conll 'the D\nfilm N|||\nwas V\ngood A\n\n' \
    "l.conll:2: sentence 0, position 1: empty label"
labels l.list 'the\tx|||y\n' 'l.list:1: "|||" in label "x|||y"'
labels l.list 'the\tx\ty\n' \
    "l.list:1: expected a word, or a word, a tab and a label"
labels l.dic '%%\n1\ta|||b\n%%\nthe\t1\n' 'l.dic:2: "|||" in label "a|||b"'
mkdir lists
printf 'the\n' >'lists/a|||b.list'
label 1 'lists/a|||b.list: "|||" in label "a|||b"' --family a=lists
rm lists/*
printf 'the\n' >"lists/$(printf 'a\tb').list"
label 1 'lists/a?b.list: control character in label "a?b"' --family a=lists
# Several labels of a word are joined by bars.
printf 'D|||X N V A\nP V A\n' >l.txt
runs 0 "two labels" "$LATENT" label -q --concepts ok --text text \
    --family a=l.txt --rule type

# ---- Words with bars: a line is parsed from the right ----
printf 'a|||b ||| good |||x\n' >bars.text
cat >bars <<'END'
a|||b|||1|||0|||0|||4
||||||1|||0|||1|||4
|||x|||1|||0|||3|||5
END
runs 0 "words with bars" "$LATENT" label -q --concepts bars \
    --text bars.text --family length
check "their lengths are 5 or 3, and 4" test 5 -eq "$(grep -c \
    '^        "[354]"\|"winner": "[354]"' out)"
clusters 'a|||b|||0|||0|||4\n' \
    'bad:1: count "b" is not a whole number from 1'

# ---- Occurrences and concepts ----
clusters 'the|||1|||0|||0|||0\nthe|||1|||0|||0|||1\n' \
    "bad:2: sentence 0, position 0 is there twice"
clusters 'the|||1|||0|||0|||0\n|||1|||0|||1|||0\n' "bad:2: the word is empty"
clusters 'the|||1|||0|||0|||\n' \
    'bad:1: cluster "" is not a whole number from 0'
clusters 'the|||1|||0|||0\n' "bad:1: \
expected word|||count|||sentence|||position|||cluster, found 4 of 5 fields"
clusters '' "bad: empty cluster file, \
expected lines word|||count|||sentence|||position|||cluster"
clusters 'the|||0|||0|||0|||0\n' \
    'bad:1: count "0" is not a whole number from 1'
# Clusters of another text.
other() { # LINE MESSAGE
    printf "$1" >bad
    refused 1 "bad: $2" label --concepts bad --text text --family casing
}
other 'films|||1|||0|||1|||0\n' \
    'sentence 0, position 1: the text has "film", the clusters "films"'
other 'the|||1|||9|||0|||0\n' \
    "the clusters have sentence 9, the text only 2 sentences"
other 'the|||1|||0|||9|||0\n' \
    "the clusters have position 9 in sentence 0, which has 4 words"
printf 'the|||1|||2|||0|||0\n' >bad
refused 1 "bad: the clusters have sentence 2, the classes only 2 sentences" \
    polarity --concepts bad --classes classes.tsv

# ---- Thresholds ----
outside() { # VERB OPTION OPTIONS...
    verb=$1 option=$2; shift 2
    for value in 1.5 -0.01 1.0000001; do
        refused 1 "--$option: threshold $value is outside 0 to 1" "$verb" \
            "$@" --"$option" $value
    done
    for value in nan x ''; do
        refused 2 "--$option: \"$value\" is no threshold, expected a number \
from 0 to 1" "$verb" "$@" --"$option" "$value"
    done
}
for option in theta thetas max-unknown; do
    outside label $option --concepts ok --text text --family casing
done
outside align thetas --base ok --tuned ok
for option in theta thetas; do
    outside polarity $option --concepts ok --classes classes.tsv
done
for option in theta label-theta max-unknown; do
    outside run $option --base x --tuned x --data x --out x
done
refused 1 "--thetas: threshold 2 is outside 0 to 1" align --base ok \
    --tuned ok --thetas 0.5,2
cd "$ROOT" || exit 1
finish test_bad_labels
