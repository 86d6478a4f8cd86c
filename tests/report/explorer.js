/*
 * explorer.js - the report's explorer and sentence view held against the
 * study's own tables (tables.js): what every filter finds, what a concept's
 * page says, where its links lead.
 */
"use strict";

let page, study, check;
const equal = (got, want, what = "") =>
  JSON.stringify(got) === JSON.stringify(want) ? []
    : [`${what} ${JSON.stringify(got)}, not ${JSON.stringify(want)}`.trim()];

/* ---- Asking the page ------------------------------------------------------ */

const heading = () => page.evaluate(() =>
  document.querySelector("#concept-page h3")?.textContent);
const found = () => page.evaluate(() => Number(document
  .getElementById("hit-count").textContent.match(/^[\d,]*/)[0]
  .replace(/,/g, "")));
const FIELDS = { side: "", layer: "", polar: "", fate: "", word: "",
  label: "", min: "" };
/* All fields at once; those that are not named are emptied. */
const search = (fields) => page.evaluate((all) => {
  for (const [name, value] of Object.entries(all)) {
    const field = document.getElementById("q-" + name);
    field.value = value;
    if (field.value !== value) throw new Error(`no ${name} "${value}"`);
    field.dispatchEvent(new Event(field.tagName === "SELECT" ? "change"
      : "input"));
  }
}, { ...FIELDS, ...fields });
const nameOf = (one) => `#${one.side}/${one.layer}/${one.id}`;
const title = (one) =>
  `Concept ${one.id}, ${one.side} model, layer ${one.layer}`;

/* ---- Filters --------------------------------------------------------------- */

/* What the fields of the form mean, in terms of the tables. */
function passes(one, { side, layer, polar, fate, word, label, min }) {
  const low = (text) => text.toLowerCase();
  const whole = /^".*"$/.test(word || "");
  const query = low(whole ? word.slice(1, -1) : word || "");
  return (!side || one.side === ["base", "tuned"][side]) &&
    (!layer || one.layer === study.layers[layer]) &&
    (!polar || (polar === "any" ? one.polar !== ""
      : one.polar === study.classes[polar])) &&
    (!fate || one.fate === fate) &&
    (!label || low(one.label?.text || "").includes(low(label))) &&
    (!min || one.size >= Number(min)) &&
    (!query || [...one.words.keys()].some((w) => whole ? low(w) === query
      : low(w).startsWith(query)));
}

async function filter(fields) {
  await search(fields);
  return equal(await found(), study.concepts.filter((one) =>
    passes(one, fields)).length, JSON.stringify(fields));
}

/* Each value of a field alone, then with others. */
async function filters(name) {
  const labels = [...new Set(study.concepts.map((c) => c.label?.text))]
    .filter((text) => text);
  const sizes = study.concepts.map((c) => c.size).sort((a, b) => a - b);
  const words = study.concepts.filter((c) => c.id % 7 === 0).map((c) =>
    [...c.words.keys()][0]).filter((w) => w.trim() === w);
  const values = {
    side: ["0", "1"], layer: study.layers.map((_, i) => String(i)),
    polar: ["any", ...study.classes.map((_, i) => String(i))],
    fate: ["kept", "split", "merged", "new", "lost"],
    label: [...new Set(labels.map((text) => text.split(": ")[0])),
      ...labels.slice(0, 12), "no such label"],
    min: [0, 0.3, 0.6, 0.95, 1].map((part) =>
      String(sizes[Math.floor(part * (sizes.length - 1))])),
    word: [...words.slice(0, 8), ...words.slice(0, 8).map((w) => `"${w}"`),
      words[0].slice(0, 2), "no-such-word"] };
  for (const [field, list] of Object.entries(values)) {
    const wrong = [];
    for (const value of list) wrong.push(...await filter({ [field]: value }));
    check(`${name}: filter by ${field}, ${list.length} values`, wrong);
  }
  const wrong = [], fields = Object.keys(values);
  for (let i = 0; i < 40; i++) { /* two or three fields, one value each */
    const some = {};
    for (let k = 0; k < 2 + i % 2; k++) {
      const field = fields[(i + 3 * k + (i >> 3)) % fields.length];
      some[field] = values[field][(5 * i + k) % values[field].length];
    }
    wrong.push(...await filter(some));
  }
  check(`${name}: 40 filters of several fields`, wrong);
}

