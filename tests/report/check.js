/*
 * check.js - a report's pages in a headless browser without a network:
 *
 *     node check.js --modules FOLDER --pictures FOLDER
 *                   [--study FOLDER] NAME=PAGE.html ...
 *
 * --study is the folder of the last page's study: what the explorer finds is
 * held against its cluster files.  Ends with "N passed, N failed".
 */
"use strict";
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { parseArgs } = require("node:util");
const { Browser } = require("./browser.js");
const inside = require("./inpage.js");

const WIDTHS = [360, 1280, 2560];
const SMALLEST = 9; /* pixels of a letter's height that can be read */

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: { modules: { type: "string" }, pictures: { type: "string" },
    study: { type: "string" },
    browser: { type: "string", default: "chromium" } } });
const pages = positionals.map((text) => {
  const at = text.indexOf("=");
  return { name: text.slice(0, at), file: path.resolve(text.slice(at + 1)) };
});
const wanted = (name) => require(path.resolve(given.modules, name));

let passed = 0, failed = 0;
function check(what, complaints) {
  const list = complaints === true ? [] : complaints === false ? [""]
    : complaints;
  if (list.length === 0) {
    passed++;
    return;
  }
  failed++;
  console.log(`FAILED: ${what}`);
  for (const one of list.slice(0, 8)) if (one) console.log(`    ${one}`);
  if (list.length > 8) console.log(`    and ${list.length - 8} more`);
}
const equal = (got, want) => got === want ? [] : [`${got}, not ${want}`];

/* ---- The file ---------------------------------------------------------- */

async function valid({ name, file }) {
  const { HtmlValidate } = wanted("html-validate");
  const checker = new HtmlValidate({ root: true,
    extends: ["html-validate:standard"], rules: {
      /* Matters of taste, not of the standard. */
      "no-inline-style": "off", "long-title": "off" } });
  const report = await checker.validateString(fs.readFileSync(file, "utf8"));
  check(`${name}: valid HTML`, report.results.flatMap((r) =>
    r.messages.map((m) => `${m.line}:${m.column} ${m.ruleId}: ` +
      m.message.slice(0, 120))));
}

/* ---- Opening, looking -------------------------------------------------- */

const quiet = (page) => page.messages.concat(page.requests
  .filter((url) => !/^(file:|about:)/.test(url)).map((url) => "asks " + url));

async function opens(page, { name, url, file }) {
  const times = [];
  for (let i = 0; i < 3; i++) {
    times.push(await page.open(url));
    check(`${name}: console silent, nothing asked for`, quiet(page)
      .concat(page.requests.length > 1 ? page.requests : []));
  }
  const best = Math.min(...times) / 1000;
  console.log(`${name}: ${fs.statSync(file).size} bytes, opens in ` +
    `${best.toFixed(2)} s`);
}

async function looks(page, { name, url }) {
  const axe = fs.readFileSync(require.resolve(
    path.resolve(given.modules, "axe-core/axe.min.js")), "utf8");
  for (const width of WIDTHS)
    for (const dark of [false, true]) {
      const how = `${name}, ${width} px, ${dark ? "dark" : "light"}`;
      await page.look(width, 900, dark);
      await page.open(url);
      const height = await page.evaluate(() =>
        document.documentElement.scrollHeight);
      const shot = path.join(given.pictures,
        `${name}-${width}-${dark ? "dark" : "light"}.png`);
      fs.writeFileSync(shot, await page.picture(width,
        Math.min(height, 16000)));
      check(`${how}: layout`, await page.evaluate(inside.layout, SMALLEST));
      /* A point can be asked about only while it is in the window. */
      await page.look(width, height, dark);
      check(`${how}: contrast in pictures`,
        await page.evaluate(inside.contrast));
      if (width !== 1280 && dark) continue;
      await page.run(axe);
      check(`${how}: axe`, await page.evaluate(inside.axeFindings));
    }
  await page.look(360, 900, false);
  await page.evaluate(() => {
    for (const one of document.querySelectorAll("details")) one.open = true;
  });
  check(`${name}, 360 px, all tables open: layout`,
    await page.evaluate(inside.layout, SMALLEST));
}

/* ---- Explorer, links, keyboard ----------------------------------------- */

const heading = (page) => page.evaluate(() =>
  document.querySelector("#concept-page h3")?.textContent);
const count = (page) => page.evaluate(() => {
  const text = document.querySelector("#hit-count").textContent;
  return /^No/.test(text) ? 0 : Number(text.replace(/[^\d].*$/,
    (rest) => rest.startsWith(",") && /^,\d/.test(rest)
      ? rest.replace(/,(\d{3}).*/, "$1") : ""));
});
const choose = (page, id, value) => page.evaluate((i, v) => {
  const field = document.getElementById(i);
  field.value = v;
  field.dispatchEvent(new Event("change"));
}, id, value);

/* Concepts of a study's cluster files: "side/layer" -> number -> words. */
function clusters(study) {
  const all = new Map();
  for (const side of ["base", "tuned"])
    for (const folder of fs.readdirSync(path.join(study, side))) {
      const text = fs.readFileSync(
        path.join(study, side, folder, "concepts.txt"), "utf8");
      const layer = new Map();
      for (const line of text.split("\n").filter((l) => l)) {
        const cells = line.split("|||");
        const id = cells.at(-1), word = cells.slice(0, -4).join("|||");
        if (!layer.has(id)) layer.set(id, []);
        layer.get(id).push(word);
      }
      all.set(`${side}/${Number(folder.slice(6))}`, layer);
    }
  return all;
}
/* How many concepts a search must find. */
function holding(all, keep, test) {
  let n = 0;
  for (const [where, layer] of all)
    if (keep(where))
      for (const words of layer.values()) n += words.some(test);
  return n;
}

