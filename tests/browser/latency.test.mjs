// How long from a key to highlights that are up to date, in a 500-word ad. The figure is printed, and nothing hangs on it:
// how busy a machine is says nothing of the page. What is tested is that every key is answered.

import assert from "node:assert/strict";
import { test } from "node:test";
import { long } from "./ads.mjs";
import { browser, open, serve, write } from "./support.mjs";

const KEYS = 120;

test("from a key to its highlights", async (t) => {
  const address = await serve(t);
  const started = await browser(t);
  const page = await open(t, started, address);
  const ad = long();
  await write(page, { title: "Social Media Manager", text: ad });
  await page.evaluate(() => {
    window.waits = [];
    let keys = [];
    document.addEventListener("keydown", (event) => keys.push(event.timeStamp), true);
    document.addEventListener("tachles:painted", () => {
      // What is on the screen now stands for every key so far; it is seen with the next frame.
      const asked = keys;
      keys = [];
      requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => window.waits.push(...asked.map((time) => performance.now() - time));
        channel.port2.postMessage(0);
      });
    });
  });
  // In the middle of the ad, a word at a time, at the pace of a quick typist.
  await page.evaluate(() => {
    const node = document.getElementById("text").firstChild;
    getSelection().collapse(node, node.data.indexOf("\n", node.data.length / 2));
  });
  const typed = " We want a ninja with passion who grows followers and raises awareness, three posts a week for our customers in Haifa, and more.";
  await page.keyboard.type(typed.slice(0, KEYS), { delay: 90 });
  await page.waitForTimeout(700);
  const waits = (await page.evaluate(() => window.waits)).sort((a, b) => a - b);
  const at = (share) => waits[Math.min(waits.length - 1, Math.floor(share * waits.length))];
  const words = ad.split(/\s+/).length;
  t.diagnostic(`${waits.length} keys in an ad of ${words} words: median ${at(0.5).toFixed(1)} ms, p95 ${at(0.95).toFixed(1)} ms, longest ${at(1).toFixed(1)} ms`);
  assert.ok(waits.length >= KEYS, `${waits.length} of ${KEYS} keys were answered`);
});