async function lists(name) {
  await search({ side: "1" });
  const keys = { size: (c) => -c.size, types: (c) => -c.words.size,
    share: (c) => -Math.floor(1000 * c.share + 0.5), number: (c) => c.id };
  for (const [order, key] of Object.entries(keys)) {
    await search({ side: "1", sort: order });
    const values = (await page.evaluate(() => [...document.querySelectorAll(
      "#hits a")].map((a) => a.getAttribute("href")))).map((href) => {
      const [side, layer, id] = href.slice(1).split("/");
      return key(study.at(side, Number(layer), Number(id)));
    });
    check(`${name}: order by ${order}`, equal(values,
      [...values].sort((a, b) => a - b)).concat(values.length ? [] : ["none"])
      .concat(equal(values[0], Math.min(...study.concepts.filter((c) =>
        c.side === "tuned").map(key)))));
  }
  await search({ sort: "size", layer: "0" });
  const listed = await page.evaluate(() => {
    const more = document.getElementById("hit-more");
    while (!more.hidden) more.click();
    return document.querySelectorAll("#hits li").length;
  });
  check(`${name}: "More" lists all`, equal(listed, await found()));
}

async function keyboard(name) {
  const one = study.concepts.at(-1), word = [...one.words.keys()]
    .find((w) => /^[a-z]+$/i.test(w)) || "";
  await search({});
  await page.type("#q-word", word);
  check(`${name}: a typed word`, equal(await found(), study.concepts
    .filter((c) => passes(c, { word })).length));
  await page.evaluate(() => document.querySelector("#hits a").focus());
  await page.press("Enter", 13);
  const focused = await page.evaluate(() => new Promise((done) => {
    const end = Date.now() + 5000; /* following a link takes a moment */
    (function look() {
      const one = document.activeElement;
      if (one.tagName === "H3" || Date.now() > end) done(one.textContent);
      else setTimeout(look, 10);
    })();
  }));
  check(`${name}: Enter opens a hit`, equal(focused, await heading()));
}

/* ---- A concept's page ------------------------------------------------------- */

/* What stands on it, by its headings. */
function readPage() {
  const text = (node) => node.textContent;
  const all = (from, selector) => from ? [...from.querySelectorAll(selector)]
    : [];
  const root = document.getElementById("concept-page"), parts = {};
  for (const head of root.querySelectorAll("h4"))
    parts[head.textContent.replace(/ in the .*/, "")] =
      head.nextElementSibling;
  const match = parts["Best match"], neighbours = parts.Neighbours;
  return {
    chips: all(root, ".chips .tag").map(text),
    words: all(root, ".cloud li").filter((li) => li.querySelector("bdi"))
      .map((li) => [text(li.querySelector("bdi")),
        Number(text(li.querySelector("small"))),
        parseFloat(li.querySelector("bdi").style.fontSize)]),
    shares: all(parts["Classes of its sentences"], ":scope > span")
      .map(text).filter((t) => t),
    interval: all(root, "p.status").map(text)[0],
    label: parts["Label that explains it best"]?.textContent,
    match: match && [match.querySelector("a")?.getAttribute("href") || "",
      text(match)],
    triggers: all(parts["As triggers"], "tbody tr").map((tr) =>
      [...tr.cells].map(text)),
    contexts: all(parts["In context"], "li").map((li) => ({
      mark: li.querySelectorAll("mark").length,
      words: [...li.querySelectorAll(":scope > bdi, mark")].map(text),
      place: [...li.querySelectorAll(":scope > bdi, mark")].findIndex((n) =>
        n.tagName === "MARK"),
      tags: all(li, ".tag").map(text) })),
    neighbours: all(neighbours, "li").map((li) => [text(li),
      [...li.querySelectorAll("a")].map((a) => Number(text(a)))]) };
}

/* A share as the page has it: rounded to thousandths, then one decimal. */
const percent = (share) =>
  (Math.floor(1000 * share + 0.5) / 10).toFixed(1) + "%";

/* A word as the page has it: controls and direction marks by name, and the
   first 64 code points of a longer one. */
const NAMED =
  /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
function shown(word) {
  const codes = [...word];
  return codes.slice(0, 64).join("").replace(NAMED, (c) => "[U+" +
    c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0") + "]") +
    (codes.length > 64 ? "…" : "");
}

