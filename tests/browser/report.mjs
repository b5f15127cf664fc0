// Opens a page in headless Chromium and tries everything a reader would. Prints what it saw as JSON;
// `problems` must be empty. Called by `tests/html_report.rs`.
//
// usage: node report.mjs MODULES CHROMIUM PAGE [SCREENSHOTS]

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [modules, chromium, page_path, screenshots] = process.argv.slice(2);
const require = createRequire(path.join(modules, "noop.js"));
const puppeteer = require("puppeteer-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const problems = [];
const problem = (text) => problems.push(text);
const expect = (seen, wanted, what) => {
  if (seen !== wanted) problem(`${what}: ${seen} instead of ${wanted}`);
};

const url = pathToFileURL(path.resolve(page_path)).href;
const browser = await puppeteer.launch({
  executablePath: chromium,
  pipe: true,
  protocolTimeout: 600_000,
  // Containers run as root, where the sandbox does not start.
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
});
const page = await browser.newPage();
page.on("console", (message) => {
  if (["error", "warn", "warning"].includes(message.type())) problem(`console: ${message.text()}`);
});
page.on("pageerror", (error) => problem(`script: ${error}`));
page.on("dialog", async (dialog) => {
  problem(`dialog: ${dialog.message()}`);
  await dialog.dismiss();
});
page.on("request", (request) => {
  // A link within the page adds its place.
  if (request.url().split("#")[0] !== url) problem(`request: ${request.url()}`);
});

await page.setViewport({ width: 1280, height: 900 });
const started = performance.now();
await page.goto(url, { waitUntil: "load" });
const loaded = performance.now() - started;

const visible = () =>
  page.$$eval("article.finding", (all) => all.filter((it) => !it.closest("[hidden]")).length);
const matching = (selector) => page.$$eval(selector, (all) => all.length);
const status = () => page.$eval("#shown", (it) => it.textContent);

const all = await matching("article.finding");
const measured = {};
if (all > 0) {
  expect(await visible(), all, "findings before any filter");
  expect(await status(), `${all} of ${all} findings shown`, "status");

  for (const severity of ["error", "warning", "note"]) {
    const own = await matching(`article.finding[data-severity="${severity}"]`);
    await page.click(`input[value="${severity}"]`);
    expect(await visible(), all - own, `findings without ${severity}`);
    expect(await status(), `${all - own} of ${all} findings shown`, "status");
    await page.click(`input[value="${severity}"]`);
  }
  for (const [name, key] of [["rule", "rule"], ["workload", "workload"]]) {
    const values = await page.$$eval(`select[name="${name}"] option`, (options) =>
      options.map((option) => option.value).filter(Boolean),
    );
    const value = values[Math.floor(values.length / 2)];
    const own = await page.$$eval(
      "article.finding",
      (all, key, value) => all.filter((it) => it.dataset[key] === value).length,
      key,
      value,
    );
    const before = performance.now();
    await page.select(`select[name="${name}"]`, value);
    expect(await visible(), own, `findings of ${name} ${value}`);
    measured[`filter by ${name}`] = Math.round(performance.now() - before);
    if (name === "workload") {
      const others = await page.$$eval(
        "details.workload",
        (all, value) =>
          all.filter((it) => it.checkVisibility() && it.dataset.workload !== value).length,
        value,
      );
      expect(others, 0, "timelines and checklists of other workloads");
    }
    await page.click('button[type="reset"]');
    await page.waitForFunction(
      (text) => document.getElementById("shown").textContent === text,
      {},
      `${all} of ${all} findings shown`,
    );
  }

  // Links of the overview unfold what they lead to.
  for (const selector of [".figures tbody tr:last-child a", ".matrix tbody tr:last-child a"]) {
    if (!(await page.$(selector))) continue;
    await page.$eval(selector, (link) => link.click());
    const target = await page.$eval(selector, (link) => link.hash.slice(1));
    const shown = () => page.evaluate((id) => document.getElementById(id)?.checkVisibility(), target);
    await page.waitForFunction((id) => document.getElementById(id)?.checkVisibility(), {}, target).catch(() => {});
    expect(await shown(), true, `#${target} after its link was followed`);
  }
  await page.click("#unfold");
  expect(await matching("details.group:not([open])"), 0, "folded rules after all were unfolded");

  // By keyboard alone: the first stop skips to the content, and a filter is reached and worked.
  await page.reload({ waitUntil: "load" });
  await page.keyboard.press("Tab");
  expect(await page.evaluate(() => document.activeElement.className), "skip", "first stop");
  for (let stop = 0; stop < 200; stop += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => document.activeElement.name === "severity")) break;
  }
  const value = await page.evaluate(() => document.activeElement.value);
  const own = await matching(`article.finding[data-severity="${value}"]`);
  await page.keyboard.press("Space");
  expect(await visible(), all - own, `findings without ${value}, by keyboard`);
  await page.keyboard.press("Space");
}

