#!/bin/sh
# Human-defined labels out of files, in `label` and in `run`: which file, which
# column, what of it, and how concepts are matched.  The numbers of the small
# cases can be counted by hand.
. tests/e2e/lib.sh
base=model/demo/base.gguf tuned=model/demo/tuned.gguf

cat >"$WORK/text.conll" <<'END'
-DOCSTART- -X- -X- O

EU NNP B-NP B-ORG
rejects VBZ B-VP O
German JJ B-NP B-MISC
call NN I-NP O

Peter NNP B-NP B-PER
Blackburn NNP I-NP I-PER
END
cp "$WORK/text.conll" "$WORK/columns.txt"
cat >"$WORK/concepts.txt" <<'END'
EU|||1|||0|||0|||0
German|||1|||0|||2|||0
call|||1|||0|||3|||0
Peter|||1|||1|||0|||0
Blackburn|||1|||1|||1|||0
rejects|||1|||0|||1|||1
END
# Two sentences of ten columns; 1-2 is no word.
awk 'BEGIN { OFS = "\t"
    print "# sent_id = 1"
    print 1, "Dogs", "dog", "NOUN", "NNS", "Number=Plur", 2, "nsubj", "_",
        "Entity=B-ANIMAL"
    print 2, "ran", "run", "VERB", "VBD", "Number=Plur|Tense=Past", 0,
        "root", "_", "Entity=O|SpaceAfter=No"
    print ""
    print "1-2", "dogran", "_", "_", "_", "_", "_", "_", "_", "_"
    print 1, "dogs", "dog", "NOUN", "NN", "Number=Plur", 2, "obj", "_", "_"
    print 2, "ran", "run", "VERB", "VBD", "Tense=Past", 0, "root", "_", "_"
}' >"$WORK/text.conllu"
cat >"$WORK/ten.txt" <<'END'
Dogs|||1|||0|||0|||7
dogs|||1|||1|||0|||7
ran|||1|||0|||1|||8
ran|||2|||1|||1|||8
END

# label OPTIONS...: the concepts of one cluster file, each on a line of
# $WORK/found as "winner count/counted", "skipped" where it was.
label() {
    runs 0 "label $*" "$LATENT" label -q --permutations 0 "$@"
    tr -d ' ,"' <"$WORK/out" | awk -F: '
        /^(count|counted|skipped|winner|aligned):/ { v[$1] = $2 }
        /^winner:/ {
            line = v["winner"] " " v["count"] "/" v["counted"]
            if (v["aligned"] == "true")
                line = line " aligned"
            print v["skipped"] == "true" ? "skipped" : line
        }' >"$WORK/found"
}
# gives LINE...: what `label` found, concept by concept.
gives() {
    printf '%s\n' "$@" >"$WORK/want"
    same "what $what gives" "$WORK/want" "$WORK/found"
}
old() { # FAMILY OPTIONS...: of the file in CoNLL-2003's columns
    family=$1; shift
    label --concepts "$WORK/concepts.txt" --text "$WORK/text.conll" \
        --family "$family=$WORK/text.conll" "$@"
}
ten() {
    family=$1; shift
    label --concepts "$WORK/ten.txt" --text "$WORK/text.conllu" \
        --family "$family=$WORK/text.conllu" "$@"
}

# ---- CoNLL-2003: columns by the family's name, by name, by number ----
old chunk
gives "B-NP 3/5" "B-VP 1/1 aligned"
old my --column chunk
gives "B-NP 3/5" "B-VP 1/1 aligned"
old my --column 3 --strip-bio
gives "NP 5/5 aligned" "VP 1/1 aligned"
old my
gives "NNP 3/5" "VBZ 1/1 aligned"
old ner --strip-bio
gives "PER 2/5" "O 1/1 aligned"
old ner --strip-bio --outside-unknown
gives "PER 2/5" "skipped"
old ner --strip-bio --outside-unknown --ignore-unknown
gives "PER 2/4" "skipped"
old ner --strip-bio --outside-unknown --max-unknown 0.1
gives "skipped" "skipped"
# Its own column goes before the one for all.
old a --family b="$WORK/text.conll" --column 2 --column b=3 --strip-bio
gives "NNP 3/5" "VBZ 1/1 aligned" "NP 5/5 aligned" "VP 1/1 aligned"
# Another name, the form said.
label --concepts "$WORK/concepts.txt" --text "$WORK/text.conll" \
    --family x="$WORK/columns.txt" --label-form conll --column NER