function wordsWrong(one, words) {
  const here = (word, count) => one.words.get(word) === count ||
    [...one.words].some(([w, n]) => shown(w) === word && n === count);
  const counts = [...one.words.values()].sort((a, b) => b - a).slice(0, 120);
  const wrong = equal(words.map((w) => w[1]), counts, "counts")
    .concat(words.flatMap(([word, count]) => here(word, count) ? []
      : [`${word} ${count}, not ${one.words.get(word)}`]));
  words.forEach(([word, count, size], i) => {
    if (i && (count < words[i - 1][1]) !== (size < words[i - 1][2]))
      wrong.push(`${word}: size ${size} for ${count}`);
  });
  return wrong;
}

function contextsWrong(one, contexts) {
  const tag = (what, value) => value ? [`${what} ${value}`] : [];
  return contexts.flatMap(({ mark, words, place, tags }) => {
    const line = words.join(" ");
    const from = one.members.find((m) => m.position === place &&
      study.text[m.sentence].split(" ").map(shown).join(" ") === line);
    if (!from || mark !== 1) return [`no member in "${line}" at ${place}`];
    const { gold, predicted } = study.sentences[from.sentence];
    return equal(words[place], shown(from.word)).concat(equal(tags,
      [...tag("gold", gold), ...tag("predicted", predicted)]));
  }).concat(contexts.length ? [] : ["no sentence"]);
}

function pageWrong(one, seen) {
  const other = one.side === "base" ? "tuned" : "base";
  const total = (one.counts || []).reduce((a, b) => a + b, 0);
  const wrong = wordsWrong(one, seen.words)
    .concat(contextsWrong(one, seen.contexts));
  wrong.push(...equal(seen.chips, [`${one.size} occurrences`,
    `${one.words.size} distinct words`, ...one.polar
      ? [`polarised to ${one.polar}`] : [], ...one.fate ? [one.fate] : []]));
  if (one.counts) {
    wrong.push(...equal(seen.shares, one.counts.map((n) =>
      `${(100 * n / total).toFixed(1)}% (${n} of ${total})`)));
    wrong.push(...equal(seen.interval, `Largest share ${percent(one.share)}` +
      `, 95% interval ${percent(one.low)} to ${percent(one.high)}`));
  }
  if (one.label)
    wrong.push(...equal(seen.label, `${one.label.text} (` +
      `${percent(one.label.share)} of its occurrences)`));
  if (one.best >= 0)
    wrong.push(...equal(seen.match[0], `#${other}/${one.layer}/${one.best}`),
      ...seen.match[1].includes(` ${percent(one.bestShare)} of this ` +
        `concept's words are in it (Jaccard ` +
        `${(Math.floor(1000 * one.jaccard + 0.5) / 1000).toFixed(2)})`) ? []
        : [seen.match[1]]);
  if (one.side === "tuned")
    wrong.push(...equal(seen.triggers, one.triggers.map((t) => [t.word,
      t.insertion, t.class, percent(Number(t.flip_rate)),
      `${percent(Number(t.low))} to ${percent(Number(t.high))}`])));
  if (one.siblings) {
    const [line, ids] = seen.neighbours[0] || ["", []];
    const height = Number(/height ([\d.e+-]+)/.exec(line)?.[1]);
    wrong.push(...ids.length === Math.min(4, one.siblings.length) &&
      ids.every((id) => one.siblings.includes(id)) &&
      Math.abs(height - one.height) < 1e-3 * one.height ? []
      : [`${line}: siblings are ${one.siblings}, at ${one.height}`],
    ...equal(/ (\d+) concepts/.exec(line)?.[1],
      String(one.siblings.length + 1), line));
  }
  return wrong.map((text) => `${nameOf(one)}: ${text}`);
}

async function concepts(name) {
  const some = study.concepts.filter((c, i) => i % 29 === 0)
    .concat(study.concepts.filter((c) => c.polar).slice(0, 12),
      study.concepts.filter((c) => c.triggers.length).slice(0, 12),
      study.concepts.filter((c) => c.words.size > 120).slice(0, 3));
  const wrong = [];
  for (const one of some) {
    await page.evaluate((hash) => new Promise((done) => {
      location.hash = hash;
      setTimeout(done, 0);
    }), nameOf(one));
    wrong.push(...equal(await heading(), title(one)),
      ...pageWrong(one, await page.evaluate(readPage)));
  }
  check(`${name}: ${some.length} concepts' pages`, wrong);
}