const is_large = all > 1000;
for (const scheme of ["light", "dark"]) {
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  for (const width of [1280, 390]) {
    await page.setViewport({ width, height: 900 });
    const where = `${scheme} at ${width}`;
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    if (overflow > 0) problem(`${where}: the page is ${overflow}px wider than the window`);
    if (!is_large) {
      await page.$$eval("details", (all) => all.forEach((it) => (it.open = true)));
      const overlaps = await page.$$eval("svg.timeline", (drawings) => {
        const found = [];
        for (const drawing of drawings) {
          const boxes = Array.from(drawing.querySelectorAll("text"), (text) => [
            text.getBBox(),
            text.textContent,
          ]);
          boxes.forEach(([one, text], index) => {
            for (const [other, next] of boxes.slice(index + 1)) {
              const apart =
                one.x + one.width <= other.x ||
                other.x + other.width <= one.x ||
                one.y + one.height <= other.y ||
                other.y + other.height <= one.y;
              if (!apart) found.push(`${text} and ${next}`);
            }
          });
        }
        return found;
      });
      for (const overlap of overlaps) problem(`${where}: labels overlap: ${overlap}`);
      // Evaluated through the debugger, which the page's policy does not bind.
      await page.evaluate(axe);
      const { violations } = await page.evaluate("axe.run()");
      for (const { id, impact, nodes } of violations) {
        const place = nodes.map((node) => node.target.join(" ")).slice(0, 3).join(", ");
        if (["serious", "critical"].includes(impact)) problem(`${where}: axe: ${id} at ${place}`);
      }
    }
    if (screenshots) {
      const file = path.join(screenshots, `${scheme}-${width}.png`);
      await page.screenshot({ path: file, fullPage: !is_large });
    }
  }
}
// Printed as it was opened: errors and warnings with their messages, of notes no more than their number.
await page.reload({ waitUntil: "load" });
await page.emulateMediaType("print");
if (all > 0 && (await page.$eval("form", (it) => it.checkVisibility()))) {
  problem("the filters are printed");
}
const printed = (severity) =>
  page.$$eval(`article.finding[data-severity="${severity}"] .message`, (all) =>
    all.filter((it) => it.checkVisibility({ contentVisibilityAuto: false })).length,
  );
for (const severity of ["error", "warning"]) {
  const own = await matching(`article.finding[data-severity="${severity}"]`);
  expect(await printed(severity), own, `${severity} findings in print`);
}
expect(await printed("note"), 0, "notes in print");

// Without the script everything is there, and unfolds.
await page.emulateMediaType("screen");
await page.setJavaScriptEnabled(false);
await page.reload({ waitUntil: "load" });
expect(await visible(), all, "findings without script");
if (all > 0) {
  expect(await page.$eval("#filters", (it) => it.checkVisibility()), false, "filters without script");
  const last = (await page.$$("details.group")).at(-1);
  const was = await last.evaluate((it) => it.open);
  await (await last.$("summary")).click();
  expect(await last.evaluate((it) => it.open), !was, "the last rule after a click on it");
}
await browser.close();
console.log(JSON.stringify({ findings: all, milliseconds: { load: Math.round(loaded), ...measured }, problems }));
