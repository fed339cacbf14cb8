// The write view: typing, pasting, highlights, advice that is applied and taken back, copying and sharing.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { CONCRETE_EN, VAGUE_EN, VAGUE_HE } from "./ads.mjs";
import { answered, browser, highlights, nextAnswer, open, probability, serve, text, write } from "./support.mjs";

test("the write view", async (t) => {
  const address = await serve(t);
  const started = await browser(t);

  await t.test("typing moves the gauge, and highlights appear under what is typed", async (t) => {
    const page = await open(t, started, address);
    await page.click("#text");
    await answered(page, () => page.keyboard.type("We want a social media ninja with passion."));
    assert.equal(await text(page), "We want a social media ninja with passion.");
    assert.match(await page.textContent(".gauge .word"), /Vague/);
    const found = (await highlights(page)).filter(({ name }) => name.startsWith("vague"));
    assert.ok(found.some(({ text }) => text.includes("ninja")), JSON.stringify(found));
    assert.ok(found.every(({ boxes }) => boxes.length > 0 && boxes[0].right > boxes[0].left));
    assert.equal(await page.getAttribute(".scale", "role"), "meter");
    assert.equal(Number(await page.getAttribute(".scale", "aria-valuenow")).toFixed(2), (await probability(page)).toFixed(2));
    assert.match(await page.textContent(".gauge .meaning"), /of 100 ads|Nearly all ads/);
  });

  await t.test("line breaks, caret and native undo stay the browser's own", async (t) => {
    const page = await open(t, started, address);
    await page.click("#text");
    await page.keyboard.type("first line");
    await page.keyboard.press("Enter");
    await page.keyboard.type("second ninja");
    await answered(page, () => page.keyboard.press("Enter"));
    assert.equal(await text(page), "first line\nsecond ninja\n");
    for (let n = 0; n < 5; n += 1) await page.keyboard.press("ArrowLeft");
    await answered(page, () => page.keyboard.type("X"));
    assert.equal(await text(page), "first line\nsecond nXinja\n");
    await page.keyboard.press("ControlOrMeta+z");
    assert.equal(await text(page), "first line\nsecond ninja\n");
    await page.keyboard.press("ControlOrMeta+Shift+z");
    assert.equal(await text(page), "first line\nsecond nXinja\n");
  });

  await t.test("answers that come late are shown while one types on, at the places their words have moved to", async (t) => {
    const page = await open(t, started, address);
    await write(page, { text: "We want a social media ninja with passion." });
    await page.evaluate(() => {
      window.shown = [];
      document.addEventListener("tachles:painted", () => window.shown.push([...CSS.highlights].flatMap(([name, ranges]) => (name.startsWith("vague") ? [...ranges].map(String) : []))));
      document.getSelection().collapse(document.getElementById("text").firstChild, 0);
    });
    // Later than the next keys.
    await page.route(/\/api\/v1\/score$/, async (route) => {
      await new Promise((late) => setTimeout(late, 250));
      await route.continue();
    });
    await page.keyboard.type("Dear all who read this, hello. ", { delay: 60 });
    const shown = await page.evaluate(() => window.shown);
    assert.ok(shown.length >= 2, `${shown.length} answers were shown during the typing`);
    for (const marks of shown) assert.ok(marks.some((mark) => mark.includes("ninja")) && marks.every((mark) => /^(social media ninja|ninja|passion)$/.test(mark)), JSON.stringify(marks));
    await page.waitForFunction((text) => document.getElementById("text").textContent.startsWith(text), "Dear all");
    await nextAnswer(page);
    await page.unrouteAll({ behavior: "wait" });
  });

  await t.test("text from an input method is taken when it is composed", async (t) => {
    const page = await open(t, started, address);
    await page.click("#text");
    const session = await page.context().newCDPSession(page);
    await session.send("Input.imeSetComposition", { text: "גור", selectionStart: 3, selectionEnd: 3 });
    await answered(page, () => session.send("Input.insertText", { text: "דרוש גורו סושיאל" }));
    assert.equal(await text(page), "דרוש גורו סושיאל");
    assert.ok((await highlights(page)).some(({ text }) => text.includes("גורו")));
  });

  await t.test("several lines that come at once, as from dictation, stay lines and are undone at once", async (t) => {
    const page = await open(t, started, address);
    await page.click("#text");
    await answered(page, () => page.keyboard.insertText(VAGUE_EN.text));
    assert.equal(await text(page), VAGUE_EN.text);
    assert.equal(await page.locator("#text *").count(), 0);
    await page.keyboard.press("ControlOrMeta+z");
    assert.equal(await text(page), "");
  });

  await t.test("plain text is pasted with its lines", async (t) => {
    const page = await open(t, started, address);
    await write(page, VAGUE_EN);
    assert.equal(await text(page), VAGUE_EN.text);
    assert.equal(await page.textContent(".gauge .word"), "Vague");
    assert.ok((await page.$$("[data-state=failed]")).length >= 3);
  });

  await t.test("HTML is pasted as a browser shows it, from a page or as source", async (t) => {
    const page = await open(t, started, address);
    const markup = "<h2>Your work</h2><ul><li>Post <b>daily</b> on Instagram &amp; Facebook</li><li>Film two reels a week</li></ul><script>alert(1)</script><style>p{}</style>";
    await page.evaluate(async (html) => {
      const item = new ClipboardItem({ "text/html": new Blob([html], { type: "text/html" }), "text/plain": new Blob(["plain"], { type: "text/plain" }) });
      await navigator.clipboard.write([item]);
    }, markup);
    // The browser cleans what is put on the clipboard in this very page, and its policy forbids the styles it makes for that.
    page.wrong.length = 0;
    await page.click("#text");
    await answered(page, () => page.keyboard.press("ControlOrMeta+v"));
    const rich = await text(page);
    assert.match(rich, /Your work\n/);
    assert.match(rich, /Post daily on Instagram & Facebook\n/);
    assert.doesNotMatch(rich, /alert|p\{\}|</);
    await page.keyboard.press("ControlOrMeta+z");
    await page.evaluate((source) => navigator.clipboard.writeText(source), markup);
    await answered(page, () => page.keyboard.press("ControlOrMeta+v"));
    assert.equal(await text(page), rich);
  });

  await t.test("a script in an ad is text, in the editor, in the checks and in the saved page", async (t) => {
    const page = await open(t, started, address);
    const ad = "A social media ninja <script>document.title='owned'</script> with <img src=x onerror=\"document.title='owned'\"> passion";
    await page.click("#text");
    await answered(page, () => page.keyboard.insertText(ad));
    assert.equal(await text(page), ad);
    assert.ok((await page.$$("#text *")).length === 0, "no element may come of an ad");
    for (const check of await page.$$("[data-state=failed] button.check")) await check.click();
    assert.equal(await page.evaluate(() => document.querySelectorAll("#view script, #view img").length), 0);
    assert.doesNotMatch(await page.title(), /owned/);
    const [saved] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save as page" }).click()]);
    const file = await readFile(await saved.path(), "utf8");
    assert.match(file.replace(/<\/?mark\b[^>]*>/g, ""), /&lt;script&gt;/);
    assert.doesNotMatch(file, /<script|<img|https?:\/\//);
  });

  for (const [name, language, ad] of [["English", "en", VAGUE_EN], ["Hebrew", "he", VAGUE_HE]]) {
    await t.test(`advice keeps its word: every example edit of the ${name} ad`, async (t) => {
      const page = await open(t, started, address, { language });
      await write(page, ad);
      const before = await probability(page);
      const original = await text(page);
      let applied = 0;
      for (const id of ["generic", "undefined", "no_barrier", "no_stake", "unmeasurable", "everyone"]) {
        const row = page.locator(`.write [data-reason=${id}]`);
        if ((await row.getAttribute("data-state")) !== "failed") continue;
        await row.locator("button.check").click();
        if (!(await row.locator("button.apply").count())) continue;
        const said = await row.locator(".outcome .effect").textContent();
        const [from, to] = said.split("→").map(Number);
        assert.equal(from, before);
        await answered(page, () => row.locator("button.apply").click());
        assert.equal(await probability(page), to, `${id}: ${said}`);
        assert.notEqual(await text(page), original);
        await answered(page, () => page.keyboard.press("ControlOrMeta+z"));
        assert.equal(await text(page), original, `${id}: one undo takes it back`);
        assert.equal(await probability(page), before);
        applied += 1;
        if ((await row.locator("button.check").getAttribute("aria-expanded")) === "true") await row.locator("button.check").click();
      }
      assert.ok(applied >= 3, `only ${applied} examples could be applied`);
    });
  }

  await t.test("a highlight tells what it is when it is hovered, pressed, or reached by key", async (t) => {
    const page = await open(t, started, address);
    await write(page, VAGUE_EN);
    const target = (await highlights(page)).find(({ text }) => text === "ninja");
    const [box] = target.boxes;
    await page.mouse.move((box.left + box.right) / 2, (box.top + box.bottom) / 2);
    await page.waitForSelector("#card:not([hidden])");
    assert.match(await page.textContent("#card"), /It rests on clichés and traits/);
    await page.keyboard.press("Escape");
    assert.equal(await page.isVisible("#card"), false);
    await page.mouse.move(2, 2);
    await page.click("#text", { position: { x: 2, y: 2 } });
    await page.keyboard.press("F8");
    await page.waitForSelector("#card:not([hidden])");
    const first = await page.evaluate(() => getSelection().toString());
    assert.ok(first.length > 2);
    const before = await probability(page);
    const effect = page.locator("#card .effect").first();
    if (await effect.count()) {
      const to = Number((await effect.textContent()).split("→")[1]);
      await answered(page, () => page.keyboard.press("Alt+Enter"));
      assert.equal(await probability(page), to);
      await answered(page, () => page.keyboard.press("ControlOrMeta+z"));
      assert.equal(await probability(page), before);
    }
    await page.keyboard.press("Shift+F8");
    await page.waitForSelector("#card:not([hidden])");
  });

  await t.test("the interface changes its language and keeps the ad, also after a reload", async (t) => {
    const page = await open(t, started, address);
    await write(page, VAGUE_HE);
    assert.equal(await page.getAttribute("html", "dir"), "ltr");
    await page.click("#language");
    assert.equal(await page.getAttribute("html", "dir"), "rtl");
    assert.equal(await page.getAttribute("html", "lang"), "he");
    assert.equal(await text(page), VAGUE_HE.text);
    assert.equal(await page.textContent(".gauge .word"), "מעורפלת");
    assert.ok((await highlights(page)).length > 3);
    await page.reload();
    await page.waitForSelector("#text");
    assert.equal(await page.getAttribute("html", "lang"), "he");
    await page.waitForFunction(() => document.querySelectorAll(".write [data-state=failed]").length > 2);
    assert.equal(await text(page), VAGUE_HE.text);
  });

  await t.test("what was written before the language changed can be undone", async (t) => {
    const page = await open(t, started, address);
    await page.click("#text");
    await answered(page, () => page.keyboard.type("a ninja of social media"));
    await page.click("#language");
    await page.click("#text");
    await answered(page, () => page.keyboard.press("ControlOrMeta+z"));
    assert.notEqual(await text(page), "a ninja of social media");
  });

  await t.test("the ad is copied as plain text", async (t) => {
    const page = await open(t, started, address);
    await write(page, VAGUE_HE);
    await page.getByRole("button", { name: "Copy text" }).click();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), `${VAGUE_HE.title}\n${VAGUE_HE.text}`);
  });

  await t.test("a sample fills the editor and a new ad can be taken back", async (t) => {
    const page = await open(t, started, address);
    await answered(page, () => page.getByRole("button", { name: "Concrete, English" }).click());
    assert.equal(await page.textContent(".gauge .word"), "Concrete");
    const filled = await text(page);
    await answered(page, () => page.getByRole("button", { name: "New ad", exact: true }).click());
    assert.equal(await text(page), "");
    await answered(page, () => page.getByRole("button", { name: "Undo", exact: true }).click());
    assert.equal(await text(page), filled);
  });

  await t.test("a key is answered while advice is under way", async (t) => {
    const page = await open(t, started, address);
    const slow = [];
    await page.route("**/api/v1/score", async (route) => {
      // Advice that never comes.
      if (route.request().postDataJSON().advice) slow.push(route);
      else await route.continue();
    });
    await page.click("#text");
    await page.keyboard.type("a social media ninja");
    while (!slow.length) await page.waitForTimeout(50);
    const answer = nextAnswer(page, false);
    await page.keyboard.type(" with passion");
    await answer;
    await page.waitForFunction(() => [...CSS.highlights].some(([, ranges]) => [...ranges].some((range) => range.toString().includes("passion"))));
    page.wrong.length = 0;
  });

  await t.test("a concrete ad passes", async (t) => {
    const page = await open(t, started, address);
    await write(page, CONCRETE_EN);
    assert.equal(await page.textContent(".gauge .word"), "Concrete");
    assert.ok((await highlights(page)).filter(({ name }) => name === "concrete").length > 8);
    assert.ok((await page.$$(".found li")).length > 8);
  });

  await t.test("what is written stays when the server is gone, and is scored when it is back", async (t) => {
    const page = await open(t, started, address);
    await page.route("**/api/v1/score", (route) => route.abort());
    await page.click("#text");
    await page.keyboard.type("A ninja with passion for social media");
    await page.waitForSelector(".notice:not([hidden])");
    assert.equal(await text(page), "A ninja with passion for social media");
    const answer = nextAnswer(page);
    await page.unroute("**/api/v1/score");
    await answer;
    assert.equal(await page.isVisible(".write .notice"), false);
    page.wrong.length = 0;
  });
});
