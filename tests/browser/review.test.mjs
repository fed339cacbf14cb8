// The review queue, by keyboard alone; then the export, and training on it.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { CONCRETE_EN, VAGUE_EN, VAGUE_HE } from "./ads.mjs";
import { fileURLToPath } from "node:url";
import { browser, folder, open, run, serve } from "./support.mjs";

const LABELLED = fileURLToPath(new URL("../../data/labeled/ads.csv", import.meta.url));

const cell = (value) => `"${value.replaceAll('"', '""')}"`;
const FIELDS = ["bakery", "florist", "bicycle shop", "dentist", "hostel", "museum", "choir", "vineyard", "school", "garage", "cinema", "farm"];
const PLACES = ["s", "s", " and its garden", " in town", "", "s", " by the sea", "", " for families", "", "s", " on wheels"];
const CITIES = ["Haifa", "Cork", "Leeds", "Eilat", "Porto", "Ghent", "Bern", "Turin", "Lyon", "Graz", "Oslo", "Riga"];

/** Vague ads that are no repeats of each other: each for another employer, with another sentence. */
const pool = FIELDS.map((field, n) => [`v-${n}`, `Social media hero for a ${field}${PLACES[n]}`,
  `Our ${field} in ${CITIES[n]} wants a passionate social media hero. ${["Raise awareness", "Create buzz", "Go viral", "Wow our fans"][n % 4]} and manage our presence. Great attitude, no experience needed. Competitive salary.`]);
const POSTINGS = [["he-1", VAGUE_HE.title, VAGUE_HE.text], ["en-1", VAGUE_EN.title, VAGUE_EN.text], ["en-2", CONCRETE_EN.title, CONCRETE_EN.text], ...pool];

