#!/usr/bin/env python3
"""Brute force for align/: small random cases with every number that follows.

    python3 tests/oracle/align_oracle.py > tests/oracle/align-cases.jsonl
    python3 tests/oracle/align_oracle.py --check tests/oracle/align-cases.jsonl

One JSON object a line: the inputs (text, clusters, labels, classes, options)
and the numbers, under the names that the program's own JSON uses.  Written
from METHOD alone, with sets, exact fractions and no regard for speed;
standard library only.  The same seeds give the same bytes.
"""
import json
import math
import random
import sys
from fractions import Fraction as F

CASES = 500
THETAS = ["0", "0.25", "0.33", "0.50", "0.60", "0.66", "0.75", "0.80",
          "0.90", "1.00"]


# ---- Cases ---------------------------------------------------------------

def make_case(seed):
    r = random.Random(seed)
    words = r.sample(["a", "A", "b", "bad", "Bad", "c", "d", "e|", "|||",
                      "f", "g", "é", "жи", "h", "i", "j"], r.randint(5, 14))
    text, labels, classes = [], [], []
    n_classes = r.randint(1, 3)
    names = r.sample(["X", "Y", "ZZ", "ZZZ", "N_UNK", "O_UNK", "N/A", "W",
                      "QQ", "a_UNKb"], r.randint(2, 6))
    for _ in range(r.randint(3, 6)):
        n = r.randint(0, 7)
        text.append([r.choice(words) for _ in range(n)])
        labels.append([r.sample(names, min(len(names),
                                           r.choice([1, 1, 1, 2, 3])))
                       for _ in range(n)])
        classes.append(r.choice([-1] * (r.random() < 0.3) +
                                list(range(n_classes)) * 3))
    if not any(text):
        text[0], labels[0] = [words[0]], [[names[0]]]
    classes[0] = n_classes - 1
    places = [(s, p) for s, line in enumerate(text)
              for p in range(len(line))]
    kept = [x for x in places if r.random() < 0.85] or places[:1]
    sides = {}
    for side in ("base", "tuned"):
        ids = r.sample(range(12), r.randint(1, 4))
        sides[side] = {x: r.choice(ids) for x in kept
                       if r.random() < 0.97} or {kept[0]: ids[0]}
    # Words of one kind tend to sit together, or nothing would ever align.
    home = {w: r.random() for w in words}
    if r.random() < 0.7:
        for side in sides:
            ids = sorted(set(sides[side].values()))
            for (s, p) in sides[side]:
                if r.random() < 0.8:
                    at = int(home[text[s][p]] * len(ids))
                    sides[side][s, p] = ids[at]
    thetas = r.sample(THETAS[1:], 3)
    if r.random() < 0.1:
        thetas[0] = "0"
    options = {
        "unit": r.choice(["types", "occurrences"]),
        "min_types": r.choice([0, 1, 1, 2, 3]),
        "size_ratio": r.choice(["0", "0", "0.5", "1", "0.8"]),
        "thetas": thetas,
        "occurrence": {"theta": r.choice(["0.40", "0.50", "0.90"]),
                       "max_unknown": r.choice(["0.40", "0.70", "0"]),
                       "ngram": r.random() < 0.3,
                       "ignore_unknown": r.random() < 0.4},
        "type": {"theta": r.choice(["0.50", "0.75", "0.95", "1"]),
                 "min_types": r.choice([1, 2, 3]),
                 "label_min": r.choice([1, 2, 3]),
                 "share_unit": r.choice(["types", "occurrences"]),
                 "label_unit": r.choice(["types", "occurrences"])},
    }
    return text, labels, classes, n_classes, sides, options


def concepts_of(side):
    out = {}
    for place in sorted(side):
        out.setdefault(side[place], []).append(place)
    return dict(sorted(out.items()))


def number(x):
    return None if x is None else float(x)


def percent(k, n):
    return None if n == 0 else float(F(100 * k, n))


# ---- Overlap -------------------------------------------------------------

