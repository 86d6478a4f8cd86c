"""Tables of findings 1 to 3 by layer, with chance levels, out of study
folders (Markdown for tools/manual/RESULTS.md).

    python3 tests/results/findings.py STUDY...

For every study: base and tuned at the same layer and over all layer pairs,
human-defined concepts by layer and by family, concepts polarised to each
class.  All at the study's theta; families by the occurrence rule, casing and
script left out of means (they explain everything in lower-case English).
A last table puts all studies side by side.
"""
import json
import os
import sys

from tables import number, rows

EVERYWHERE = ("casing", "script")


def mean(values):
    values = [float(v) for v in values if v not in ("", None)]
    return sum(values) / len(values) if values else None


def value(text, digits=1):
    return "-" if text is None else number(str(text), digits)


def span(row, low, high):
    """An interval, or nothing where none was computed."""
    if not row.get(low):
        return ""
    return f" ({number(row[low])} to {number(row[high])})"


def line(*cells):
    print("| " + " | ".join(str(c) for c in cells) + " |")


def header(*cells):
    line(*cells)
    print("|" + "---|" * len(cells))


class Study:
    def __init__(self, folder):
        self.folder = folder
        self.name = os.path.basename(os.path.normpath(folder))
        with open(f"{folder}/plan.json", encoding="utf-8") as file:
            self.plan = json.load(file)
        self.theta = float(self.plan["options"]["theta"])
        self.layers = self.plan["options"]["layers"]
        self.types = self.pairs("align/overlap-types.tsv")
        self.occurrences = self.pairs("align/overlap-occurrences.tsv")
        self.human = {(r["side"], int(r["layer"]), r["family"], r["rule"]): r
                      for r in rows(f"{folder}/align/human.tsv")}
        self.polar = {}
        for r in self.table("polarity/polarity.tsv"):
            if float(r["theta"]) == self.theta:
                key = r["side"], int(r["layer"]), r["classes"]
                self.polar.setdefault(key, []).append(r)

    def table(self, name):
        path = f"{self.folder}/{name}"
        return rows(path) if os.path.exists(path) else []

    def pairs(self, name):
        return {(int(r["base_layer"]), int(r["tuned_layer"])): r
                for r in self.table(name)
                if float(r["theta"]) == self.theta}

    def families(self):
        seen = []
        for _, _, family, _ in self.human:
            if family not in seen:
                seen.append(family)
        return seen

    def family_mean(self, side, layer, rule, column):
        return mean(r[column] for (s, n, family, by), r in self.human.items()
                    if (s, n, by) == (side, layer, rule)
                    and family not in EVERYWHERE)

    def polarised(self, side, layer):
        """Rows, one a class, by the gold class or else the predicted."""
        return self.polar.get((side, layer, "gold")) or \
            self.polar.get((side, layer, "predicted"), [])


# ---- One study -----------------------------------------------------------

def facts(study):
    options, corpus = study.plan["options"], study.plan["corpus"]
    print(f"{corpus['sentences']:,} sentences, {corpus['words']:,} words, "
          f"{corpus['words_kept']:,} kept ({corpus['types']:,} types; "
          f"{options['min']}/{options['max']}/{options['del']}); "
          f"K = {options['k']}, theta {options['theta']}, at least "
          f"{options['min_types']} types, {options['permutations']} "
          f"permutations, {options['bootstraps']} resamples.\n")


def overlap_table(study):
    header("layer", "counted, base and tuned", "tuned in base % (95 %)",
           "chance", "base in tuned % (95 %)", "chance",
           "tuned: kept, split, merged, new", "base: lost",
           "by occurrences: tuned in base %", "chance", "CKA")
    for layer in study.layers:
        r = study.types[layer, layer]
        o = study.occurrences[layer, layer]
        line(layer, f"{r['base_counted']}, {r['tuned_counted']}",
             number(r["tuned_to_base_percent"]) +
             span(r, "tuned_low", "tuned_high"),
             number(r["tuned_chance_mean"]) +
             span(r, "tuned_chance_low", "tuned_chance_high"),
             number(r["base_to_tuned_percent"]) +
             span(r, "base_low", "base_high"),
             number(r["base_chance_mean"]) +
             span(r, "base_chance_low", "base_chance_high"),
             ", ".join(r["tuned_" + fate]
                       for fate in ("kept", "split", "merged", "new")),
             r["base_lost"], number(o["tuned_to_base_percent"]),
             number(o["tuned_chance_mean"]), number(r["cka"], 2))


