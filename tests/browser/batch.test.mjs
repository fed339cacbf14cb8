// The views of files and runs: a CSV is dropped, sifted, opened and taken home; a ledger's runs are shown.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { CONCRETE_EN, VAGUE_EN, VAGUE_HE } from "./ads.mjs";
import { browser, folder, open, program, run, serve, text } from "./support.mjs";

const cell = (value) => `"${value.replaceAll('"', '""')}"`;
const csv = (rows) => ["id,title,text", ...rows.map((row) => row.map(cell).join(","))].join("\n");
const ROWS = [
  ["he-1", VAGUE_HE.title, VAGUE_HE.text],
  ["en-1", VAGUE_EN.title, VAGUE_EN.text],
  ["en-2", CONCRETE_EN.title, CONCRETE_EN.text],
  ["x-1", "Social ninja", "<p>A passionate ninja for our social media &lt;script&gt;document.title='owned'&lt;/script&gt; &lt;img src=x onerror=\"document.title='owned'\"&gt;.</p><p>Competitive salary.</p>"],
  ["en-3", "Warehouse lead", "Load and unload three lorries a day, keep the stock list in SAP, and train two new colleagues a month. £14 an hour."],
];

/** Chooses a file and waits for its results. */
async function choose(page, path) {
  await page.setInputFiles("#file", path);
  await page.waitForSelector(".results:not([hidden]) tbody tr button.place");
}

const titles = (page) => page.locator(".results tbody th.title button").allTextContents();
const column = (page, name) => page.locator(`.results tbody td.${name}`).allTextContents();