def overlap(text, sides, o):
    word = lambda x: text[x[0]][x[1]]
    sets, types = {}, {}
    for side in sides:
        cs = concepts_of(sides[side])
        types[side] = {c: {word(x) for x in m} for c, m in cs.items()}
        sets[side] = types[side] if o["unit"] == "types" else \
            {c: set(m) for c, m in cs.items()}
    ratio = F(o["size_ratio"])
    counted = {s: [c for c in types[s] if len(types[s][c]) >= o["min_types"]]
               for s in sides}

    def aligned(side, c, other, g, theta):
        a, b = sets[side][c], sets[other][g]
        return (c in counted[side] and F(len(a & b), len(a)) >= theta and
                (ratio == 0 or F(len(a), len(b)) > ratio))

    rows = []
    for text_theta in o["thetas"]:
        theta = F(text_theta)
        to = {(t, b) for t in sets["tuned"] for b in sets["base"]
              if aligned("tuned", t, "base", b, theta)}
        back = {(t, b) for t in sets["tuned"] for b in sets["base"]
                if aligned("base", b, "tuned", t, theta)}
        fates_t = {"kept": 0, "merged": 0, "new": 0, "split": 0}
        fates_b = {"kept": 0, "lost": 0, "merged": 0, "split": 0}
        list_t, list_b = {}, {}
        for t in counted["tuned"]:
            fate = "kept" if any((t, b) in to & back for b in sets["base"]) \
                else "split" if any(x[0] == t for x in to) \
                else "merged" if any(x[0] == t for x in back) else "new"
            fates_t[fate] += 1
            list_t[str(t)] = fate
        for b in counted["base"]:
            fate = "kept" if any((t, b) in to & back for t in sets["tuned"]) \
                else "merged" if any(x[1] == b for x in back) \
                else "split" if any(x[1] == b for x in to) else "lost"
            fates_b[fate] += 1
            list_b[str(b)] = fate
        in_t = sorted({x[0] for x in to})
        in_b = sorted({x[1] for x in back})
        rows.append({"theta": text_theta, "tuned_aligned": in_t,
                     "base_aligned": in_b,
                     "tuned_to_base_percent":
                         percent(len(in_t), len(counted["tuned"])),
                     "base_to_tuned_percent":
                         percent(len(in_b), len(counted["base"])),
                     "fates_tuned_count": fates_t,
                     "fates_base_count": fates_b,
                     "fates_tuned": list_t, "fates_base": list_b})
    best = {}
    for side, other in (("base", "tuned"), ("tuned", "base")):
        best[side] = []
        for c, a in sets[side].items():
            share = {g: F(len(a & b), len(a))
                     for g, b in sets[other].items()}
            jac = {g: F(len(a & b), len(a | b))
                   for g, b in sets[other].items()}
            top = min(share, key=lambda g: (-share[g], -jac[g], g))
            by_j = min(jac, key=lambda g: (-jac[g], g))
            best[side].append({"concept": c, "best": top,
                               "share": number(share[top]),
                               "jaccard": number(jac[top]),
                               "best_by_jaccard": by_j,
                               "highest_jaccard": number(jac[by_j])})
    return {"base_counted": len(counted["base"]),
            "tuned_counted": len(counted["tuned"]),
            "by_theta": rows, "best_match": best}


# ---- Human-defined concepts ----------------------------------------------

def unknown(label):
    return label.endswith("_UNK") or label == "N/A"


def first_seen(labels):
    order = []
    for line in labels:
        for bundle in line:
            for label in bundle:
                if label not in order:
                    order.append(label)
    return order


def mean(a, b):
    return None if a is None or b is None else float((a + b) / 2)