test("the review queue", async (t) => {
  const dir = folder(t);
  const path = join(dir, "ads.csv");
  const ledger = join(dir, "ledger.db");
  await writeFile(path, ["id,title,text", ...POSTINGS.map((row) => row.map(cell).join(","))].join("\n"));
  run("batch", path, "-o", join(dir, "out.jsonl"), "--ledger", ledger, "--keep-texts");
  const flagged = (await readFile(join(dir, "out.jsonl"), "utf8")).trim().split("\n").map((line) => JSON.parse(line)).filter(({ verdict }) => ["vague", "unsure"].includes(verdict)).length;
  const address = await serve(t, "--ledger", ledger);
  const started = await browser(t);

  const progress = (page) => page.textContent(".progress-line");
  const enter = async (page, name) => {
    await page.fill("#reviewer", name);
    await page.keyboard.press("Enter");
    await page.waitForSelector(".review-desk:not([hidden]) .ad-text");
  };
  const press = async (page, key, left) => {
    await page.keyboard.press(key);
    await page.waitForFunction((n) => document.querySelector(".progress-line").textContent.replace(/[\u2068\u2069]/g, "").includes(`${n} left`), left);
  };

  /** A label for the ad on the screen that hangs on its title, so that both reviewers mostly agree and both labels occur. */
  const label = async (page) => ([...(await page.textContent(".ad-title"))].length % 2 ? "v" : "c");

  await t.test("is answered by keyboard, taken back, and gone on with", async (t) => {
    const page = await open(t, started, address, { route: "review" });
    await enter(page, "Noa");
    assert.match((await progress(page)).replace(/[\u2068\u2069]/g, ""), new RegExp(`0 done, ${flagged} left`));
    assert.ok(await page.locator(".ad-sheet mark").count() > 0);
    const first = await page.textContent(".ad-sheet");
    // 1 yes, 2 no, 3 yes and no and open again.
    for (const key of ["1", "2", "2", "3", "3", "3"]) await page.keyboard.press(key);
    assert.deepEqual(await page.locator(".mark-reason .state").allTextContents(), ["yes", "no", "open", "open", "open", "open"]);
    await press(page, "v", flagged - 1);
    assert.notEqual(await page.textContent(".ad-sheet"), first);
    assert.deepEqual(new Set(await page.locator(".mark-reason .state").allTextContents()), new Set(["open"]));
    await press(page, "u", flagged);
    assert.equal(await page.textContent(".ad-sheet"), first, "undo brings the ad back");
    for (const key of ["1", "2", "2"]) await page.keyboard.press(key);
    await press(page, "d", flagged - 1);
    await press(page, "s", flagged - 2);
    for (let left = flagged - 3; left >= 1; left -= 1) await press(page, await label(page), left);
    await page.keyboard.press(await label(page));
    await page.waitForSelector(".review .needs:not([hidden])");
    assert.match(await page.textContent(".review .needs"), /Nothing left/);
  });

  await t.test("a second reviewer starts anew, and their agreement is shown", async (t) => {
    const page = await open(t, started, address, { route: "review" });
    await enter(page, "Dan");
    await press(page, "v", flagged - 1);
    for (let left = flagged - 2; left >= 1; left -= 1) await press(page, await label(page), left);
    await page.keyboard.press(await label(page));
    await page.waitForSelector(".review .needs:not([hidden])");
    await page.waitForSelector(".agreement table");
    const row = page.locator(".agreement tbody tr").filter({ hasText: "Noa" }).filter({ hasText: "Dan" });
    const cells = await row.locator("td").allTextContents();
    // One ad was passed over by the first reviewer.
    assert.equal(Number(cells[0]), flagged - 1);
    assert.ok(Number(cells[1]) >= -1 && Number(cells[1]) < 1, cells[1]);
  });

  await t.test("shortcuts work in a Hebrew layout and not while a name is typed", async (t) => {
    const page = await open(t, started, address, { route: "review", language: "he" });
    await page.fill("#reviewer", "");
    await page.click("#reviewer");
    await page.keyboard.type("Vicky");
    assert.equal(await page.inputValue("#reviewer"), "Vicky");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".review-desk:not([hidden]) .ad-text");
    const before = await page.textContent(".ad-sheet");
    // The key of V types ה on a Hebrew keyboard.
    await page.evaluate(() => document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "ה", code: "KeyV", bubbles: true, cancelable: true })));
    await page.waitForFunction((text) => document.querySelector(".ad-sheet").textContent !== text, before);
  });

  await t.test("the model's opinion can be hidden until one has answered", async (t) => {
    const page = await open(t, started, address, { route: "review" });
    await enter(page, "Blind");
    await page.check("#blind");
    assert.equal(await page.locator(".ad-sheet mark").count(), 0);
    assert.equal(await page.isVisible(".review .gauge"), false);
    assert.equal(await page.isVisible(".answer.agree"), false);
  });

  await t.test("the export is a labelled CSV that train reads", async (t) => {
    const page = await open(t, started, address, { route: "review" });
    await page.waitForSelector(".downloads a");
    const [saved] = await Promise.all([page.waitForEvent("download"), page.locator(".downloads a").click()]);
    const file = join(dir, "labels.csv");
    await saved.saveAs(file);
    const content = (await readFile(file, "utf8")).replace(/^\ufeff/, "");
    const [head] = content.split(/\r?\n/);
    // By their ids: texts hold line breaks.
    const rows = content.match(/^"?(?:he-1|en-1|v-\d+)"?,/gm);
    for (const name of ["id", "label", "generic", "everyone"]) assert.ok(head.split(",").includes(name), head);
    assert.ok(rows.length >= 10);
    const model = join(dir, "model");
    // A dozen reviews are no model of their own; they are learned from beside the ads that the program comes with.
    const trained = run("train", LABELLED, file, "--no-nested", "-o", model);
    assert.match(trained.stderr, new RegExp(`${rows.length} of ${rows.length} rows`), "train reads every row of the export");
    assert.ok(existsSync(join(model, "config.json")), trained.stderr);
    const judged = run("score", "-m", model, "-f", "json", path.replace("ads.csv", "out.jsonl"));
    assert.ok(JSON.parse(judged.stdout.split("\n")[0]).p_vague !== undefined);
  });
});
