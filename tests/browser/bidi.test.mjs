// Right to left: highlights stand where the text stands. What is compared is where rectangles are on the screen with the
// order of characters by another implementation of the Unicode bidirectional algorithm (bidi-js), not the order in the document.

import assert from "node:assert/strict";
import { test } from "node:test";
import bidiFactory from "bidi-js";
import { MIXED } from "./ads.mjs";
import { answered, browser, highlights, open, serve, text, write } from "./support.mjs";

const bidi = bidiFactory();

/** For each character of `line`, its place on the screen from the left, by the algorithm. */
function places(line) {
  const levels = bidi.getEmbeddingLevels(line);
  const order = bidi.getReorderedIndices(line, levels);
  const place = [];
  order.forEach((index, at) => { place[index] = at; });
  return { place, rtl: levels.paragraphs[0].level % 2 === 1 };
}

/** Where each character of an element's text is on the screen, and which line of the text it is in. */
const characters = (page, selector) => page.evaluate((selected) => {
  const element = document.querySelector(selected);
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    for (let at = 0; at < walker.currentNode.data.length; at += 1) {
      const range = new Range();
      range.setStart(walker.currentNode, at);
      range.setEnd(walker.currentNode, at + 1);
      const box = range.getBoundingClientRect();
      found.push({ char: walker.currentNode.data[at], left: box.left, right: box.right, top: box.top });
    }
  }
  return found;
}, selector);

/** The order of highlights from left to right on the screen, and the same by the algorithm. */
function compare(line, marks) {
  const { place } = places(line);
  const seen = marks.map((mark) => ({ ...mark, middle: Math.min(...mark.boxes.map((box) => box.left)), expected: Math.min(...[...Array(mark.end - mark.start).keys()].map((n) => place[mark.start + n])) }));
  const onScreen = [...seen].sort((a, b) => a.middle - b.middle).map(({ text }) => text);
  const byRule = [...seen].sort((a, b) => a.expected - b.expected).map(({ text }) => text);
  return { onScreen, byRule };
}

test("right to left", async (t) => {
  const address = await serve(t);
  const started = await browser(t);

  for (const language of ["he", "en"]) {
    await t.test(`highlights of a Hebrew ad with English, digits and a leading mark stand in visual order (${language})`, async (t) => {
      const page = await open(t, started, address, { language, width: 1900 });
      await write(page, MIXED);
      assert.equal(await text(page), MIXED.text);
      const all = await highlights(page);
      const lines = MIXED.text.split("\n");
      let compared = 0;
      let mixed = 0;
      for (const line of lines) {
        const marks = [];
        for (const { name, text: quote, boxes } of all) {
          const start = line.indexOf(quote);
          // A quote that stands in the line twice, or that wraps, tells nothing certain.
          if (name === "active" || start < 0 || line.indexOf(quote, start + 1) >= 0 || !boxes.length) continue;
          if (MIXED.title.includes(quote) || lines.filter((other) => other.includes(quote)).length > 1) continue;
          marks.push({ text: quote, start, end: start + quote.length, boxes });
        }
        if (marks.length < 2) continue;
        const { onScreen, byRule } = compare(line, marks);
        assert.deepEqual(onScreen, byRule, line);
        compared += marks.length;
        if (marks.some(({ text }) => /[a-z]/i.test(text)) && marks.some(({ text }) => /[א-ת]/.test(text))) mixed += 1;
      }
      assert.ok(compared >= 8, `only ${compared} highlights compared`);
      assert.ok(mixed >= 1, "a line with highlights in both scripts");
    });

    await t.test(`every character stands where the algorithm puts it, and highlights do not move one (${language})`, async (t) => {
      const page = await open(t, started, address, { language, width: 1900 });
      await write(page, MIXED);
      const highlighted = await characters(page, "#text");
      await page.evaluate(() => CSS.highlights.clear());
      assert.deepEqual(await characters(page, "#text"), highlighted, "painting changes no place");
      let start = 0;
      for (const line of MIXED.text.split("\n")) {
        const { place, rtl } = places(line);
        const boxes = highlighted.slice(start, start + line.length).map((one, index) => ({ ...one, place: place[index] })).filter(({ left, right }) => right - left > 0.5);
        const onScreen = [...boxes].sort((a, b) => a.left - b.left || a.place - b.place).map(({ char }) => char).join("");
        const byRule = [...boxes].sort((a, b) => a.place - b.place).map(({ char }) => char).join("");
        assert.equal(onScreen, byRule);
        const paper = await page.locator("#text").boundingBox();
        const edge = rtl ? paper.x + paper.width - Math.max(...boxes.map(({ right }) => right)) : Math.min(...boxes.map(({ left }) => left)) - paper.x;
        assert.ok(Math.abs(edge) < 2, `a ${rtl ? "Hebrew" : "English"} line starts at its own side: ${edge}`);
        start += line.length + 1;
      }
    });
  }

  await t.test("the same order where the ad is only read: marks are elements there", async (t) => {
    const page = await open(t, started, address, { language: "he", width: 1900 });
    await write(page, MIXED);
    const typed = (await characters(page, "#text")).filter(({ left, right }) => right - left > 0.5);
    await page.evaluate(async () => {
      const { AdView } = await import("/assets/ad-view.js");
      const api = await import("/assets/api.js");
      const view = new AdView();
      view.element.id = "read-only";
      const textOf = document.getElementById("text").textContent;
      const response = await api.score({ text: textOf, offsets: "utf16" });
      response.record.text = textOf;
      view.show(response);
      document.getElementById("view").replaceChildren(view.element);
    });
    const read = (await characters(page, "#read-only")).filter(({ left, right }) => right - left > 0.5);
    const order = (list) => {
      const tops = [...new Set(list.map(({ top }) => Math.round(top / 12)))];
      return tops.map((top) => list.filter((one) => Math.round(one.top / 12) === top).sort((a, b) => a.left - b.left).map(({ char }) => char).join(""));
    };
    assert.deepEqual(order(read), order(typed));
    assert.ok(await page.locator("#read-only mark").count() >= 8);
  });

  await t.test("the caret walks and selects by the logical order in a mixed line", async (t) => {
    const page = await open(t, started, address, { language: "he" });
    await page.click("#text");
    await page.keyboard.insertText("ניהול Facebook ו-TikTok");
    const boxes = await characters(page, "#text");
    // Pressed between the two words of Latin letters, the caret goes to the nearest letter that is seen there.
    const tik = boxes[16];
    await page.mouse.click(tik.left + 1, tik.top + 8);
    await answered(page, () => page.keyboard.type("X"));
    assert.match(await text(page), /^ניהול Facebook ו-X?T?X?i?kTok$/);
    assert.match(await text(page), /XTikTok/);
    await page.keyboard.press("Control+a");
    assert.equal(await page.evaluate(() => getSelection().toString()), await text(page));
    // In a line from right to left the left arrow goes on in the text.
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowLeft");
    await answered(page, () => page.keyboard.type("ב"));
    assert.match(await text(page), /^נביהול/);
  });
});