def by_occurrence(labels, side, o, thetas):
    cap, theta = F(o["max_unknown"]), F(o["theta"])
    known = [x for x in first_seen(labels) if not unknown(x)]
    out, verdicts = [], []
    for c, members in concepts_of(side).items():
        bundles = [labels[s][p] for s, p in members]
        unk = sum(unknown(x) for b in bundles for x in b)
        row = {"concept": c, "unknown": unk,
               "skipped": F(unk, len(members)) > cap}
        out.append(row)
        if row["skipped"]:
            row.update(winner=None, count=None, share=None, aligned=False)
            continue
        if o["ignore_unknown"]:
            bundles = [[x for x in b if not x.endswith("_UNK")]
                       for b in bundles]
            bundles = [b for b in bundles if b]
        counts = {}
        for b in bundles:
            for x in b:
                counts[x] = counts.get(x, 0) + 1
        row["counted"] = len(bundles)
        if not counts:
            row.update(winner=None, count=None, share=None, aligned=False,
                       tied=[])
            continue
        ranked = sorted(counts, key=lambda x: -counts[x])  # stable
        if o["ngram"]:
            near = [x for x in ranked if len(x) > 1 and
                    F(counts[x], counts[ranked[0]]) > F("0.95")]
            if not near:
                row.update(winner="_UNK", count=0, share=0.0, aligned=False,
                           tied=["_UNK"])
                continue
            winner = max(near, key=len)  # the first of the longest
            tied = [x for x in near if len(x) == len(winner) and
                    counts[x] == counts[winner]]
        else:
            winner = ranked[0]
            tied = [x for x in ranked if counts[x] == counts[winner]]
        share = F(counts[winner], len(bundles))
        may = "_UNK" not in winner and winner != "N/A"
        row.update(winner=winner, count=counts[winner], share=number(share),
                   aligned=may and share > theta,
                   tied=sorted(tied, key=str.encode))
        if may:
            verdicts.append((winner, share))

    def at(value):
        hits = [w for w, s in verdicts if s > value]
        a, k = len(hits), len(set(hits))
        return a, k, mean(F(a, len(out)),
                          F(k, len(known)) if known else None)

    a, k, score = at(theta)
    return {"concepts": out, "sweep": [[t, *at(F(t))] for t in thetas],
            "summary": {"concepts_skipped": sum(x["skipped"] for x in out),
                        "concepts_aligned": a, "labels": len(known),
                        "percent_aligned": percent(a, len(out)),
                        "percent_covered": percent(k, len(known)),
                        "overall_score": score}}


def by_type(text, labels, side, o, thetas):
    theta = F(o["theta"])
    order = [x for x in first_seen(labels) if not unknown(x)]
    group = {x: set() for x in order}
    tagged = {x: 0 for x in order}
    for line, bundles in zip(text, labels):
        for w, b in zip(line, bundles):
            for x in b:
                if not unknown(x):
                    group[x].add(w)
                    tagged[x] += 1
    size = {x: len(group[x]) if o["label_unit"] == "types" else tagged[x]
            for x in order}
    used = [x for x in order if size[x] >= o["label_min"]]
    rows, shares = [], []
    for c, members in concepts_of(side).items():
        words = [text[s][p] for s, p in members]
        if o["share_unit"] == "types":
            words = sorted(set(words))
        share = {x: F(sum(w in group[x] for w in words), len(words))
                 for x in used}
        enough = len({text[s][p] for s, p in members}) >= o["min_types"]
        hits = [x for x in used if enough and share[x] >= theta]
        best = min(used, default=None,
                   key=lambda x: (-share[x], len(group[x]), x.encode()))
        none = best is None or share[best] == 0
        rows.append({"concept": c, "counted": enough,
                     "labels": sorted(hits, key=str.encode),
                     "last": hits[-1] if hits else None,
                     "best": None if none else best,
                     "best_share":
                         None if best is None else number(share[best])})
        if enough:
            shares.append(share)

    def at(value, last):
        covered, a = set(), 0
        for share in shares:
            hits = [x for x in used if share[x] >= value]
            a += bool(hits)
            covered.update(hits[-1:] if last else hits)
        return a, len(covered), mean(F(a, len(rows)),
                                     F(len(covered), len(used))
                                     if used else None)

    a, k, score = at(theta, False)
    return {"concepts": rows,
            "sweep": [[t, *at(F(t), False)] for t in thetas],
            "summary": {"concepts_counted": len(shares),
                        "concepts_aligned": a, "labels": len(used),
                        "labels_all": len(order), "label_sizes": size,
                        "percent_aligned_of_counted":
                            percent(a, len(shares)),
                        "percent_covered": percent(k, len(used)),
                        "overall_score": score,
                        "overall_score_last": at(theta, True)[2]}}, \
        [[t, *at(F(t), True)] for t in thetas]


