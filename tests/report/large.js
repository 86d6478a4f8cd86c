/*
 * large.js - a study folder of the size that the report is made for, without
 * models: 2 models x 13 layers x 600 concepts over 140,000 words of 67,000
 * sentences, as many as SST-2 has.
 *
 *     node large.js FOLDER [--layers 13] [--concepts 600] [--types 11200]
 *
 * Every word has a concept where most of its occurrences lie and a few where
 * the others do, so that a concept holds about 80 distinct words.  The same
 * arguments give the same bytes.
 */
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { parseArgs } = require("node:util");

const { values: given, positionals: [folder] } = parseArgs({
  allowPositionals: true,
  options: { layers: { type: "string", default: "13" },
    concepts: { type: "string", default: "600" },
    types: { type: "string", default: "11200" } } });
const LAYERS = Number(given.layers), CONCEPTS = Number(given.concepts);
const TYPES = Number(given.types), SENTENCES = 6 * TYPES;
const CLASSES = ["negative", "positive"];

/* xorshift32: a stream of its own for each purpose. */
function stream(seed) {
  let x = (Math.imul(seed, 2654435761) ^ 0x9E3779B9) >>> 0 || 1;
  return (below) => {
    x ^= x << 13; x >>>= 0;
    x ^= x >>> 17;
    x ^= x << 5; x >>>= 0;
    return x % below;
  };
}
const put = (name, text) => {
  const file = path.join(folder, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
};
const table = (name, rows) => put(name,
  rows.map((row) => row.join("\t") + "\n").join(""));

/* ---- Text ---------------------------------------------------------------- */

function makeWords(count, random) {
  const syllables = ["an", "be", "cor", "den", "ex", "fi", "gra", "hu", "in",
    "ju", "ki", "lo", "men", "nor", "ous", "pre", "qui", "re", "sta", "ti",
    "un", "ver", "wi", "y"];
  const all = new Set();
  while (all.size < count) {
    let word = "";
    for (let i = 1 + random(3) + random(2); i >= 0; i--)
      word += syllables[random(syllables.length)];
    all.add(word);
  }
  return [...all];
}

/* Kept words, 5 to 20 times each, among others that no concept holds. */
function makeText() {
  const random = stream(1), words = makeWords(TYPES + 600, random);
  const sentences = [], kept = [], seen = new Map();
  const places = Array.from({ length: SENTENCES }, () => []);
  for (let type = 0; type < TYPES; type++)
    for (let i = 5 + random(16); i > 0; i--)
      places[random(SENTENCES)].push(type);
  places.forEach((types, s) => {
    const line = types.map((t) => [words[t], t]);
    for (let i = 3 + random(9); i > 0; i--)
      line.splice(random(line.length + 1), 0,
        [words[TYPES + random(600)], -1]);
    line.forEach(([word, type], position) => {
      const nth = (seen.get(word) || 0) + 1;
      seen.set(word, nth);
      if (type >= 0) kept.push({ word, type, nth, s, position });
    });
    sentences.push({ text: line.map(([word]) => word).join(" "),
      gold: random(2), right: random(10) > 0 });
  });
  return { sentences, kept };
}

/* ---- Concepts -------------------------------------------------------------- */

/* Concept of every occurrence, numbered by first appearance. */
function clusterOf(kept, side, layer) {
  const random = stream(100 + 2 * layer + side), names = new Map();
  return Uint32Array.from(kept, ({ type }) => {
    const other = random(10) < 6 ? 0 : 1 + random(8);
    const group = (Math.imul(type + 1, 40503 + 977 * other +
      (other ? 31 * layer + 7 * side : 0)) >>> 8) % CONCEPTS;
    if (!names.has(group)) names.set(group, names.size);
    return names.get(group);
  });
}

/* SciPy's Z: members of a concept one after the other, then the concepts. */
function writeTree(name, clusters, count, random) {
  const n = clusters.length, rows = new Float64Array(4 * (n - 1));
  const top = new Map(), sizes = new Map();
  let at = 0;
  const merge = (a, b, height, size) => {
    rows.set([Math.min(a, b), Math.max(a, b), height, size], 4 * at);
    return n + at++;
  };
  clusters.forEach((c, i) => {
    const size = (sizes.get(c) || 0) + 1;
    sizes.set(c, size);
    top.set(c, size === 1 ? i
      : merge(top.get(c), i, 1 + at / n, size));
  });
  const roots = [...top.entries()].map(([c, node]) => [node, sizes.get(c)]);
  for (let i = 1; i < count; i++) {
    const [a] = roots.splice(random(roots.length), 1);
    const [b] = roots.splice(random(roots.length), 1);
    roots.push([merge(a[0], b[0], 3 + 40 * (i / count) ** 3, a[1] + b[1]),
      a[1] + b[1]]);
  }
  const text = `{'descr': '<f8', 'fortran_order': False, 'shape': (${n - 1},` +
    " 4), }";
  const header = text.padEnd(Math.ceil((11 + text.length) / 64) * 64 - 11) +
    "\n";
  const magic = Buffer.from("\x93NUMPY\x01\x00\x00\x00", "latin1");
  magic.writeUInt16LE(header.length, 8);
  put(name, Buffer.concat([magic, Buffer.from(header),
    Buffer.from(rows.buffer)]));
}

function writeLayer(kept, side, layer, rows) {
  const clusters = clusterOf(kept, side, layer), random = stream(900 + layer);
  const where = `${["base", "tuned"][side]}/layer-` +
    String(layer).padStart(2, "0");
  const count = clusters.reduce((a, b) => Math.max(a, b), 0) + 1;
  const members = Array.from({ length: count }, () => []);
  clusters.forEach((c, i) => members[c].push(kept[i]));
  put(`${where}/concepts.txt`, members.map((list, c) => list.map((one) =>
    [one.word, one.nth, one.s, one.position, c].join("|||") + "\n")
    .join("")).join(""));
  writeTree(`${where}/linkage.npy`, clusters, count, random);
  const map = [["concept", "x", "y", "x_variance", "y_variance"]];
  const name = ["base", "tuned"][side];
  for (let c = 0; c < count; c++) {
    map.push([c, random(2000) / 100 - 10, random(1000) / 100 - 5, 0.3, 0.1]);
    const chance = random(100), new_ = side ? "new" : "lost";
    const fate = chance < 60 - 4 * layer ? "kept" : chance < 70 ? "split"
      : chance < 80 ? "merged" : new_;
    rows.matches.push([name, layer, c, fate, random(CONCEPTS),
      (random(1000) / 1000).toFixed(3), (random(800) / 1000).toFixed(3)]);
    rows.polarity.push([name, layer, c, "gold", (random(500) / 1000)
      .toFixed(3), (0.5 + random(500) / 1000).toFixed(3)]);
    for (const family of ["suffix", "casing", "position"])
      rows.labels.push([name, layer, c, family, "occurrence",
        `${family}-${random(40)}`, (random(1000) / 1000).toFixed(3)]);
  }
  table(`${where}/map.tsv`, map);
}

function writePlan() {
  put("plan.json", JSON.stringify({ version: "0", inputs: [], corpus: {
    sentences: SENTENCES }, model: { labels: CLASSES, layers: LAYERS - 1 },
  options: { base: "large-base", tuned: "large-tuned", data: "large.tsv",
    k: CONCEPTS, layers: Array.from({ length: LAYERS }, (_, i) => i),
    min_types: 6, polarity: "gold", seed: 1, theta: "0.90" } }, null, 1));
}

const { sentences, kept } = makeText();
const rows = { matches: [["side", "layer", "concept", "fate", "best", "share",
  "jaccard"]], polarity: [["side", "layer", "concept", "classes",
  "share_low", "share_high"]], labels: [["side", "layer", "concept", "family",
  "rule", "label", "share"]] };
writePlan();
put("text.in", sentences.map(({ text }) => text + "\n").join(""));
table("sentences.tsv", [["text", "gold", "predicted"], ...sentences.map(
  ({ text, gold, right }) => [text, CLASSES[gold],
    CLASSES[right ? gold : 1 - gold]])]);
for (const side of [0, 1])
  for (let layer = 0; layer < LAYERS; layer++)
    writeLayer(kept, side, layer, rows);
table("align/matches.tsv", rows.matches);
table("align/human-concepts.tsv", rows.labels);
table("polarity/concepts.tsv", rows.polarity);
const random = stream(7);
table("align/overlap-types.tsv", [["base_layer", "tuned_layer", "theta",
  "tuned_to_base_percent", "tuned_chance_mean", "tuned_chance_low",
  "tuned_chance_high", "base_to_tuned_percent", "cka"],
...Array.from({ length: LAYERS * LAYERS }, (_, i) => [
  Math.floor(i / LAYERS), i % LAYERS, 0.9, random(1000) / 10, 0.4, 0.1, 0.8,
  random(1000) / 10, random(1000) / 1000])]);
console.log(`${kept.length} words of ${sentences.length} sentences`);
