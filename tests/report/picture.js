/*
 * picture.js - the README's picture, the first screen of a report:
 *
 *     node picture.js PAGE.html OUT.png
 *
 * Refuses a picture of 300 kB or more.
 */
"use strict";
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { Browser } = require("./browser.js");

const WIDTH = 1280, MOST_BYTES = 300000;

async function main([page, out]) {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), "report-"));
  const browser = await Browser.start("chromium", profile);
  try {
    const tab = await browser.page();
    await tab.look(WIDTH, 900, false);
    await tab.open("file://" + path.resolve(page));
    /* Down to the second section's first pictures. */
    const end = await tab.evaluate(() => document.querySelector(
      "#overlap .figs, #overlap figure").getBoundingClientRect().bottom);
    const picture = await tab.picture(WIDTH, Math.ceil(Math.min(end, 1500)));
    if (picture.length >= MOST_BYTES)
      throw new Error(`${picture.length} bytes, at most ${MOST_BYTES - 1}`);
    fs.writeFileSync(out, picture);
    console.log(`${out}: ${picture.length} bytes`);
  } finally {
    await browser.stop();
    fs.rmSync(profile, { recursive: true, force: true });
  }
}
main(process.argv.slice(2)).catch((error) => {
  console.error(`picture.js: ${error.message}`);
  process.exitCode = 1;
});
