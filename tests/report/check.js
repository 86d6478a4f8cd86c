/*
 * check.js - a report's pages in a headless browser without a network:
 *
 *     node check.js --modules FOLDER --pictures FOLDER
 *                   [--study FOLDER] [--large PAGE.html] NAME=PAGE.html ...
 *
 * --study is the folder of the last page's study: what the explorer shows is
 * held against its tables.  --large is a page of the size that the report is
 * made for; it is opened and looked at only.  Ends with "N passed, N failed".
 */
"use strict";
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { parseArgs } = require("node:util");
const { Browser } = require("./browser.js");
const inside = require("./inpage.js");
const { explores } = require("./explorer.js");
const { readStudy } = require("./tables.js");

const WIDTHS = [360, 1280, 2560];
/* To open a page; those of real studies are large. */
const SECONDS = 1, LARGE_SECONDS = 3, LARGE_BYTES = 4e6;
const SMALLEST = 9; /* pixels of a letter's height that can be read */

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: { modules: { type: "string" }, pictures: { type: "string" },
    study: { type: "string" }, large: { type: "string" },
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

/* The best of some tries: the machine may have other work. */
async function opens(page, { name, url, file }, limit) {
  let best = Infinity;
  for (let i = 0; i < 3 || (best > limit && i < 8); i++) {
    best = Math.min(best, await page.open(url) / 1000);
    check(`${name}: console silent, nothing asked for`, quiet(page)
      .concat(page.requests.length > 1 ? page.requests : []));
  }
  console.log(`${name}: ${fs.statSync(file).size} bytes, opens in ` +
    `${best.toFixed(2)} s`);
  check(`${name}: opens within ${limit} s`, best <= limit);
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

/* ---- Hostile words, scripts off, paper ---------------------------------- */

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

async function large(page, file) {
  const one = { name: "large", file, url: "file://" + file };
  await opens(page, one, LARGE_SECONDS);
  for (const width of [360, 1280]) {
    await page.look(width, 900, false);
    await page.open(one.url);
    check(`large, ${width} px: layout`,
      await page.evaluate(inside.layout, SMALLEST));
  }
  await page.look(1280, 900, false);
  await page.open(one.url + "#tuned/12/347");
  check("large: a deep link", await page.evaluate(() => document
    .querySelector("#concept-page h3").textContent) ===
    "Concept 347, tuned model, layer 12");
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
      await opens(page, one, fs.statSync(one.file).size < LARGE_BYTES
        ? SECONDS : LARGE_SECONDS);
      await looks(page, one);
      await walks(page, one);
      await withoutScripts(page, one);
      await prints(page, one);
    }
    if (given.large) await large(page, path.resolve(given.large));
    if (given.study)
      await explores(page, pages.at(-1), readStudy(given.study), check);
  } finally {
    await browser.stop();
    fs.rmSync(profile, { recursive: true, force: true });
  }
}
main().catch((error) => check(String(error.stack), false)).finally(() => {
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed ? 1 : 0;
});
