#!/bin/sh
# FORMATS.md names every file and column that a study has; other programs
# read them where they are: latent.py, SciPy, NeuroX, llama.cpp, pandas,
# TextAttack, R; get-model.sh against a server of our own.
. tests/e2e/lib.sh
formats=tools/manual/FORMATS.md
study=$WORK/study
runs 0 "a study" "$LATENT" run --base model/demo/base.gguf \
    --tuned model/demo/tuned.gguf --data tests/data/demo.tsv \
    --eval tests/data/demo-eval.tsv --limit 120 --k 15 --layers 0,6 \
    --permutations 10 --candidates 2 --keep 1 --upper 0 --whole 2 -q \
    --out "$study"

# ---- The manual ----
(cd "$study" && find . -type f ! -name '.*' | sed 's|^\./||' | sort) \
    >"$WORK/files"
while read -r file; do
    case $file in
    */layer-*/* | triggers/*) name=${file##*/} ;;
    align/layer-* | align/human-*-[0-9]*) name=$(echo "$file" |
        sed 's/[0-9][0-9]/NN/; s/tuned\|base/SIDE/') ;;
    polarity/*-[0-9]*) name=polarity/SIDE-NN.json ;;
    *) name=$file ;;
    esac
    check "FORMATS.md tells of $name" grep -qF "$name" $formats
    case $file in
    *.tsv) head -n 1 "$study/$file" | tr '\t' '\n' |
        sed 's/^p_.*/p_CLASS/' >"$WORK/columns"
        while read -r column; do
            grep -qF "\`$column\`" $formats ||
                echo "$file: column $column"
        done <"$WORK/columns" ;;
    esac
done <"$WORK/files" >"$WORK/missing"
check "FORMATS.md has it all: $(head -n 3 "$WORK/missing")" \
    test ! -s "$WORK/missing"
(cd "$study/tuned/layer-06" && sha256sum --quiet -c layer.sha256) \
    >"$WORK/sums" 2>&1
check "layer.sha256 is what sha256sum reads" test ! -s "$WORK/sums"

# Options that the manual names are options of some verb.
for verb in $("$LATENT" help | sed -n 's/^  \([a-z]*\)  *[a-zA-Z].*/\1/p' |
    grep -v '^latent$'); do
    "$LATENT" "$verb" --help
done | grep -oE -- '--[a-z][a-z0-9-]*' | sort -u >"$WORK/known"
sed 's/`sha256sum[^`]*`//g; s/`pkg-config[^`]*`//g; /pkg-config/d' \
    tools/manual/METHOD.md $formats tools/manual/INSTALL.md |
    grep -oE -- '--[a-z][a-z0-9-]*' | sort -u >"$WORK/named"
check "the manual has no other option: $(comm -13 "$WORK/known" \
    "$WORK/named" | tr '\n' ' ')" \
    test -z "$(comm -13 "$WORK/known" "$WORK/named")"

grep -oE '(e2e|unit/[a-z]+)/[a-z_]+' tests/README.md | sort -u |
    while read -r name; do
        case $name in
        */x) ;;
        e2e/*) test -e "tests/e2e/test_${name#e2e/}.sh" || echo "$name" ;;
        *) test -e "tests/${name%/*}/test_${name##*/}.c" || echo "$name" ;;
        esac
    done >"$WORK/gone"
check "tests/README.md names tests that are there" test ! -s "$WORK/gone"

# ---- Other programs ----
have() { # MODULE
    command -v python3 >/dev/null && python3 -c "import $1" 2>/dev/null
}
LATENT_PROGRAM=$LATENT
export LATENT_PROGRAM
if have numpy; then
    PYTHONPATH=tools/python PYTHONDONTWRITEBYTECODE=1
    export PYTHONPATH PYTHONDONTWRITEBYTECODE
    cat >"$WORK/try.py" <<'P'
import os, sys
import numpy, latent
folder, work = sys.argv[1:3]
study = latent.Study(folder)
assert study.layers == [0, 6] and study.options["k"] == 15
words = study.words()
n = len(words["word"])
Z = study.linkage("tuned", 6)
assert Z.shape == (n - 1, 4) and Z.dtype == numpy.float64
assert (numpy.diff(Z[:, 2]) >= 0).all() and Z[-1, 3] == n
concepts = study.concepts("tuned", 6)
assert len(concepts) == 15 and sum(map(len, concepts)) == n
labels = study.labels("tuned", 6)
assert labels[0] == 0 and set(labels) == set(range(15))
assert concepts[0].words.total() == len(concepts[0])
percent = study.alignment()
assert percent.shape == (2, 2) and percent[0, 0] > percent[1, 1]
for name in ("align/human", "align/matches", "polarity/polarity",
             "triggers/triggers"):
    table = study.table(name)
    assert len({len(column) for column in table.values()}) == 1
assert study.json("align/layer-06")["layer"] == 6
assert "0 changed" in study.verify()
assert "0 different" in study.verify(rerun=folder + "-again", quiet=True)
assert len(study.sentences()["text"]) == 120
try:
    latent.call("concepts", folder, show="tuned/6/99")