async function explores(page, { name, url }, all) {
  const last = [...all.keys()].filter((k) => k.startsWith("tuned"))
    .sort((a, b) => a.split("/")[1] - b.split("/")[1]).at(-1);
  const [id, words] = [...all.get(last)].sort((a, b) =>
    b[1].length - a[1].length)[0];
  const word = words.find((w) => /^[a-z]{3,}$/i.test(w)) || words[0];
  const starts = (w) => w.toLowerCase().startsWith(word.toLowerCase());
  const same = (w) => w.toLowerCase() === word.toLowerCase();
  await page.look(1280, 900, false);
  await page.open(url);
  check(`${name}: all concepts listed`, equal(await count(page),
    holding(all, () => true, () => true)));
  await page.type("#q-word", word);
  check(`${name}: search "${word}"`, equal(await count(page),
    holding(all, () => true, starts)));
  await page.type("#q-word", `"${word}"`);
  check(`${name}: search of the whole word`, equal(await count(page),
    holding(all, () => true, same)));
  await choose(page, "q-side", "1");
  check(`${name}: in the tuned model`, equal(await count(page),
    holding(all, (w) => w.startsWith("tuned"), same)));
  await choose(page, "q-layer", String((all.size / 2) - 1));
  check(`${name}: in its last layer`, equal(await count(page),
    holding(all, (w) => w === last, same)));
  /* With the keyboard alone. */
  await page.evaluate(() => document.querySelector("#hits a").focus());
  await page.press("Enter", 13);
  check(`${name}: Enter opens a hit`, equal(await page.evaluate(() =>
    document.activeElement.textContent), await heading(page)));
  const size = all.get(last).get(id).length;
  await page.type("#q-word", "");
  await page.type("#q-min", String(size));
  check(`${name}: size`, equal(await count(page), [...all.get(last).values()]
    .filter((w) => w.length >= size).length));
  await page.open(`${url}#${last}/${id}`);
  const [side, layer] = last.split("/");
  check(`${name}: deep link`, equal(await heading(page),
    `Concept ${id}, ${side} model, layer ${layer}`));
  const shown = await page.evaluate(() => [...document.querySelectorAll(
    "#concept-page .cloud bdi")].map((b) => b.textContent));
  check(`${name}: its words`, shown.length > 0 &&
    shown.every((w) => words.includes(w)));
  check(`${name}: nothing said`, quiet(page));
  await page.open(`${url}#tuned/999/1`);
  check(`${name}: a link to nothing opens the first page`,
    quiet(page).concat(await heading(page) ? [] : ["no concept"]));
}

/* Every concept and sentence, so that each hostile word was on the page. */
async function walks(page, { name, url }) {
  await page.open(url);
  const seen = await page.evaluate(async () => {
    const holder = document.getElementById("data");
    if (!holder) return 0; /* a page without a script */
    const data = JSON.parse(holder.textContent);
    let n = 0;
    for (const side of [0, 1])
      for (const [l, rows] of data.concepts[side].entries())
        for (const row of rows.slice(0, 300)) {
          location.hash = `#${["base", "tuned"][side]}/` +
            `${data.layers[l]}/${row[0]}`;
          await new Promise((done) => setTimeout(done, 0));
          n++;
        }
    const list = document.getElementById("v-list");
    for (const option of [...(list?.options || [])].slice(0, 50)) {
      list.value = option.value;
      list.dispatchEvent(new Event("change"));
    }
    return n;
  });
  check(`${name}: ${seen} concepts shown, none runs`, quiet(page)
    .concat(await page.evaluate(inside.strangers)));
}

async function withoutScripts(page, { name, url }) {
  await page.send("Emulation.setScriptExecutionDisabled", { value: true });
  await page.send("Page.navigate", { url });
  await new Promise((done) => setTimeout(done, 1000));
  await page.send("Emulation.setScriptExecutionDisabled", { value: false });
  check(`${name}: scripts off: pictures and tables, no dead search`,
    await page.evaluate(() => [
      document.querySelectorAll("svg").length > 0 ? "" : "no picture",
      document.querySelectorAll("table").length > 0 ? "" : "no table",
      document.querySelector("html.js") ? "the script ran" : "",
      ...[...document.querySelectorAll("input,select,button")].map((n) =>
        n.checkVisibility() ? `${n.id || n.tagName} does nothing` : "")
    ].filter((t) => t)));
}

async function prints(page, { name, url }) {
  await page.open(url);
  const { data } = await page.send("Page.printToPDF", {});
  const pdf = Buffer.from(data, "base64").toString("latin1");
  const sheets = (pdf.match(/\/Type\s*\/Page\b/g) || []).length;
  check(`${name}: prints`, sheets > 0 && sheets < 60 ? []
    : [`${sheets} sheets`]);
}

async function main() {
  fs.mkdirSync(given.pictures, { recursive: true });
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), "report-"));
  const browser = await Browser.start(given.browser, profile);
  try {
    const page = await browser.page();
    for (const one of pages) {
      one.url = "file://" + one.file;
      await valid(one);
      await opens(page, one);
      await looks(page, one);
      await walks(page, one);
      await withoutScripts(page, one);
      await prints(page, one);
    }
    if (given.study)
      await explores(page, pages.at(-1), clusters(given.study));
  } finally {
    await browser.stop();
    fs.rmSync(profile, { recursive: true, force: true });
  }
}
main().catch((error) => check(String(error.stack), false)).finally(() => {
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed ? 1 : 0;
});
