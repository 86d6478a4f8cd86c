"""Single-word triggers beside their controls (Markdown), and one sentence on
whether the words of polarised concepts beat each control.

    python3 tests/results/triggers.py FOLDER      (what `latent triggers` made)
"""
import sys

from tables import rows

CONTROLS = {"matched": "words of unpolarised concepts alike in frequency",
            "random": "random words", "log-odds": "words by log odds"}


def percent(r, value, low, high):
    """Percentage with its interval, of columns that may be empty."""
    if not r or r[value] == "":
        return "-"
    return (f"{100 * float(r[value]):.1f} ({100 * float(r[low]):.1f} to "
            f"{100 * float(r[high]):.1f})")


def cell(r):
    ahead = percent(r, "concept_ahead", "ahead_low", "ahead_high")
    return f"{percent(r, 'mean_rate', 'low', 'high')}; {ahead}"


def comparisons(folder):
    """Single words: layer, class, insertion -> source -> line."""
    found = {}
    for r in rows(f"{folder}/summary.tsv"):
        if r["length"] == "1":
            key = (int(r["layer"]), r["class"], r["insertion"])
            found.setdefault(key, {})[r["source"]] = r
    return found


def outcome(lines, source):
    """How often the concept words are ahead, and how often behind."""
    told = [s[source] for s in lines
            if source in s and s[source]["concept_ahead"] != ""]
    return (sum(float(r["ahead_low"]) > 0 for r in told),
            sum(float(r["ahead_high"]) < 0 for r in told))


def verdict(lines):
    lines = [s for s in lines if s["concept"]["mean_rate"] != ""]
    if not lines:
        return ("No concept of these layers is polarised, so no word could "
                "be compared.")
    than = []
    for source, words in CONTROLS.items():
        ahead, behind = outcome(lines, source)
        than.append(f"{words} in {ahead} (less often in {behind})")
    text = (f"In {len(lines)} comparisons (layer, class, insertion), words "
            "of polarised concepts flip more often than "
            + ", than ".join(than))
    if any("greedy" in s for s in lines):
        text += (f"; the upper bound flips more often than they do in "
                 f"{outcome(lines, 'greedy')[1]}")
    return text + "."


def search_table(folder):
    found = comparisons(folder)
    print("Flip rate in per cent, held out (95 %); how far concept words are "
          "ahead of it (95 %).\n")
    print("| layer | class | insertion | words tried | concept | matched | "
          "random | log-odds | greedy (upper bound) |")
    print("|---|---|---|---|---|---|---|---|---|")
    for (layer, name, insertion), s in sorted(found.items()):
        cells = [cell(s.get(source)) for source in (*CONTROLS, "greedy")]
        print(f"| {layer} | {name} | {insertion} | {s['concept']['tried']} | "
              f"{percent(s['concept'], 'mean_rate', 'low', 'high')} | "
              f"{' | '.join(cells)} |")
    print(f"\n{verdict(list(found.values()))}")


if __name__ == "__main__":
    search_table(sys.argv[1])