except latent.LatentError as error:
    assert error.code == 1 and "tuned/6/99" in str(error)
else:
    raise AssertionError("no error")
points = numpy.random.default_rng(1).normal(size=(40, 5))
tree = latent.cluster(points, os.path.join(work, "Z.npy"))
assert tree.shape == (39, 4)
table, arrays = latent.extract("model/demo/tuned.gguf",
                               "tests/data/demo.tsv",
                               os.path.join(work, "states"), limit=50,
                               layers=[0, 6])
assert sorted(arrays) == [0, 6] and len(arrays[6]) == len(table["word"])
assert latent.call("classify", "model/demo/tuned.gguf", quiet=True,
                   text="a gripping film\n").startswith("label\t")
P
    cat >>"$WORK/try.py" <<'P'
neurox = os.path.join(work, "states.json")
latent.save_neurox(neurox, table, arrays)
words, back = latent.load_neurox(neurox)
assert list(words["word"]) == [str(word) for word in table["word"]]
assert (words["sentence"] == table["sentence"]).all()
assert sorted(back) == [0, 6]
assert all((back[layer] == arrays[layer]).all() for layer in back)
assert (latent.cluster(back[6], os.path.join(work, "back.npy")) ==
        latent.cluster(arrays[6], os.path.join(work, "Z.npy"))).all()
P
    runs 0 "latent.py" python3 "$WORK/try.py" "$study" "$WORK"
    runs 0 "the example" python3 tools/python/example.py "$study"
    check "it prints the layers" grep -q "^layer  6 " "$WORK/out"
    runs 0 "latent.py as a script" python3 tools/python/latent.py "$study"
else
    skip "numpy is absent: latent.py not tried"
fi
if have scipy; then
    runs 0 "SciPy reads the linkage" python3 - "$study" <<'P'
import sys
import numpy
from scipy.cluster.hierarchy import dendrogram, fcluster, is_valid_linkage
Z = numpy.load(sys.argv[1] + "/tuned/layer-06/linkage.npy")
assert is_valid_linkage(Z, throw=True)
assert len(dendrogram(Z, no_plot=True, truncate_mode="lastp")["ivl"]) == 30
assert len(set(fcluster(Z, 15, "maxclust"))) == 15
P
else
    skip "scipy is absent"
fi
# The states that latent.py left in $WORK, through NeuroX's own loader, and
# what its writer makes of them through ours (it rounds to 8 decimals).
if have neurox.data.loader && have numpy; then
    runs 0 "NeuroX reads ours, we read NeuroX's" python3 - "$WORK" <<'P'
import sys
import latent, numpy
from neurox.data.loader import load_activations
from neurox.data.writer import ActivationsWriter
work = sys.argv[1]
words, arrays = latent.load_neurox(work + "/states.json")
theirs, layers = load_activations(work + "/states.json")
both = numpy.concatenate([arrays[0], arrays[6]], axis=1)
assert layers == 2 and numpy.array_equal(numpy.concatenate(theirs), both)
writer = ActivationsWriter.get_writer(work + "/written.json")
for sentence in dict.fromkeys(words["sentence"]):
    of = words["sentence"] == sentence
    writer.write_activations(int(sentence), list(words["word"][of]),
                             numpy.stack([arrays[0][of], arrays[6][of]]))
writer.close()
again, back = latent.load_neurox(work + "/written.json")
assert list(again["word"]) == list(words["word"])
assert abs(back[1] - arrays[6]).max() < 1e-8 + 1e-6
P
else
    skip "neurox is absent"
fi
# A build of llama.cpp, over a GGUF that we convert.
hub=$SHARED/models/minilm-sst2
if have xllamacpp && [ -n "$SHARED" ] && [ -d "$hub" ]; then
    runs 0 "llama.cpp has the states of our GGUF" \
        python3 tests/oracle/llama_cpp.py "$LATENT" "$hub" f16
else
    skip "xllamacpp or the reference models are absent"
fi
if have pandas; then
    runs 0 "pandas reads every table" python3 - "$study" <<'P'
import glob, sys
import pandas
for path in glob.glob(sys.argv[1] + "/**/*.tsv", recursive=True):
    table = pandas.read_csv(path, sep="\t", quoting=3,
                            keep_default_na=False, na_values=[""])
    lines = open(path, encoding="utf-8", newline="\n").read().count("\n")
    assert len(table) == lines - 1, path
flips = pandas.read_csv(sys.argv[1] + "/triggers/flips.csv")
assert {"original_text", "perturbed_text"} <= set(flips.columns)
P
else
    skip "pandas is absent"
fi
# TextAttack's own logger, given what our file says, writes that file.  (It
# asks for NLTK's stop words as it starts, and uses none here.)
mkdir -p "$WORK/nltk/corpora/stopwords"
echo the >"$WORK/nltk/corpora/stopwords/english"
NLTK_DATA=$WORK/nltk
export NLTK_DATA
if have textattack.loggers; then
    cat >"$WORK/try.py" <<'P'