gives "B-ORG 1/5" "O 1/1 aligned"
label --concepts "$WORK/concepts.txt" --text "$WORK/text.conll" \
    --family x="$WORK/columns.txt" --family casing --label-form x=conll
gives "NNP 3/5" "VBZ 1/1 aligned" "title 3/5" "lower 1/1 aligned"

# ---- CoNLL-U ----
ten pos
gives "NOUN 2/2 aligned" "VERB 2/2 aligned"
ten pos --column XPOS
gives "NNS 1/2" "VBD 2/2 aligned"
ten xpos
gives "NNS 1/2" "VBD 2/2 aligned"
ten pos --column feats
gives "Number=Plur 2/2 aligned" "Tense=Past 2/2 aligned"
ten pos --column 8
gives "nsubj 1/2" "root 2/2 aligned"
ten pos --column LEMMA
gives "dog 2/2 aligned" "run 2/2 aligned"
ten pos --column ENTITY --max-unknown 0.5
gives "B-ANIMAL 1/2" "O 1/2"
ten pos --column ENTITY --strip-bio --outside-unknown --max-unknown 0.5
gives "ANIMAL 1/2" "skipped"
ten pos --column MISC:SpaceAfter --max-unknown 0.5
gives "skipped" "No 1/2"

# ---- Word lists, with and without case ----
printf 'eu\ngerman\ncall\nPeter\nblackburn\n' >"$WORK/news.list"
lists() {
    label --concepts "$WORK/concepts.txt" --text "$WORK/text.conll" \
        --family names="$WORK/news.list" "$@"
}
lists
gives "skipped" "skipped"
lists --fold-case
gives "news 5/5 aligned" "skipped"

# ---- Pieces: counted by hand from what tokenize prints ----
printf 'the film unwatchability Xylophonist\nunwatchability the\n' \
    >"$WORK/pieces.txt"
runs 0 "pieces" "$LATENT" tokenize $tuned "$WORK/pieces.txt"
check "pieces are as counted here" grep -qx \
    '.CLS. the film un ##wat ##cha ##bility x ##yl ##op ##hon ##ist .SEP.' \
    "$WORK/out"
cat >"$WORK/pieces.concepts" <<'END'
the|||1|||0|||0|||0
film|||1|||0|||1|||0
unwatchability|||1|||0|||2|||1
the|||2|||1|||1|||1
Xylophonist|||1|||0|||3|||2
unwatchability|||2|||1|||0|||2
END
pieces() {
    runs "$1" "subwords" "$LATENT" label --family subwords \
        --concepts "$WORK/pieces.concepts" --text "$WORK/pieces.txt" -q
}
pieces 2
says "needs --tokenizer MODEL"
label --family subwords --tokenizer $tuned \
    --concepts "$WORK/pieces.concepts" --text "$WORK/pieces.txt"
gives "pieces=1 2/2 aligned" "pieces=4 1/2" "pieces=5+ 1/2"

# ---- What is refused ----
bad() { # STATUS TEXT OPTIONS...
    want=$1 text=$2; shift 2
    runs "$want" "$*" "$LATENT" label --concepts "$WORK/concepts.txt" \
        --text "$WORK/text.conll" "$@"
    says "$text"
}
bad 2 'unknown column "UPOS"' --family x="$WORK/text.conll" --column UPOS
bad 1 "no such column" --family x="$WORK/text.conll" --column 5
bad 2 "expected lines, json" --family x="$WORK/text.conll" --label-form tsv
bad 2 "no --family reads 'y'" --family x="$WORK/text.conll" --column y=2
bad 2 "no --family reads 'casing'" --family casing --label-form casing=conll
bad 2 "is read as word lists" --family x="$WORK/news.list" --column 2
bad 1 "expected 2 sentences" --family x="$WORK/columns.txt"

# ---- A study ----
# The corpus as CoNLL-U: the tag is the word's length and first letter.
sed -n '2,81s/^[^	]*	//p' tests/data/demo.tsv >"$WORK/data.txt"
awk 'BEGIN { OFS = "\t" } {
    for (i = 1; i <= NF; i++) {
        size = length($i) > 4 ? "LONG" : "SHORT"
        place = i % 2 ? "B-" : "I-"
        print i, $i, tolower($i), size, place substr($i, 1, 1), "_", 0,
            "dep", "_", "_"
    }
    print ""
}' "$WORK/data.txt" >"$WORK/data.conllu"
cut -f 2,4,5 "$WORK/data.conllu" | tr '\t' ' ' >"$WORK/data.columns"
STUDY="--base $base --tuned $tuned --data $WORK/data.txt --min 2 --k 12
    --layers 0,6 --permutations 5 --bootstraps 5 --cka 50 -q"