test("the view of files", async (t) => {
  const dir = folder(t);
  const path = join(dir, "ads.csv");
  await writeFile(path, csv(ROWS));
  const address = await serve(t);
  const started = await browser(t);

  await t.test("a CSV is scored, counted, filtered, sorted and downloaded", async (t) => {
    const page = await open(t, started, address, { route: "batch" });
    await choose(page, path);
    assert.match(await page.textContent(".status"), /\u20685\u2069 ads read/);
    // The counts are those of the command line.
    const lines = run("batch", path, "-o", join(dir, "cli.jsonl"));
    assert.equal(lines.status, 0);
    const records = (await readFile(join(dir, "cli.jsonl"), "utf8")).trim().split("\n").map((line) => JSON.parse(line));
    const vague = records.filter(({ verdict }) => verdict === "vague").length;
    assert.equal(Number(await page.textContent(".chip.vague .n")), vague);
    // Sorted by probability, most vague first.
    const p = (await column(page, "p")).filter((one) => one !== "–").map(Number);
    assert.deepEqual(p, [...p].sort((a, b) => b - a));
    await page.selectOption("#sort", "words");
    await page.waitForFunction(() => document.querySelector("th.words").getAttribute("aria-sort") === "ascending");
    const words = (await column(page, "words")).map(Number);
    assert.deepEqual(words, [...words].sort((a, b) => a - b));
    await page.getByRole("button", { name: "Words" }).click();
    await page.waitForFunction(() => document.querySelector("th.words").getAttribute("aria-sort") === "descending");
    assert.deepEqual((await column(page, "words")).map(Number), words.reverse());
    // Filtered by verdict, then by fault.
    await page.click(".chip.vague");
    await page.waitForFunction((n) => document.querySelectorAll(".results tbody tr").length === n, vague);
    assert.ok((await column(page, "verdict-cell")).every((one) => one === "Vague"));
    await page.selectOption("#reason", "no_stake");
    const fired = records.filter((record) => record.verdict === "vague" && record.reasons.some(({ id, fired }) => id === "no_stake" && fired));
    await page.waitForFunction((n) => document.querySelectorAll(".results tbody tr button.place").length === n, fired.length);
    assert.deepEqual((await titles(page)).sort(), fired.map(({ title }) => title).sort());
    // Words are looked for in what is left, and in all of it once the other filters are taken away.
    await page.selectOption("#reason", "");
    await page.click(".chip.vague");
    await page.waitForFunction((n) => document.querySelectorAll(".results tbody tr button.place").length === n, records.length);
    await page.fill("#query", "ראש גדול");
    await page.waitForFunction(() => document.querySelectorAll(".results tbody tr button.place").length === 1);
    assert.deepEqual(await titles(page), [VAGUE_HE.title]);
    await page.fill("#query", "no such words");
    await page.waitForFunction(() => /No ad fits/.test(document.querySelector(".results tbody").textContent));
    await page.fill("#query", "");
    await page.selectOption("#lang", "he");
    const hebrew = records.filter(({ lang }) => lang === "he").length;
    await page.waitForFunction((n) => document.querySelectorAll(".results tbody tr button.place").length === n, hebrew);
    // The file that is taken home is the one the command line writes.
    const [saved] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "CSV", exact: true }).click()]);
    spawnSync(resolve(program()), ["batch", "ads.csv", "-o", "cli.csv", "--with-text"], { cwd: dir });
    assert.equal(await readFile(await saved.path(), "utf8"), await readFile(join(dir, "cli.csv"), "utf8"));
  });

  await t.test("files are kept until the program ends: they are listed, opened again and removed", async (t) => {
    const page = await open(t, started, address, { route: "batch" });
    await page.waitForSelector(".kept:not([hidden]) li");
    const before = await page.locator(".kept li").count();
    await page.locator(".kept li button.place").first().click();
    await page.waitForSelector(".results:not([hidden]) tbody tr button.place");
    assert.equal((await titles(page)).length, ROWS.length);
    assert.equal(await page.locator(".kept li[aria-current]").count(), 1);
    await page.locator(".kept li button.quiet").first().click();
    await page.waitForFunction((n) => document.querySelectorAll(".kept li").length === n - 1, before);
    assert.equal(await page.isVisible(".results"), false);
  });

  await t.test("an ad is opened with its highlights, and from there in the editor", async (t) => {
    const page = await open(t, started, address, { route: "batch", language: "he" });
    await choose(page, path);
    await page.getByRole("button", { name: VAGUE_HE.title }).click();
    await page.waitForSelector("dialog[open] mark");
    assert.equal(await page.textContent("dialog .ad-title"), VAGUE_HE.title);
    const marks = await page.locator("dialog mark").allTextContents();
    assert.ok(marks.some((mark) => mark.includes("ראש גדול")), marks.join("|"));
    assert.equal(await page.textContent("dialog .gauge .word"), "מעורפלת");
    await page.locator("dialog").getByRole("button", { name: "הבאה", exact: true }).click();
    await page.waitForFunction((title) => document.querySelector("dialog .ad-title")?.textContent !== title, VAGUE_HE.title);
    await page.locator("dialog").getByRole("button", { name: "הקודמת", exact: true }).click();
    await page.waitForFunction((title) => document.querySelector("dialog .ad-title")?.textContent === title, VAGUE_HE.title);
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("dialog[open]").count(), 0);
    await page.getByRole("button", { name: VAGUE_HE.title }).click();
    await page.waitForSelector("dialog[open] mark");
    await page.locator("dialog").getByRole("button", { name: "פתיחה בעורך" }).click();
    await page.waitForFunction(() => document.querySelectorAll(".write [data-state=failed]").length > 2);
    assert.equal(await text(page), VAGUE_HE.text);
  });

  await t.test("a script in a file is text", async (t) => {
    const page = await open(t, started, address, { route: "batch" });
    await choose(page, path);
    await page.getByRole("button", { name: /Social ninja/ }).click();
    await page.waitForSelector("dialog[open] mark");
    assert.match(await page.textContent("dialog .ad-sheet"), /<script>/);
    assert.equal(await page.evaluate(() => document.querySelectorAll("#view script, #view img").length), 0);
    assert.doesNotMatch(await page.title(), /owned/);
  });

  await t.test("bad records are named, and a file that is none is refused in words", async (t) => {
    const bad = join(dir, "bad.csv");
    await writeFile(bad, `${csv(ROWS)}\nbroken,"",""\n`);
    const page = await open(t, started, address, { route: "batch" });
    await choose(page, bad);
    await page.waitForSelector(".bad-records:not([hidden])");
    assert.match(await page.textContent(".bad-records"), /record \u20686\u2069/);
    const none = join(dir, "none.csv");
    await writeFile(none, "a,b\n1,2\n");
    await page.setInputFiles("#file", none);
    await page.waitForSelector(".batch .notice:not([hidden])");
    assert.ok((await page.textContent(".batch .notice")).length > 10);
    page.wrong.length = 0;
  });

  await t.test("a file can be dropped", async (t) => {
    const page = await open(t, started, address, { route: "batch" });
    const data = await page.evaluateHandle((content) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([content], "dropped.csv", { type: "text/csv" }));
      return transfer;
    }, csv(ROWS));
    await page.dispatchEvent(".zone-drop", "drop", { dataTransfer: data });
    await page.waitForSelector(".results:not([hidden]) tbody tr button.place");
    assert.equal((await titles(page)).length, ROWS.length);
  });

  await t.test("longer lists come a page at a time", async (t) => {
    const many = join(dir, "many.csv");
    await writeFile(many, csv([...Array(130).keys()].map((n) => [`m-${n}`, `Social media ninja ${n}`, `Wanted: a ninja with passion, number ${n}, for our social media.`])));
    const page = await open(t, started, address, { route: "batch" });
    await choose(page, many);
    assert.equal(await page.locator(".results tbody tr").count(), 50);
    await page.getByRole("button", { name: /Show \u206850\u2069 more/ }).click();
    await page.waitForFunction(() => document.querySelectorAll(".results tbody tr").length === 100);
    await page.getByRole("button", { name: /Show \u206830\u2069 more/ }).click();
    await page.waitForFunction(() => document.querySelectorAll(".results tbody tr").length === 130);
    assert.equal(new Set(await titles(page)).size, 130);
  });
});

test("the view of runs", async (t) => {
  const dir = folder(t);
  const started = await browser(t);

  await t.test("says what it needs without a ledger", async (t) => {
    const page = await open(t, started, await serve(t), { route: "runs" });
    await page.waitForSelector(".needs");
    assert.match(await page.textContent(".needs"), /--ledger/);
    page.wrong.length = 0;
  });

  await t.test("shows every run and the trends", async (t) => {
    const ledger = join(dir, "ledger.db");
    for (const n of [3, 4, 5]) {
      const path = join(dir, "night.csv");
      await writeFile(path, csv(ROWS.slice(0, n)));
      run("batch", path, "-o", join(dir, "out.jsonl"), "--ledger", ledger);
    }
    const page = await open(t, started, await serve(t, "--ledger", ledger), { route: "runs" });
    await page.waitForSelector(".runs tbody tr");
    assert.deepEqual(await page.locator(".runs tbody th").allTextContents(), ["3", "2", "1"]);
    assert.deepEqual(await page.locator(".runs td.read").allTextContents(), ["5", "4", "3"]);
    assert.deepEqual(await page.locator(".runs td.unchanged").allTextContents(), ["4", "3", "0"]);
    assert.equal(await page.locator(".chart svg[role=img]").count(), 4);
    const flagged = await page.locator(".chart svg").first().getAttribute("aria-label");
    assert.match(flagged, /over 3 runs/);
    assert.equal(await page.locator(".chart").first().locator("circle").count(), 3);
  });
});