import csv, sys
from textattack.attack_results import SuccessfulAttackResult
from textattack.goal_function_results import (
    ClassificationGoalFunctionResult, GoalFunctionResultStatus)
from textattack.loggers import CSVLogger
from textattack.shared import AttackedText
ours, theirs = sys.argv[1:3]
logger = CSVLogger(theirs, color_method=None)
with open(ours, encoding="utf-8", newline="") as file:
    for row in csv.DictReader(file):
        def side(name, status, queries):
            return ClassificationGoalFunctionResult(
                AttackedText(row[name + "_text"]), None,
                int(row[name + "_output"]), status,
                float(row[name + "_score"]), queries,
                int(row["ground_truth_output"]))
        assert row["result_type"] == "Successful"
        logger.log_attack_result(SuccessfulAttackResult(
            side("original", GoalFunctionResultStatus.SEARCHING, 0),
            side("perturbed", GoalFunctionResultStatus.SUCCEEDED,
                 int(row["num_queries"]))))
logger.flush()
P
    runs 0 "TextAttack logs our flips" python3 "$WORK/try.py" \
        "$study/triggers/flips.csv" "$WORK/theirs.csv"
    check "to the same bytes" cmp "$WORK/theirs.csv" \
        "$study/triggers/flips.csv"
    check "there are flips" test "$(wc -l <"$WORK/theirs.csv")" -gt 1
else
    skip "textattack is absent"
fi
if command -v Rscript >/dev/null; then
    "$LATENT" extract model/demo/tuned.gguf --data tests/data/demo.tsv \
        --limit 60 --layers 6 -q -o "$WORK/points"
    "$LATENT" cluster "$WORK/points/layer-06.npy" -q --r-tree "$WORK/tree.R"
    cat >"$WORK/try.R" <<'R'
at <- commandArgs(TRUE)
table <- read.delim(paste0(at[1], "/align/human.tsv"), quote = "")
stopifnot(nrow(table) > 0)
tree <- dget(at[2])
n <- length(tree$order)
file <- file(at[3], "rb")
head <- as.integer(readBin(file, "raw", 10))
readBin(file, "raw", head[9] + 256L * head[10])
x <- readBin(file, "numeric", 1e8, size = 4, endian = "little")
x <- matrix(x, nrow = n, byrow = TRUE)
own <- hclust(dist(x), "ward.D2")
stopifnot(all.equal(tree$height, own$height, tolerance = 1e-6))
both <- table(cutree(tree, 10), cutree(own, 10))
stopifnot(sum(both > 0) == 10)
pdf(NULL)
plot(tree)
R
    runs 0 "R reads a table, and a tree that is its own" \
        Rscript "$WORK/try.R" "$study" "$WORK/tree.R" \
        "$WORK/points/layer-06.npy"
else
    skip "R is absent"
fi

# ---- Fetching a model, from this machine ----
unset LATENT_HUB
if command -v curl >/dev/null && have http.server; then
    hub=$WORK/hub/some/model/resolve/main
    mkdir -p "$hub"
    echo '{"model_type": "bert"}' >"$hub/config.json"
    echo weights >"$hub/model.safetensors"
    echo '[UNK]' >"$hub/vocab.txt"
    python3 -c '
import functools, http.server, sys
h = functools.partial(http.server.SimpleHTTPRequestHandler,
                      directory=sys.argv[1])
s = http.server.HTTPServer(("127.0.0.1", 0), h)
open(sys.argv[2], "w").write(str(s.server_port) + "\n")
s.serve_forever()' "$WORK/hub" "$WORK/port" 2>/dev/null &
    server=$!
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        [ -s "$WORK/port" ] || sleep 0.3
    done
    LATENT_HUB=http://127.0.0.1:$(cat "$WORK/port")
    export LATENT_HUB
fi
if [ -z "${LATENT_HUB:-}" ]; then
    skip "curl or python3 is absent: get-model.sh not tried"
elif ! curl -s -o /dev/null "$LATENT_HUB/"; then
    skip "127.0.0.1 is not reached: get-model.sh not tried"
else
    runs 0 "get-model" tools/get-model.sh some/model "$WORK/got"
    check "it came whole" cmp -s "$hub/model.safetensors" \
        "$WORK/got/model.safetensors"
    check "and is listed" grep -q ' vocab.txt$' "$WORK/got/SHA256SUMS"
    echo other >"$hub/vocab.txt"
    rm "$WORK/got/vocab.txt"
    runs 1 "a file that changed" tools/get-model.sh some/model "$WORK/got"
    says "not the files that SHA256SUMS names"
    runs 1 "no such model" tools/get-model.sh some/other "$WORK/none"
    says "has no model some/other"
    runs 2 "no such name" tools/get-model.sh ../x "$WORK/none"
fi
[ -z "${server:-}" ] || kill "$server"
finish test_formats