# ---- Polarity ------------------------------------------------------------

def tail(k, population, marked, n):
    ways = sum(math.comb(marked, x) * math.comb(population - marked, n - x)
               for x in range(k, min(marked, n) + 1)
               if n - x <= population - marked)
    return F(ways, math.comb(population, n))


def polarity(text, classes, n_classes, side, min_types, thetas):
    cs = concepts_of(side)
    counts = {c: [sum(classes[s] == k for s, _ in m)
                  for k in range(n_classes)] for c, m in cs.items()}
    totals = [sum(counts[c][k] for c in cs) for k in range(n_classes)]
    population = sum(totals)
    rows, tests = [], []
    for c, m in cs.items():
        n = sum(counts[c])
        top = counts[c].index(max(counts[c]))
        row = {"concept": c, "classed": n, "counts": counts[c],
               "counted": len({text[s][p] for s, p in m}) >= min_types,
               "majority_class": top if n else None,
               "share": number(F(counts[c][top], n)) if n else None}
        rows.append(row)
        if row["counted"]:
            p = [tail(counts[c][k], population, totals[k], n)
                 for k in range(n_classes)]
            row["p"] = [float(x) for x in p]
            tests += [(x, row, k) for k, x in enumerate(p)]
            row["q"] = [None] * n_classes
    ranked = sorted(tests, key=lambda x: x[0])
    low = F(1)
    for i in range(len(ranked), 0, -1):
        low = min(low, ranked[i - 1][0] * len(ranked) / i)
        ranked[i - 1][1]["q"][ranked[i - 1][2]] = float(low)
    counted = [x for x in rows if x["counted"]]
    out = []
    for t in thetas:
        theta = F(t)
        polar = [[x["concept"], x["majority_class"]] for x in counted
                 if x["classed"] and
                 F(x["counts"][x["majority_class"]], x["classed"]) >= theta]
        expected = [float(sum(
            (tail(math.ceil(theta * x["classed"]), population, totals[k],
                  x["classed"]) for x in counted if x["classed"]), F(0)))
            for k in range(n_classes)]
        out.append({"theta": t, "polarised": polar,
                    "by_class": [sum(k == x[1] for x in polar)
                                 for k in range(n_classes)],
                    "percent": percent(len(polar), len(counted)),
                    "expected_by_chance_by_class": expected})
    return {"population": population, "class_totals": totals,
            "tests": len(tests), "concepts": rows, "by_theta": out}


def solve(seed):
    text, labels, classes, n_classes, sides, o = make_case(seed)
    out = {"seed": seed, "text": text, "classes": classes,
           "class_count": n_classes, "options": o,
           "labels": [["|||".join(b) for b in line] for line in labels]}
    for side in sides:
        out[side] = [[s, p, c] for (s, p), c in sorted(sides[side].items())]
    side = sides["tuned" if seed % 2 else "base"]
    types, last = by_type(text, labels, side, o["type"], o["thetas"])
    out["want"] = {
        "overlap": overlap(text, sides, o),
        "occurrence": by_occurrence(labels, side, o["occurrence"],
                                    o["thetas"]),
        "type": types, "last": {"sweep": last},
        "polarity": polarity(text, classes, n_classes, side,
                             o["min_types"], o["thetas"])}
    return json.dumps(out, ensure_ascii=False, sort_keys=True,
                      separators=(",", ":"))


def main():
    lines = [solve(seed) for seed in range(CASES)]
    if len(sys.argv) == 3 and sys.argv[1] == "--check":
        with open(sys.argv[2], encoding="utf-8") as f:
            same = f.read().splitlines() == lines
        print("the committed cases are", "the same" if same else "OTHERS")
        sys.exit(not same)
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    for line in lines:
        print(line)


if __name__ == "__main__":
    main()
