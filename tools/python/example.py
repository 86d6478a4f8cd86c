"""A notebook's worth of looking at a study, as a script.

    python3 tools/python/example.py study

Cells are separated by lines with # %%, which editors run one by one.
"""
# %% The study
import sys

import numpy

import latent

study = latent.Study(sys.argv[1])
print("layers", study.layers, "at k =", study.options["k"])

# %% Base with tuned: how much of each tuned layer was in the base layer?
percent = study.alignment()
for layer, value in zip(study.layers, numpy.diag(percent)):
    print(f"layer {layer:2d}  {value:5.1f} %")

# %% Beside its chance level, as no percentage stands alone
table = study.table("align/overlap-types")
here = ((table["theta"] == study.options["theta"]) &
        (table["base_layer"] == table["tuned_layer"]))
for layer, value, chance in zip(table["tuned_layer"][here],
                                table["tuned_to_base_percent"][here],
                                table["tuned_chance_mean"][here]):
    print(f"layer {layer:2d}  {value:5.1f} %  by chance {chance:5.1f} %")

# %% The largest polarised concepts of the last layer
last = study.layers[-1]
polarity = study.table("polarity/concepts")
rows = ((polarity["side"] == "tuned") & (polarity["layer"] == last) &
        (polarity["classes"] == "gold") & (polarity["polarised"] == 1))
concepts = {c.number: c for c in study.concepts("tuned", last)}
for i in sorted(numpy.flatnonzero(rows),
                key=lambda i: -polarity["occurrences"][i])[:5]:
    concept = concepts[int(polarity["concept"][i])]
    words = " ".join(word for word, _ in concept.words.most_common(8))
    print(f"{polarity['majority_class'][i]}: {len(concept)} x {words}")

# %% The tree, for scipy.cluster.hierarchy.dendrogram(Z)
Z = study.linkage("tuned", last)
print("merges", Z.shape, "last height", float(Z[-1, 2]))
