"""latent from Python: runs the program and loads a study.

One file, standard library and NumPy only; copy it beside your notebook or
put its folder on PYTHONPATH.  The program is `latent` on PATH, or the path in
the environment variable LATENT_PROGRAM.

    import latent
    study = latent.run(base="models/base", tuned="models/tuned",
                       data="train.tsv", out="study", k=600)
    study = latent.Study("study")                  # or one that is there
    study.linkage("tuned", 6)                      # SciPy's Z, mapped
    for concept in study.concepts("tuned", 6):
        print(concept.number, concept.words.most_common(5))
    study.table("align/overlap-types")["theta"]    # columns of a TSV

As a script it prints a summary of a study:  python3 latent.py study
"""
import collections
import json
import os
import subprocess
import sys

import numpy

__all__ = ["LatentError", "Occurrence", "Concept", "Study", "call", "run",
           "extract", "cluster", "read_table", "read_clusters",
           "save_neurox", "load_neurox"]

SIDES = ("base", "tuned")


class LatentError(Exception):
    """The program refused: its message and its exit code
    (1 bad input, 2 usage, 3 resources, 4 internal)."""

    def __init__(self, message, code):
        super().__init__(message)
        self.code = code


def program():
    return os.environ.get("LATENT_PROGRAM", "latent")


def _words(options):
    """k=600, min_types=6, labels=["a=b"], dry_run=True as words of a command
    line; None and False leave an option out."""
    words = []
    for name, value in options.items():
        option = "--" + name.rstrip("_").replace("_", "-")
        if value is None or value is False:
            continue
        if value is True:
            words.append(option)
            continue
        many = name in ("labels", "family", "words")
        if isinstance(value, (list, tuple, range)):
            values = list(value) if many else [",".join(map(str, value))]
        else:
            values = [value]
        for one in values:
            words += [option, str(one)]
    return words


def call(verb, *arguments, text=None, **options):
    """Runs `latent VERB ARGUMENTS --options` and returns what it prints.
    `text` is given to it as standard input."""
    command = [program(), verb, *map(str, arguments), *_words(options)]
    done = subprocess.run(command, input=text, capture_output=True,
                          encoding="utf-8", check=False)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        raise LatentError(lines[-1] if lines else "no message",
                          done.returncode)
    return done.stdout


def run(out, **options):
    """A whole study (see `latent run --help`); returns it."""
    call("run", out=out, quiet=True, **options)
    return Study(out)


def extract(model, data, out, **options):
    """Words' vectors of a corpus: (words table, {layer: array})."""
    call("extract", model, data=data, out=out, quiet=True, **options)
    arrays = {}
    for name in sorted(os.listdir(out)):
        if name.startswith("layer-") and name.endswith(".npy"):
            arrays[int(name[6:-4])] = numpy.load(os.path.join(out, name),
                                                 mmap_mode="r")
    return read_table(os.path.join(out, "words.tsv")), arrays


def cluster(points, linkage, **options):
    """Exact Ward of the rows of an array or of an npy file; returns Z."""
    if not isinstance(points, (str, os.PathLike)):
        path = str(linkage) + ".points.npy"
        numpy.save(path, numpy.ascontiguousarray(points, numpy.float32))
        try:
            return cluster(path, linkage, **options)
        finally:
            os.remove(path)
    call("cluster", points, linkage=linkage, quiet=True, **options)
    return numpy.load(linkage)


def _column(cells):
    """Numbers as float64 (empty: nan), whole ones as int64, else text."""
    try:
        return numpy.array([int(cell) for cell in cells], dtype=numpy.int64)
    except (ValueError, OverflowError):
        pass
    try:
        return numpy.array([float(cell) if cell else numpy.nan
                            for cell in cells], dtype=numpy.float64)
    except ValueError:
        return numpy.array(cells, dtype=object)


def read_table(path, text=()):
    """A TSV with a header as {column: array}; columns named in `text` stay
    text whatever is in them."""
    with open(path, encoding="utf-8", newline="\n") as file:
        lines = file.read().split("\n")
    if lines and lines[-1] == "":
        lines.pop()
    names = lines[0].split("\t")
    rows = [line.split("\t") for line in lines[1:]]
    table = {}
    for at, name in enumerate(names):
        cells = [row[at] for row in rows]
        table[name] = (numpy.array(cells, dtype=object)
                       if name in text else _column(cells))
    return table


Occurrence = collections.namedtuple("Occurrence",
                                    "word n sentence position")


class Concept:
    """One cluster: its number and its occurrences."""

    def __init__(self, number):
        self.number = number
        self.occurrences = []

    @property
    def words(self):
        """Counter of its words; its length is the number of types."""
        return collections.Counter(o.word for o in self.occurrences)

    def __len__(self):
        return len(self.occurrences)

    def __repr__(self):
        most = " ".join(word for word, _ in self.words.most_common(5))
        return f"<concept {self.number}: {len(self)} of {most}>"


def read_clusters(path):
    """A cluster file (word|||n|||sentence|||position|||cluster) as a list
    of concepts in order of their numbers."""
    concepts = {}
    with open(path, encoding="utf-8", newline="\n") as file:
        for line in file.read().split("\n"):
            if line:
                word, n, sentence, position, number = line.rsplit("|||", 4)
                number = int(number)
                if number not in concepts:
                    concepts[number] = Concept(number)
                concepts[number].occurrences.append(
                    Occurrence(word, int(n), int(sentence), int(position)))
    return [concepts[number] for number in sorted(concepts)]


