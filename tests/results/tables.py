"""Tables of tools/manual/RESULTS.md out of study folders (Markdown).

    python3 tests/results/tables.py STUDY...

By layer: share of the tuned model's concepts found in the base at the same
layer, CKA, mean share of concepts that a label family explains (casing and
script left out: they explain everything in lower-case English), concepts
polarised to a class; and the triggers beside their controls.  Chance levels
stand in brackets.
"""
import csv
import os
import sys


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t",
                                   quoting=csv.QUOTE_NONE))


def number(text, digits=1):
    return "-" if text in ("", None) else f"{float(text):.{digits}f}"


def layers_table(study):
    overlap = rows(f"{study}/align/overlap-types.tsv")
    human = rows(f"{study}/align/human.tsv")
    polarity = rows(f"{study}/polarity/polarity.tsv")
    print("| layer | tuned in base (chance) | CKA | label families, base "
          "and tuned (chance) | polarised, base and tuned | of the tuned "
          "ones counted (chance) |")
    print("|---|---|---|---|---|---|")
    for layer in sorted({int(r["base_layer"]) for r in overlap}):
        same = next(r for r in overlap
                    if r["base_layer"] == r["tuned_layer"] == str(layer)
                    and r["theta"] == "0.90")

        def family(side, column):
            values = [float(r[column]) for r in human
                      if r["side"] == side and r["layer"] == str(layer)
                      and r["rule"] == "occurrence" and r[column]
                      and r["family"] not in ("casing", "script")]
            return number(sum(values) / len(values)) if values else "-"

        def turned(side):
            return next((r for r in polarity
                         if r["side"] == side and r["layer"] == str(layer)
                         and r["classes"] == "gold"
                         and r["theta"] == "0.90"), {})

        base, tuned = turned("base"), turned("tuned")
        print(f"| {layer} | {number(same['tuned_to_base_percent'])} % "
              f"({number(same['tuned_chance_mean'])}) | "
              f"{number(same.get('cka'), 2)} | "
              f"{family('base', 'percent_aligned')} %, "
              f"{family('tuned', 'percent_aligned')} % "
              f"({family('tuned', 'aligned_chance_mean')}) | "
              f"{base.get('all_classes', '-')}, "
              f"{tuned.get('all_classes', '-')} | "
              f"{number(tuned.get('all_percent'))} % "
              f"({number(tuned.get('all_chance_mean'))}) |")


def trigger_table(study):
    path = f"{study}/triggers/summary.tsv"
    if not os.path.exists(path):
        return
    print("\n| class | insertion | source | tried | flip rate, held out "
          "(95 %) | best | concept words ahead by (95 %) |")
    print("|---|---|---|---|---|---|---|")
    for r in rows(path):
        ahead = "" if r["concept_ahead"] == "" else (
            f"{100 * float(r['concept_ahead']):.1f} "
            f"({100 * float(r['ahead_low']):.1f} to "
            f"{100 * float(r['ahead_high']):.1f})")
        if r["mean_rate"] == "":
            continue
        print(f"| {r['class']} | {r['insertion']} | {r['source']} | "
              f"{r['tried']} | {100 * float(r['mean_rate']):.1f} % "
              f"({100 * float(r['low']):.1f} to "
              f"{100 * float(r['high']):.1f}) | "
              f"{100 * float(r['best_rate']):.1f} % | {ahead} |")


if __name__ == "__main__":
    for folder in sys.argv[1:]:
        print(f"\n### {os.path.basename(os.path.normpath(folder))}\n")
        layers_table(folder)
        trigger_table(folder)