def pair_table(study):
    print("\nTuned in base %, all layer pairs (rows: base, columns: tuned); "
          "highest mean chance level of any pair " +
          value(max(float(r["tuned_chance_mean"] or 0)
                    for r in study.types.values())) + " %.\n")
    header("", *study.layers)
    for base in study.layers:
        line(base, *(number(study.types[base, tuned]["tuned_to_base_percent"])
                     for tuned in study.layers))


def human_table(study):
    print("\nHuman-defined concepts, mean over families, % of concepts "
          "aligned.\n")
    header("layer", "occurrence rule: base", "chance", "tuned", "chance",
           "type rule: base", "chance", "tuned", "chance")
    for layer in study.layers:
        line(layer, *(value(study.family_mean(side, layer, rule, column))
                      for rule in ("occurrence", "type")
                      for side in ("base", "tuned")
                      for column in ("percent_aligned",
                                     "aligned_chance_mean")))
    print("\nBy family (occurrence rule, base / tuned).\n")
    header("family", *(f"layer {n}" for n in study.layers),
           "highest chance")
    nothing = []
    for family in study.families():
        cells, chance = [], []
        for layer in study.layers:
            pair = [study.human[side, layer, family, "occurrence"]
                    for side in ("base", "tuned")]
            cells.append(" / ".join(number(r["percent_aligned"])
                                    for r in pair))
            chance += [float(r["aligned_chance_mean"]) for r in pair
                       if r["aligned_chance_mean"]]
        if set(cells) == {"0.0 / 0.0"}:
            nothing.append(family)
        else:
            line(family, *cells, value(max(chance, default=None)))
    if nothing:
        print(f"\n0.0 in every layer: {', '.join(nothing)}.")


def polarity_table(study):
    if not study.polar:
        return
    classes = [r["class"]
               for r in study.polarised("tuned", study.layers[-1])]
    print("\nPolarised concepts (number by chance in brackets), base / "
          "tuned, and % of those counted.\n")
    header("layer", *classes, "base %", "chance", "tuned % (95 %)", "chance",
           "by predicted class, tuned %")
    for layer in study.layers:
        base = study.polarised("base", layer)
        tuned = study.polarised("tuned", layer)
        if not base or not tuned:
            continue
        predicted = study.polar.get(("tuned", layer, "predicted"), [{}])
        line(layer, *(f"{b['polarised']} ({number(b['chance_mean'])}) / "
                      f"{t['polarised']} ({number(t['chance_mean'])})"
                      for b, t in zip(base, tuned)),
             number(base[0]["all_percent"]),
             number(base[0]["all_chance_mean"]) +
             span(base[0], "all_chance_low", "all_chance_high"),
             number(tuned[0]["all_percent"]) +
             span(tuned[0], "all_low", "all_high"),
             number(tuned[0]["all_chance_mean"]) +
             span(tuned[0], "all_chance_low", "all_chance_high"),
             number(predicted[0].get("all_percent")))


# ---- All studies ---------------------------------------------------------

def summary(studies):
    """First and last layer, and the mean of the upper half, which is what
    the findings are about."""
    print("\n### Side by side\n")
    header("study", "tuned in base %, first and last layer (chance, last)",
           "families %, upper half: base, tuned (chance, tuned)",
           "polarised %, tuned: first and last layer (chance, last)",
           "polarised %, base: last layer")
    for s in studies:
        first, last = s.layers[0], s.layers[-1]
        upper = s.layers[(len(s.layers) + 1) // 2:] or s.layers
        half = {(side, column): mean(s.family_mean(side, n, "occurrence",
                                                   column) for n in upper)
                for side in ("base", "tuned")
                for column in ("percent_aligned", "aligned_chance_mean")}
        polar = {(side, n): (s.polarised(side, n) or [{}])[0]
                 for side in ("base", "tuned") for n in (first, last)}
        line(s.name,
             f"{number(s.types[first, first]['tuned_to_base_percent'])}, "
             f"{number(s.types[last, last]['tuned_to_base_percent'])} "
             f"({number(s.types[last, last]['tuned_chance_mean'])})",
             f"{value(half['base', 'percent_aligned'])}, "
             f"{value(half['tuned', 'percent_aligned'])} "
             f"({value(half['tuned', 'aligned_chance_mean'])})",
             f"{number(polar['tuned', first].get('all_percent'))}, "
             f"{number(polar['tuned', last].get('all_percent'))} "
             f"({number(polar['tuned', last].get('all_chance_mean'))})",
             number(polar["base", last].get("all_percent")))


def main(folders):
    studies = [Study(folder) for folder in folders]
    for study in studies:
        print(f"\n### {study.name}\n")
        facts(study)
        overlap_table(study)
        pair_table(study)
        human_table(study)
        polarity_table(study)
    if len(studies) > 1:
        summary(studies)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
