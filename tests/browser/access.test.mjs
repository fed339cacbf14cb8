// Who can use it: axe-core on every view in both languages, phone width, 200% zoom, and the keyboard alone.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { CONCRETE_EN, MIXED, VAGUE_EN, VAGUE_HE } from "./ads.mjs";
import { answered, browser, folder, open, run, serve, text, write } from "./support.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const VIEWS = ["write", "batch", "runs", "review"];

/** What axe-core finds, of any impact; contrast included. */
async function findings(page) {
  // The page's policy lets no other script in, so axe comes in by the debugger.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(({ target }) => target.join(" ")).slice(0, 4).join(" | ")}`);
}

const wide = (page) => page.evaluate(() => ({ needs: document.documentElement.scrollWidth, has: document.documentElement.clientWidth }));

test("access", async (t) => {
  const dir = folder(t);
  const path = join(dir, "ads.csv");
  const ledger = join(dir, "ledger.db");
  const rows = [["a", VAGUE_HE.title, VAGUE_HE.text], ["b", VAGUE_EN.title, VAGUE_EN.text], ["c", CONCRETE_EN.title, CONCRETE_EN.text], ["d", MIXED.title, MIXED.text]];
  await writeFile(path, ["id,title,text", ...rows.map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(","))].join("\n"));
  for (const out of ["1.jsonl", "2.csv"]) run("batch", path, "-o", join(dir, out), "--ledger", ledger, "--keep-texts");
  const address = await serve(t, "--ledger", ledger);
  const started = await browser(t);

  /** Brings a view to where there is most on it. */
  async function fill(page, view) {
    if (view === "write") {
      await write(page, MIXED);
      await page.locator(".write [data-state=failed] button.check").first().click();
      await page.keyboard.press("F8");
    } else if (view === "batch") {
      await page.setInputFiles("#file", path);
      await page.waitForSelector(".results:not([hidden]) tbody button.place");
      await page.click(".chip.vague");
      await page.waitForTimeout(200);
    } else if (view === "runs") {
      await page.waitForSelector(".runs tbody tr");
    } else {
      await page.fill("#reviewer", "Axe");
      await page.keyboard.press("Enter");
      await page.waitForSelector(".review-desk:not([hidden]) .ad-text");
      await page.keyboard.press("1");
      await page.keyboard.press("2");
      await page.keyboard.press("2");
    }
  }

  for (const language of ["he", "en"]) {
    for (const colorScheme of ["light", "dark"]) {
      await t.test(`axe finds nothing (${language}, ${colorScheme})`, async (t) => {
        for (const view of VIEWS) {
          const page = await open(t, started, address, { language, route: view, colorScheme });
          assert.deepEqual(await findings(page), [], `${view}, empty`);
          await fill(page, view);
          assert.deepEqual(await findings(page), [], `${view}, full`);
          if (view === "batch") {
            await page.locator(".results tbody button.place").first().click();
            await page.waitForSelector("dialog[open] mark");
            await page.locator("dialog [data-state=failed] button.check").first().click();
            assert.deepEqual(await findings(page), [], "an ad that is opened");
          }
        }
      });
    }

    await t.test(`nothing is wider than a phone, or than the screen at 200% (${language})`, async (t) => {
      // 200% zoom of a window of 1280 is a window of 640 with twice the pixels.
      for (const [width, height] of [[320, 640], [390, 844], [640, 450]]) {
        for (const view of VIEWS) {
          const page = await open(t, started, address, { language, route: view, width, height, deviceScaleFactor: 2 });
          await fill(page, view);
          const { needs, has } = await wide(page);
          assert.ok(needs <= has, `${view} at ${width} needs ${needs}`);
          if (view === "batch") {
            await page.locator(".results tbody button.place").first().click();
            await page.waitForSelector("dialog[open] mark");
            const inside = await page.evaluate(() => { const d = document.querySelector("dialog"); return d.scrollWidth - d.clientWidth; });
            assert.ok(inside <= 0, `the opened ad at ${width} is ${inside} too wide`);
          }
        }
      }
    });
  }

  await t.test("the keyboard alone: from the address to an applied example", async (t) => {
    const page = await open(t, started, address, { route: "runs" });
    const focused = () => page.evaluate(() => {
      const at = document.activeElement;
      return at.id || at.textContent.trim();
    });
    await page.keyboard.press("Tab");
    assert.equal(await focused(), "skip");
    const seen = [];
    const step = async (key) => {
      await page.keyboard.press(key);
      seen.push(await focused());
      const visible = await page.evaluate(() => {
        const style = getComputedStyle(document.activeElement);
        const paper = document.activeElement.closest(".paper");
        return style.outlineStyle !== "none" || (paper && getComputedStyle(paper).boxShadow !== "none");
      });
      assert.ok(visible, `focus is seen on ${seen.at(-1)}`);
    };
    for (let n = 0; n < 9 && seen.at(-1) !== "language"; n += 1) await step("Tab");
    for (const name of ["brand", "Write", "Files", "Runs", "Review", "language"]) assert.ok(seen.includes(name), seen.join(" → "));
    for (let n = 0; n < 9 && seen.at(-1) !== "Write"; n += 1) await step("Shift+Tab");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement.id === "text");
    await step("Shift+Tab");
    assert.equal(await focused(), "title");
    await step("Tab");
    assert.equal(await focused(), "text");
    await answered(page, () => page.keyboard.insertText(VAGUE_EN.text));
    // On from check to check, opening each, until one has an example; on to its button.
    const at = (selector) => page.evaluate((wanted) => document.activeElement.matches(wanted), selector);
    for (let n = 0; n < 60 && !(await at("button.apply")); n += 1) {
      await page.keyboard.press("Tab");
      if (await at("[data-state=failed] button.check[aria-expanded=false]")) await page.keyboard.press("Enter");
    }
    assert.ok(await at("button.apply"), "the keyboard reaches an example");
    await answered(page, () => page.keyboard.press("Enter"));
    assert.notEqual(await text(page), VAGUE_EN.text);
    assert.equal(await focused(), "text");
    await answered(page, () => page.keyboard.press("ControlOrMeta+z"));
    assert.equal(await text(page), VAGUE_EN.text);
  });

  await t.test("the keyboard alone: a review, from the name to the agreement", async (t) => {
    const page = await open(t, started, address, { route: "review" });
    await page.waitForSelector("#reviewer");
    const on = (selector) => page.evaluate((wanted) => document.activeElement.matches(wanted), selector);
    const reach = async (selector) => {
      for (let n = 0; n < 60 && !(await on(selector)); n += 1) await page.keyboard.press("Tab");
      assert.ok(await on(selector), `the keyboard reaches ${selector}`);
    };
    const left = async () => Number(/(\d+) left/.exec((await page.textContent(".progress-line")).replace(/[\u2068\u2069]/g, ""))[1]);
    await reach("#reviewer");
    await page.keyboard.type("Keys");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".review-desk:not([hidden]) .ad-text");
    const all = await left();
    assert.ok(all >= 2, `${all} ads wait`);
    // Every button can be reached and pressed without its letter, too.
    await reach(".mark-reason");
    await page.keyboard.press("Space");
    assert.equal(await page.locator(".mark-reason .state").first().textContent(), "yes");
    assert.ok(await on(".mark-reason"), "the reason keeps the focus");
    await page.evaluate(() => document.querySelector("#reviewer").focus());
    await reach(".answer.concrete");
    await page.keyboard.press("Enter");
    await page.waitForFunction((n) => document.querySelector(".progress-line").textContent.replace(/[\u2068\u2069]/g, "").includes(`${n} left`), all - 1);
    await reach(".answer.undo");
    await page.keyboard.press("Enter");
    await page.waitForFunction((n) => document.querySelector(".progress-line").textContent.replace(/[\u2068\u2069]/g, "").includes(`${n} left`), all);
    await reach(".agreement a");
  });

  await t.test("the card of a highlight lies within the window of a phone", async (t) => {
    for (const language of ["he", "en"]) {
      const page = await open(t, started, address, { language, width: 390, height: 844 });
      await write(page, language === "he" ? VAGUE_HE : VAGUE_EN);
      for (let n = 0; n < 6; n += 1) {
        await page.keyboard.press("F8");
        await page.waitForSelector(".card:not([hidden])");
        const { left, right, bottom, wide, high } = await page.evaluate(() => {
          const box = document.querySelector(".card").getBoundingClientRect();
          return { left: box.left, right: box.right, bottom: box.bottom, wide: document.body.clientWidth, high: innerHeight };
        });
        assert.ok(left >= 0 && right <= wide && bottom <= high, `${left} to ${right} of ${wide}, down to ${bottom} of ${high}`);
      }
    }
  });

  await t.test("the keyboard alone: the other views", async (t) => {
    const page = await open(t, started, address);
    await page.evaluate(() => document.querySelector('#nav a[href="#/batch"]').focus());
    await page.keyboard.press("Enter");
    await page.waitForSelector(".batch:not([hidden])");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.id), "file");
    await page.setInputFiles("#file", path);
    await page.waitForSelector(".results:not([hidden]) tbody button.place");
    for (let n = 0; n < 40 && !(await page.evaluate(() => document.activeElement.matches("tbody button.place"))); n += 1) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForSelector("dialog[open]");
    await page.keyboard.press("Escape");
    assert.ok(await page.evaluate(() => document.activeElement.matches("tbody button.place")), "focus returns to the list");
  });

  await t.test("where a token is asked for, it is entered on a page of its own, and given back", async (t) => {
    const token = "0123456789abcdef-token";
    await writeFile(join(dir, "token"), `${token}\n`);
    const guarded = await serve(t, "--token-file", join(dir, "token"));
    for (const colorScheme of ["light", "dark"]) {
      const context = await started.newContext({ colorScheme, viewport: { width: 390, height: 844 } });
      t.after(() => context.close());
      const page = await context.newPage();
      const wrong = [];
      page.on("console", (message) => message.type() === "error" && !/401/.test(message.text()) && wrong.push(message.text()));
      await page.goto(guarded);
      assert.match(page.url(), /\/login$/);
      assert.ok(await page.evaluate(() => document.activeElement.id === "token"));
      await page.keyboard.type("not the token at all");
      await page.keyboard.press("Enter");
      await page.waitForFunction(() => document.querySelector("[role=alert]").textContent !== "");
      assert.match(await page.textContent("[role=alert]"), /That is not the token/);
      await page.evaluate(AXE);
      const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
      assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].target}`), []);
      await page.fill("#token", token);
      await page.keyboard.press("Enter");
      await page.waitForSelector(".write .gauge");
      await write(page, VAGUE_EN).catch(() => page.fill("#text", VAGUE_EN.text));
      await page.waitForSelector(".write [data-state=failed]");
      await page.click("#leave");
      await page.waitForSelector("#token");
      await page.goto(guarded);
      assert.match(page.url(), /\/login$/, "without the token nothing is shown any more");
      assert.deepEqual(wrong, []);
    }
  });

  await t.test("live regions do not chatter while one types", async (t) => {
    const page = await open(t, started, address);
    await page.evaluate(() => {
      window.said = [];
      new MutationObserver(() => window.said.push(document.getElementById("said").textContent)).observe(document.getElementById("said"), { childList: true, characterData: true, subtree: true });
    });
    await page.click("#text");
    await page.keyboard.type("We want a social media ninja with passion who raises awareness and creates engaging content.", { delay: 40 });
    assert.deepEqual(await page.evaluate(() => window.said), [], "nothing while typing");
    await page.waitForFunction(() => window.said.length > 0);
    await page.waitForTimeout(1500);
    assert.equal((await page.evaluate(() => window.said)).length, 1, "one sentence when the writer pauses");
  });

  await t.test("nothing moves where less motion is asked for", async (t) => {
    const page = await open(t, started, address, { reducedMotion: "reduce" });
    await write(page, VAGUE_EN);
    const moving = await page.evaluate(() => [...document.querySelectorAll("*")].filter((one) => {
      const style = getComputedStyle(one);
      return style.transitionDuration !== "0s" || style.animationName !== "none";
    }).length);
    assert.equal(moving, 0);
  });
});