SOURCES="--labels pos=$WORK/data.conllu --labels first=$WORK/data.columns
    --labels words=$WORK/news.list
    --column XPOS --column first=3 --label-form first=conll
    --strip-bio --outside-unknown --fold-case"
printf 'The\nA\nfilm\n' >"$WORK/news.list"
# Both are lists of words throughout.
runs 0 "a study with labels" "$LATENT" run $STUDY $SOURCES --out "$WORK/study"
for option in '"column": \[' '"XPOS"' '"first=3"' '"first=conll"' \
    '"fold_case": true' '"outside_unknown": true' '"strip_bio": true'; do
    check "the manifest has $option" grep -q "$option" \
        "$WORK/study/manifest.json"
done
# A family in the study is what `label` says about the same files.
equal() { # FAMILY RULE OPTIONS...: label equals the study's layer 6
    family=$1 rule=$2; shift 2
    runs 0 "label $family $rule" "$LATENT" label -q \
        --concepts "$WORK/study/tuned/layer-06/concepts.txt" \
        --text "$WORK/study/text.in" --rule "$rule" --permutations 5 \
        --bootstraps 5 "$@"
    # Its provenance apart, which the study's file has once for all.
    sed '/^  "provenance": {$/,/^  },$/d' "$WORK/out" | tr -d ' \n' \
        >"$WORK/one"
    sed 's/"clusters":"tuned",//g' "$WORK/study/align/human-tuned-06.json" |
        tr -d ' \n' >"$WORK/all"
    check "$family by $rule is the study's" grep -qFf "$WORK/one" "$WORK/all"
}
for rule in occurrence type; do
    equal pos $rule --family pos="$WORK/data.conllu" --column XPOS \
        --strip-bio
    equal first $rule --family first="$WORK/data.columns" --column 3 \
        --label-form conll --strip-bio
    equal words $rule --family words="$WORK/news.list" --fold-case
    for family in casing digits first-word frequency last-word length \
        ngrams position prefix prefix-ngrams punctuation script subwords \
        suffix suffix-ngrams; do
        equal $family $rule --family $family --tokenizer $tuned
    done
done
check "families of the study" test 18 -eq "$(cut -f 3 \
    "$WORK/study/align/human.tsv" | sed 1d | sort -u | wc -l)"
# Punctuation that stands apart is a word; pieces are those of the raw text.
printf "It's a film, isn't it?\nA film's end.\nIt isn't a film.\n" \
    >"$WORK/raw.txt"
runs 0 "pieces of raw text" "$LATENT" run --base $base --tuned $tuned \
    --data "$WORK/raw.txt" --words split --min 1 --k 3 --layers 6 \
    --permutations 0 --cka 0 -q --out "$WORK/raw"
check "they are in its table" grep -q "	subwords	" \
    "$WORK/raw/align/human.tsv"
for file in "$WORK/study/text.in" "$WORK/data.conllu"; do
    runs 0 "hashes" "$LATENT" label -q --permutations 0 \
        --concepts "$WORK/study/tuned/layer-06/concepts.txt" \
        --text "$WORK/study/text.in" --family pos="$WORK/data.conllu"
    check "label has the hash of $file" grep -q \
        "\"sha256\": \"$(sha256sum <"$file" | cut -c 1-64)\"" "$WORK/out"
done
check "pos and first are one column in two forms" test "$(
    sed -n 's/	first	/	pos	/p' "$WORK/study/align/human.tsv")" = \
    "$(grep '	pos	' "$WORK/study/align/human.tsv")"
runs 0 "again from the manifest" "$LATENT" run \
    --options "$WORK/study/manifest.json" --out "$WORK/again" -q
same "a study with labels repeats from its manifest" "$WORK/study" \
    "$WORK/again"
runs 2 "another column is another study" "$LATENT" run $STUDY $SOURCES \
    --column first=2 --out "$WORK/study"
says "other options"
runs 0 "plan" "$LATENT" plan $STUDY $SOURCES --out "$WORK/planned"
check "plan.json has them" grep -q '"first=conll"' "$WORK/planned/plan.json"

# ---- Matching ----
# Two labels a word: --compat eacl keeps the last alone.
awk '{ for (i = 1; i <= NF; i++)
    printf "%s%s", (length($i) > 3 ? "long|||" : "") substr($i, 1, 1),
        (i < NF ? " " : "\n") }' "$WORK/data.txt" >"$WORK/data.two"
MATCH="--ngram --ignore-unknown --compat eacl --max-unknown 0.9
    --label-min 3 --label-unit occurrences --share-unit occurrences"