async function links(name, url) {
  const wrong = [];
  for (const one of [study.concepts[0], study.concepts.at(-1),
    study.concepts[study.concepts.length >> 1]]) {
    await page.open(url + nameOf(one));
    wrong.push(...equal(await heading(), title(one)),
      ...equal(await page.evaluate(() => document.activeElement.textContent),
        title(one), "focus"));
  }
  check(`${name}: deep links`, wrong);
  for (const hash of ["#tuned/999/1", "#tuned/0/99999", "#other/0/0", "#x"]) {
    await page.open(url + hash);
    check(`${name}: ${hash} opens the first page`,
      await heading() ? [] : ["no concept"]);
  }
}

/* ---- Sentences ---------------------------------------------------------------- */

function readGrid(number, side) {
  const text = (node) => node.textContent;
  const list = document.getElementById("v-list");
  const model = document.getElementById("v-side");
  list.value = String(number);
  model.value = String(side);
  model.dispatchEvent(new Event("change"));
  const box = document.getElementById("v-grid");
  return { line: text(box.querySelector(".sentence bdi")),
    tags: [...box.querySelectorAll(".sentence .tag")].map(text),
    head: [...box.querySelectorAll("thead th")].slice(1).map(text),
    rows: [...box.querySelectorAll("tbody tr")].map((tr) => ({
      layer: Number(text(tr.cells[0])),
      cells: [...tr.cells].slice(1).map((td) => [td.querySelector("a")
        ?.getAttribute("href"), text(td), td.className]) })) };
}

function gridWrong({ line, tags, head, rows }, side) {
  const sentence = study.text.indexOf(line), name = ["base", "tuned"][side];
  const { gold, predicted } = study.sentences[sentence] || {};
  const wrong = equal(tags, [...gold ? [`gold ${gold}`] : [],
    ...predicted ? [`predicted ${predicted}`] : []]);
  for (const { layer, cells } of rows) {
    const here = study.concepts.filter((c) => c.side === name &&
      c.layer === layer).flatMap((c) => c.members.filter((m) =>
      study.text[m.sentence] === line).map((m) => [m, c]));
    cells.forEach(([href, text, look], i) => {
      const hit = here.find(([m, c]) => nameOf(c) === href &&
        m.word === head[i]);
      if (!hit) wrong.push(`${line}, layer ${layer}: ${head[i]} ${href}`);
      else wrong.push(...equal([text, look], [percent(hit[1].share),
        hit[1].polar ? "p" + study.classes.indexOf(hit[1].polar) : ""]));
    });
  }
  return wrong.concat(sentence < 0 ? [`no sentence "${line}"`] : [],
    equal(rows.map((r) => r.layer), [...study.layers].reverse()));
}

const offered = () => page.evaluate(() => [...document
  .getElementById("v-list").options].map((o) => o.textContent));

async function sentences(name) {
  const lines = await offered(), wrong = [];
  for (let i = 0; i < lines.length; i += Math.ceil(lines.length / 12))
    for (const side of [0, 1])
      wrong.push(...gridWrong(await page.evaluate(readGrid, i, side), side));
  check(`${name}: sentences through the layers`, wrong
    .concat(lines.length ? [] : ["none"]));
  const word = lines[0].split(" ").sort((a, b) => b.length - a.length)[0];
  await page.type("#v-word", word);
  /* The list ends at 300: a word may bring up more than were in it before. */
  const list = await offered();
  check(`${name}: sentences containing "${word}"`, list.filter((line) =>
    !line.toLowerCase().includes(word.toLowerCase())).concat(lines.filter(
    (line) => line.includes(word) && !list.includes(line))));
}

async function explores(tab, { name, url }, tables, checking) {
  [page, study, check] = [tab, tables, checking];
  await page.look(1280, 900, false);
  await page.open(url);
  await filters(name);
  await lists(name);
  await keyboard(name);
  await concepts(name);
  await sentences(name);
  await links(name, url);
  check(`${name}: nothing said, nothing asked for`, page.messages);
}

module.exports = { explores };
