/*
 * tables.js - what a study's own files say of its concepts, read here a
 * second time so that the report's explorer can be held against it.
 *
 *     const study = readStudy(folder);
 *     study.concepts   // { side, layer, id, size, words: Map(word -> count),
 *                      //   fate, best, polar, label, node, ... }
 *     study.at("tuned", 12, 347)
 */
"use strict";
const fs = require("node:fs");
const path = require("node:path");

function rowsOf(file) {
  if (!fs.existsSync(file)) return [];
  const [names, ...lines] = fs.readFileSync(file, "utf8").split("\n")
    .filter((line) => line).map((line) => line.split("\t"));
  return lines.map((cells) =>
    Object.fromEntries(names.map((name, i) => [name, cells[i]])));
}

/* Words between the separators; a word may hold "|||" itself. */
function readMembers(file) {
  return fs.readFileSync(file, "utf8").split("\n").filter((line) => line)
    .map((line) => {
      const cells = line.split("|||");
      const [, sentence, position, id] = cells.slice(-4).map(Number);
      return { word: cells.slice(0, -4).join("|||"), sentence, position, id };
    });
}

function newConcept(side, layer, id) {
  return { side, layer, id, size: 0, words: new Map(), members: [],
    polar: "", label: null, triggers: [] };
}

function readConcepts(folder, side, layer) {
  const all = new Map();
  const where = path.join(folder, side,
    "layer-" + String(layer).padStart(2, "0"));
  const members = readMembers(path.join(where, "concepts.txt"));
  for (const one of members) {
    if (!all.has(one.id)) all.set(one.id, newConcept(side, layer, one.id));
    const concept = all.get(one.id);
    concept.size++;
    concept.members.push(one);
    concept.words.set(one.word, (concept.words.get(one.word) || 0) + 1);
  }
  const tree = path.join(where, "linkage.npy");
  if (fs.existsSync(tree)) plantTree(tree, members, all);
  return all;
}

/* SciPy's Z: node n + i has children Z[i][0] and Z[i][1].  The last K - 1
   rows join concepts: each concept gets its parent's height and the concepts
   on the other side of it. */
function plantTree(file, members, all) {
  const bytes = fs.readFileSync(file), start = 10 + bytes.readUInt16LE(8);
  const z = new Float64Array(bytes.buffer.slice(bytes.byteOffset + start,
    bytes.byteOffset + bytes.length));
  const n = z.length / 4 + 1, cut = n - all.size;
  if (n !== members.length) return;
  const parent = new Int32Array(2 * n - 1).fill(-1);
  for (let i = 0; i < n - 1; i++)
    parent[z[4 * i]] = parent[z[4 * i + 1]] = n + i;
  const names = new Map(); /* node below the cut -> concept */
  members.sort((a, b) => a.sentence - b.sentence || a.position - b.position)
    .forEach(({ id }, point) => {
      let node = point;
      while (parent[node] < n + cut && parent[node] >= 0) node = parent[node];
      names.set(node, id);
    });
  const below = (node) => names.has(node) ? [names.get(node)]
    : [...below(z[4 * (node - n)]), ...below(z[4 * (node - n) + 1])];
  for (const [node, id] of names) {
    const row = parent[node] - n;
    if (row < 0) continue;
    all.get(id).height = z[4 * row + 2];
    all.get(id).siblings = below(z[4 * row] === node ? z[4 * row + 1]
      : z[4 * row]);
  }
}

/* The label that is shown: one over 0.90 before others, then the one that
   wins the fewest concepts of its layer, then the highest share. */
function chooseLabels(rows, find) {
  const wins = new Map(), key = (r) =>
    [r.side, r.layer, r.family, r.label].join("\t");
  const counted = rows.filter((r) => r.label && r.rule !== "type" &&
    r.share !== "" && !(Number(r.skipped) > 0));
  for (const r of counted) wins.set(key(r), (wins.get(key(r)) || 0) + 1);
  for (const r of counted) {
    const one = find(r.side, Number(r.layer), Number(r.concept));
    const mine = { text: `${r.family}: ${r.label}`, share: Number(r.share),
      wins: wins.get(key(r)) }, was = one?.label;
    if (!one) continue;
    const over = mine.share > 0.9, had = was?.share > 0.9;
    if (!was || (over !== had ? over : over && mine.wins !== was.wins
      ? mine.wins < was.wins : mine.share > was.share)) one.label = mine;
  }
}

function readStudy(folder) {
  const plan = JSON.parse(fs.readFileSync(path.join(folder, "plan.json")));
  const { layers, polarity } = plan.options;
  const places = new Map();
  for (const side of ["base", "tuned"])
    for (const layer of layers)
      places.set(`${side}/${layer}`, readConcepts(folder, side, layer));
  const at = (side, layer, id) => places.get(`${side}/${layer}`)?.get(id);
  const each = (name, take) => {
    for (const row of rowsOf(path.join(folder, name))) {
      const one = at(row.side || "tuned", Number(row.layer),
        row.concept === "" ? -1 : Number(row.concept));
      if (one) take(one, row);
    }
  };
  each("align/matches.tsv", (one, row) => Object.assign(one,
    { fate: row.fate === "none" ? "" : row.fate, best: Number(row.best),
      bestShare: Number(row.share), jaccard: Number(row.jaccard) }));
  each("polarity/concepts.tsv", (one, row) => {
    if (row.classes !== polarity) return;
    Object.assign(one, { share: Number(row.share), low: Number(row.share_low),
      high: Number(row.share_high), counts: row.counts.split(",").map(Number),
      polar: row.polarised === "1" ? row.majority_class : "" });
  });
  each("triggers/triggers.tsv", (one, row) => one.triggers.push(row));
  chooseLabels(rowsOf(path.join(folder, "align/human-concepts.tsv")), at);
  return { layers, classes: plan.model.labels, at,
    concepts: [...places.values()].flatMap((map) => [...map.values()]),
    text: fs.readFileSync(path.join(folder, "text.in"), "utf8").split("\n"),
    sentences: rowsOf(path.join(folder, "sentences.tsv")) };
}

module.exports = { readStudy };