def save_neurox(path, words, arrays):
    """What extract() gives as NeuroX's JSON (a name ending in .json): one
    line a sentence, float32 values in full.  A sentence holds its kept words
    alone: extract with min=1, max=0 for all of them."""
    rows = {}
    for row, sentence in enumerate(words["sentence"]):
        rows.setdefault(int(sentence), []).append(row)
    layers = [(layer, numpy.asarray(arrays[layer], numpy.float32))
              for layer in sorted(arrays)]
    with open(path, "w", encoding="utf-8") as file:
        for sentence, members in rows.items():
            features = [{"token": str(words["word"][row]),
                         "layers": [{"index": layer,
                                     "values": array[row].tolist()}
                                    for layer, array in layers]}
                        for row in members]
            file.write(json.dumps({"linex_index": sentence,
                                   "features": features},
                                  ensure_ascii=False) + "\n")


def load_neurox(path):
    """NeuroX's JSON as (words, {layer index: float32 array}), the words with
    columns word, sentence, position; an array is what cluster() takes."""
    words = {"word": [], "sentence": [], "position": []}
    values = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            sentence = json.loads(line)
            for position, token in enumerate(sentence["features"]):
                words["word"].append(token["token"])
                words["sentence"].append(sentence["linex_index"])
                words["position"].append(position)
                for layer in token["layers"]:
                    values.setdefault(layer["index"], []).append(
                        numpy.array(layer["values"], numpy.float32))
    arrays = {layer: numpy.stack(rows) for layer, rows in values.items()}
    if any(len(rows) != len(words["word"]) for rows in values.values()):
        raise ValueError(f"{path}: a token lacks a layer")
    return ({"word": numpy.array(words["word"], dtype=object),
             "sentence": numpy.array(words["sentence"], dtype=numpy.int64),
             "position": numpy.array(words["position"], dtype=numpy.int64)},
            arrays)


class Study:
    """A study folder.  Nothing is kept in memory but what was asked for."""

    def __init__(self, folder):
        self.folder = os.fspath(folder)
        with open(self.path("plan.json"), encoding="utf-8") as file:
            self.plan = json.load(file)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    @property
    def options(self):
        return self.plan["options"]

    @property
    def layers(self):
        return self.options["layers"]

    def _layer(self, side, layer, name):
        if side not in SIDES:
            raise ValueError(f"side is {side!r}, expected base or tuned")
        return self.path(side, f"layer-{layer:02d}", name)

    def linkage(self, side, layer):
        """SciPy's Z, float64 (N-1) x 4, mapped from the file."""
        return numpy.load(self._layer(side, layer, "linkage.npy"),
                          mmap_mode="r")

    def concepts(self, side, layer):
        return read_clusters(self._layer(side, layer, "concepts.txt"))

    def labels(self, side, layer):
        """Concept number of every kept word, in the order of words()."""
        place = {(int(s), int(p)): i for i, (s, p) in enumerate(
            zip(self.words()["sentence"], self.words()["position"]))}
        labels = numpy.full(len(place), -1, dtype=numpy.int64)
        for concept in self.concepts(side, layer):
            for o in concept.occurrences:
                labels[place[o.sentence, o.position]] = concept.number
        return labels

    def words(self):
        """Columns word, n, sentence, position of the kept words."""
        return read_table(self.path("words.tsv"), text=("word",))

    def sentences(self):
        return read_table(self.path("sentences.tsv"),
                          text=("gold", "predicted", "text", "text2"))

    def table(self, name):
        """Any table of the study, say "polarity/concepts"."""
        return read_table(self.path(*f"{name}.tsv".split("/")),
                          text=("theta", "word", "words", "label", "counts",
                                "class", "majority_class"))

    def json(self, name):
        """Any JSON file of the study, say "align/layer-06"."""
        with open(self.path(*f"{name}.json".split("/")),
                  encoding="utf-8") as file:
            return json.load(file)

    def alignment(self, theta=None, unit="types", column=None):
        """Percentages of all layer pairs: rows base, columns tuned layers."""
        table = self.table(f"align/overlap-{unit}")
        column = column or "tuned_to_base_percent"
        theta = float(self.options["theta"] if theta is None else theta)
        out = numpy.full((len(self.layers), len(self.layers)), numpy.nan)
        at = {layer: i for i, layer in enumerate(self.layers)}
        for i, text in enumerate(table["theta"]):
            if float(text) == theta:
                out[at[int(table["base_layer"][i])],
                    at[int(table["tuned_layer"][i])]] = table[column][i]
        return out

    def verify(self, **options):
        """Raises LatentError when a file is not as the manifest says, or,
        with rerun=FOLDER, is another one when the study is made again."""
        return call("verify", self.folder, **options)


def main(arguments):
    if len(arguments) != 2:
        print("usage: latent.py STUDY", file=sys.stderr)
        return 2
    study = Study(arguments[1])
    print(f"{study.plan['corpus']['words_kept']} words, layers "
          f"{study.layers}, k = {study.options['k']}")
    aligned = numpy.diag(study.alignment())
    for i, layer in enumerate(study.layers):
        largest = max(study.concepts("tuned", layer), key=len)
        print(f"layer {layer}: {aligned[i]:.1f} % of the tuned concepts are "
              f"in the base; the largest is {largest!r}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
