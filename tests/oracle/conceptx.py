#!/usr/bin/env python3
"""Do ConceptX's own scripts and `latent` agree, and read each other's files?

    tests/oracle/conceptx.py LATENT CONCEPTX TEXT FAMILY=LABELS...

CONCEPTX is a copy of github.com/hsajjad/ConceptX, TEXT one tokenised sentence
a line, LABELS its labels, line by line (../shared/data/conceptx-1000 has
both).  Held against each other, on the first 300 sentences:

  - the frequency filter (frequency_filter_data.py): the same words kept;
  - the clusters (get_agglomerative_clusters.py) of our vectors: the same
    partition, and their cluster file read by us;
  - the labels of our cluster file (align_with_single_auto_tag.py): the same
    concepts aligned to the same labels.

Needs numpy, scikit-learn, dill, tqdm and jinja2; prints "skipped" without
them.
"""
import collections
import importlib.util
import json
import os
import subprocess
import sys
import tempfile

MODEL = "model/demo/tuned.gguf"
LAYER, K, LINES = 3, 40, 300
LEAST, MOST = 2, 8


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(" ".join(command) + ":\n" + done.stderr)
    return done.stdout


def theirs(script, *options):
    """Their scripts write what they have before they look for a template
    that is not in the repository, so the exit status says nothing."""
    return subprocess.run([sys.executable, script, *options],
                          capture_output=True, text=True)


def rows(path):
    with open(path) as file:
        names, *lines = [line.rstrip("\n").split("\t") for line in file]
    return [dict(zip(names, line)) for line in lines]


def members(path):
    """(sentence, position) -> cluster of a cluster file."""
    with open(path) as file:
        cells = [line.rstrip("\n").split("|||") for line in file]
    return {(int(c[-3]), int(c[-2])): int(c[-1]) for c in cells}


def partition(of):
    groups = collections.defaultdict(set)
    for member, cluster in of.items():
        groups[cluster].add(member)
    return sorted(map(sorted, groups.values()))


class Check:
    passed = failed = 0

    def __call__(self, what, good, detail=""):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print("FAILED:", what, detail)


def extract(latent, text, to, *options):
    run(latent, "extract", MODEL, "--data", text, "-o", to, "--layers",
        str(LAYER), "--del", "1000000", "--quiet", *options)
    return rows(os.path.join(to, "words.tsv"))


def main():
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    for name in ("numpy", "sklearn", "dill", "tqdm", "jinja2"):
        if importlib.util.find_spec(name) is None:
            print("conceptx: skipped:", name, "is not installed")
            return
    import numpy
    latent, scripts = sys.argv[1], os.path.join(sys.argv[2], "scripts")
    families = [argument.split("=", 1) for argument in sys.argv[4:]]
    check, top = Check(), tempfile.TemporaryDirectory()
    at = lambda *parts: os.path.join(top.name, *parts)
    head = lambda path: open(path).read().split("\n")[:LINES]
    with open(at("text.txt"), "w") as file:
        file.write("\n".join(head(sys.argv[3])) + "\n")

    # The filter.
    name = lambda w: "|||".join((w["word"], w["n"], w["sentence"],
                                 w["position"]))
    every = extract(latent, at("text.txt"), at("every"), "--min", "1",
                    "--max", "0")
    kept = extract(latent, at("text.txt"), at("kept"), "--min", str(LEAST),
                   "--max", str(MOST))
    counts = collections.Counter(w["word"] for w in every)
    for file, value in (("all.json", [[name(w), [0]] for w in every]),
                        ("counts.json", counts),
                        ("lines.json", head(sys.argv[3]))):
        with open(at(file), "w") as out:
            json.dump(value, out)
    theirs(os.path.join(scripts, "frequency_filter_data.py"), "--input-file",
           at("all.json"), "--frequency-file", at("counts.json"),
           "--sentence-file", at("lines.json"), "--minimum-frequency",
           str(LEAST), "--maximum-frequency", str(MOST), "--output-file",
           at("theirs"))
    with open(at(f"theirs_min_{LEAST}_max_{MOST}_del_500000-dataset.json")
              ) as file:
        names = [entry[0] for entry in json.load(file)]
    check("the filter keeps the same words", names == [name(w) for w in kept],
          f"{len(names)} and {len(kept)}")

    # The clusters.
    points = at("kept", f"layer-{LAYER:02}.npy")
    run(latent, "cluster", points, "--linkage", at("z.npy"), "--k", str(K),
        "--words", at("kept", "words.tsv"), "--concepts", at("ours.txt"),
        "--quiet")
    numpy.save(at("names.npy"), numpy.array(names))
    theirs(os.path.join(scripts, "get_agglomerative_clusters.py"), "-v",
           at("names.npy"), "-p", points, "-o", top.name, "-k",
           f"{K},{K},{K}")
    clusters = at(f"clusters-{K}.txt")
    check("the same partition", partition(members(clusters)) ==
          partition(members(at("ours.txt"))))

    # The labels, of our clusters and of theirs.
    for family, path in families:
        with open(at("labels.txt"), "w") as file:
            file.write("\n".join(head(path)) + "\n")
        theirs(os.path.join(scripts, "align_with_single_auto_tag.py"),
               at("labels.txt"), at("text.txt"), at("ours.txt"),
               at("aligned.json"))
        with open(at("aligned.json")) as file:
            wanted = sorted((cluster, label.split(":", 1)[1]) for
                            label, all_of in json.load(file)[
                                "autolabels_to_clusters_mapping"].items()
                            for cluster in all_of)
        mine = {}
        for source in ("ours.txt", f"clusters-{K}.txt"):
            result = json.loads(run(
                latent, "label", "--concepts", at(source), "--text",
                at("text.txt"), "--family", f"{family}={at('labels.txt')}",
                "--permutations", "1"))
            mine[source] = sorted(
                (one["concept"], one["winner"])
                for one in result["concepts"] if one["aligned"])
        check(f"{family}: the same concepts aligned",
              mine["ours.txt"] == wanted and wanted,
              f"{mine['ours.txt']} and {wanted}")
        check(f"{family}: their cluster file read by us",
              sorted(label for _, label in mine[f"clusters-{K}.txt"]) ==
              sorted(label for _, label in wanted))
    print(f"conceptx: {check.passed} passed, {check.failed} failed")
    sys.exit(check.failed > 0)


main()