runs 0 "a study with a matcher" "$LATENT" run $STUDY \
    --labels two="$WORK/data.two" $MATCH --label-theta 0.30 --min-types 4 \
    --out "$WORK/matched"
rm -r "$WORK/study"
mv "$WORK/matched" "$WORK/study"
for option in '"ngram": true' '"ignore_unknown": true' '"compat": "eacl"' \
    '"max_unknown": "0.9"' '"label_min": 3' '"label_theta": "0.30"' \
    '"label_unit": "occurrences"' '"share_unit": "occurrences"' \
    '"rule": "both"'; do
    check "the manifest has $option" grep -q "$option" \
        "$WORK/study/manifest.json"
done
for rule in occurrence type; do
    for family in "two=$WORK/data.two" casing prefix-ngrams frequency; do
        equal "$family, options" $rule --family "$family" $MATCH \
            --theta 0.30 --min-types 4
    done
done
runs 0 "the matcher again" "$LATENT" run \
    --options "$WORK/study/manifest.json" --out "$WORK/matched" -q
same "a matcher repeats from the manifest" "$WORK/study" "$WORK/matched"
rm -r "$WORK/study"
# By its nature an n-gram family wants the longest label, --ngram or not.
runs 0 "n-grams" "$LATENT" run $STUDY --out "$WORK/study"
equal "n-grams without --ngram" occurrence --family suffix-ngrams
check "the longest wins" grep -q '"ngram": true' "$WORK/out"
# One rule: the rows of the other are not there, the others are the same.
for rule in occurrence type; do
    runs 0 "rule $rule" "$LATENT" run $STUDY --rule $rule \
        --out "$WORK/$rule"
    awk -F '\t' -v rule=$rule 'NR == 1 || $4 == rule' \
        "$WORK/study/align/human.tsv" >"$WORK/want"
    same "the rows of rule $rule" "$WORK/want" "$WORK/$rule/align/human.tsv"
    runs 0 "verify by $rule" "$LATENT" verify "$WORK/$rule"
    runs 0 "report by $rule" "$LATENT" report "$WORK/$rule" --text
    runs 0 "concepts by $rule" "$LATENT" concepts "$WORK/$rule"
    runs 0 "concept by $rule" "$LATENT" concepts "$WORK/$rule" \
        --show tuned/6/0
    runs 0 "diff with $rule" "$LATENT" diff "$WORK/study" "$WORK/$rule"
done

# Every file of a folder of lists is an input.
mkdir "$WORK/lists"
printf 'film\n' >"$WORK/lists/one.list"
printf 'scene\n' >"$WORK/lists/two.list"
runs 0 "a folder of lists" "$LATENT" plan $STUDY \
    --labels lists="$WORK/lists" --out "$WORK/listed"
for list in one two; do
    check "its hash: $list" grep -q \
        "$(sha256sum <"$WORK/lists/$list.list" | cut -c 1-64)" \
        "$WORK/listed/plan.json"
done

# Before anything is computed or written.
early() { # STATUS TEXT OPTIONS...
    want=$1 text=$2; shift 2
    for verb in run plan; do
        rm -rf "$WORK/none"
        runs "$want" "$verb $*" "$LATENT" $verb $STUDY --out "$WORK/none" "$@"
        says "$text"
        check "nothing is written: $text" test ! -e "$WORK/none"
    done
}
early 2 "expected FAMILY=FILE; the built-in" --labels casing
early 2 "unknown family 'nouns'" --labels nouns
early 2 "is built in" --labels casing="$WORK/news.list"
early 2 "given twice" --labels a="$WORK/news.list" --labels a="$WORK/news.list"
early 2 "given twice" --labels a="$WORK/news.list" --tagger a="$tuned"
early 2 "no --labels reads 'y'" --labels a="$WORK/news.list" --column y=2
early 2 "--rule is 'all', expected occurrence, type or both" --rule all
early 2 "--compat is 'icrl', expected eacl" --compat icrl
early 1 "--label-theta: threshold 1.5 is outside 0 to 1" --label-theta 1.5
early 1 "--theta: threshold -0.1 is outside 0 to 1" --theta -0.1
early 2 "--max-unknown: \"half\" is no threshold" --max-unknown half
early 2 "--share-unit is 'words', expected types" --share-unit words
early 1 "nowhere.conllu" --labels a="$WORK/nowhere.conllu"
head -n 40 "$WORK/data.txt" >"$WORK/short.txt"
early 1 "expected 80 sentences as in the text, found 40" \
    --labels a="$WORK/short.txt"
finish test_labels
