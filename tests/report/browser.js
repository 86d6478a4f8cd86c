/*
 * browser.js - a headless Chromium without a network, spoken to through two
 * pipes (the DevTools protocol, one JSON message after the other, each ended
 * by a zero byte).
 *
 *     const browser = await Browser.start("chromium", profileFolder);
 *     const page = await browser.page();
 *     const milliseconds = await page.open("file:///tmp/x.html");
 *     await page.evaluate(() => document.title);
 *     page.requests, page.messages    // since the last open
 */
"use strict";
const { spawn } = require("node:child_process");

const FLAGS = [
  "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
  "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-extensions",
  "--disable-dev-shm-usage", "--disable-ipc-flooding-protection",
  "--host-resolver-rules=MAP * ~NOTFOUND",
  "--remote-debugging-pipe"];
const ANSWER_SECONDS = 300;

class Browser {
  static async start(program, profile) {
    const child = spawn(program, [...FLAGS, `--user-data-dir=${profile}`],
      { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    return new Browser(child);
  }
  constructor(child) {
    this.child = child;
    this.next = 1;
    this.waiting = new Map();
    this.pages = new Map();
    this.rest = Buffer.alloc(0);
    child.stdio[4].on("data", (data) => this.take(data));
    child.stdio[3].on("error", () => {});
    this.ended = new Promise((done) => child.on("close", done));
    this.ended.then(() => this.fail("the browser ended"));
    child.on("error", (error) => this.fail(error.message));
  }
  fail(why) {
    for (const { no } of this.waiting.values()) no(new Error(why));
    this.waiting.clear();
  }
  take(data) {
    this.rest = Buffer.concat([this.rest, data]);
    for (let end; (end = this.rest.indexOf(0)) >= 0;) {
      const message = JSON.parse(this.rest.toString("utf8", 0, end));
      this.rest = this.rest.subarray(end + 1);
      this.hand(message);
    }
  }
  hand(message) {
    const one = this.waiting.get(message.id);
    if (one) {
      this.waiting.delete(message.id);
      clearTimeout(one.timer);
      if (message.error) one.no(new Error(message.error.message));
      else one.yes(message.result);
    } else if (this.pages.has(message.sessionId)) {
      this.pages.get(message.sessionId).event(message.method, message.params);
    }
  }
  send(method, params = {}, sessionId = undefined) {
    const id = this.next++;
    return new Promise((yes, no) => {
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        no(new Error(`${method}: no answer`));
      }, ANSWER_SECONDS * 1000);
      this.waiting.set(id, { yes, no, timer });
      this.child.stdio[3].write(
        JSON.stringify({ id, method, params, sessionId }) + "\0");
    });
  }
  async page() {
    const { targetId } = await this.send("Target.createTarget",
      { url: "about:blank" });
    const { sessionId } = await this.send("Target.attachToTarget",
      { targetId, flatten: true });
    const page = new Page(this, sessionId, targetId);
    this.pages.set(sessionId, page);
    for (const domain of ["Page", "Runtime", "Log", "Network"])
      await page.send(`${domain}.enable`);
    await page.send("Network.emulateNetworkConditions", { offline: true,
      latency: 0, downloadThroughput: 0, uploadThroughput: 0 });
    return page;
  }
  async stop() {
    await this.send("Browser.close").catch(() => {});
    await this.ended;
  }
}

class Page {
  constructor(browser, session, target) {
    Object.assign(this, { browser, session, target });
    this.loaded = () => {};
    this.forget();
  }
  forget() {
    this.requests = [];
    this.messages = [];
  }
  send(method, params) {
    return this.browser.send(method, params, this.session);
  }
  event(method, params) {
    if (method === "Page.loadEventFired") this.loaded();
    else if (method === "Network.requestWillBeSent")
      this.requests.push(params.request.url);
    else if (method === "Runtime.consoleAPICalled")
      this.messages.push("console: " + params.type);
    else if (method === "Runtime.exceptionThrown")
      this.messages.push("exception: " + params.exceptionDetails.text);
    else if (method === "Log.entryAdded")
      this.messages.push("log: " + params.entry.text);
    else if (method === "Page.javascriptDialogOpening") {
      this.messages.push("dialog: " + params.message);
      this.send("Page.handleJavaScriptDialog", { accept: true });
    }
  }
  /* Milliseconds until the page was loaded, its script had run and the first
     picture was drawn. */
  async open(url) {
    await this.go("about:blank");
    this.forget();
    const start = performance.now();
    await this.go(url);
    await this.evaluate(() => new Promise((drawn) =>
      requestAnimationFrame(() => setTimeout(drawn, 0))));
    return performance.now() - start;
  }
  async go(url) {
    const loaded = new Promise((done) => { this.loaded = done; });
    await this.send("Page.navigate", { url });
    await loaded;
  }
  async evaluate(work, ...args) {
    const given = args.map((a) => JSON.stringify(a)).join(",");
    const { result, exceptionDetails } = await this.send("Runtime.evaluate",
      { expression: `(${work})(${given})`, awaitPromise: true,
        returnByValue: true });
    if (exceptionDetails)
      throw new Error(exceptionDetails.exception?.description ||
        exceptionDetails.text);
    return result.value;
  }
  run(source) {
    return this.send("Runtime.evaluate", { expression: source });
  }
  async look(width, height, dark) {
    await this.send("Emulation.setDeviceMetricsOverride",
      { width, height, deviceScaleFactor: 1, mobile: false });
    await this.send("Emulation.setEmulatedMedia", { features: [
      { name: "prefers-color-scheme", value: dark ? "dark" : "light" }] });
  }
  async picture(width, height) {
    const { data } = await this.send("Page.captureScreenshot",
      { format: "png", captureBeyondViewport: true,
        clip: { x: 0, y: 0, width, height, scale: 1 } });
    return Buffer.from(data, "base64");
  }
  async type(selector, text) {
    await this.evaluate((s) => {
      const field = document.querySelector(s);
      field.focus();
      field.select();
    }, selector);
    await this.send("Input.insertText", { text });
  }
  async press(key, code) {
    const how = { key, code: key, windowsVirtualKeyCode: code };
    const text = key === "Enter" ? { text: "\r" } : {};
    await this.send("Input.dispatchKeyEvent",
      { type: "keyDown", ...how, ...text });
    await this.send("Input.dispatchKeyEvent", { type: "keyUp", ...how });
  }
}

module.exports = { Browser };
