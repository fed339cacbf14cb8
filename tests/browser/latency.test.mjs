// How long from a key to highlights that are up to date, in ads of 500 words. The figures are printed, and nothing hangs on
// them: how busy a machine is says nothing of the page. What is tested is that every key is answered.

import assert from "node:assert/strict";
import { test } from "node:test";
import { long } from "./ads.mjs";
import { browser, open, serve, write } from "./support.mjs";

const KEYS = Number(process.env.LATENCY_KEYS ?? 220);
/** Between two keys, in milliseconds: a quick typist. */
const PACE = 90;

const ADS = {
  en: { title: "Social Media Manager", typed: " We want a ninja with passion who grows followers and raises awareness, three posts a week for our customers in Haifa." },
  he: { title: "מנהל/ת סושיאל", typed: " דרוש גורו עם תשוקה שמגדיל את כמות העוקבים ומחזק את המותג, 3 פוסטים בשבוע ב-TikTok ללקוחות שלנו בחיפה, ראש גדול." },
};

/** The value below which so large a share of `values` lies. */
const at = (values, share) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(share * values.length))];
const print = (values) => `median ${at(values, 0.5).toFixed(1)} ms, p95 ${at(values, 0.95).toFixed(1)} ms, longest ${at(values, 1).toFixed(1)} ms`;

/** What the browser has spent on this page so far, in milliseconds. */
async function spent(session) {
  const { metrics } = await session.send("Performance.getMetrics");
  return Object.fromEntries(metrics.filter(({ name }) => name.endsWith("Duration")).map(({ name, value }) => [name.replace("Duration", "").toLowerCase(), value * 1000]));
}

test("from a key to its highlights", async (t) => {
  const address = await serve(t);
  const started = await browser(t);
  for (const [language, { title, typed }] of Object.entries(ADS)) {
    await t.test(language, async (t) => {
      const page = await open(t, started, address, { language });
      const ad = long(500, language);
      await write(page, { title, text: ad });
      await page.evaluate(() => {
        window.waits = [];
        performance.setResourceTimingBufferSize(5000);
        performance.clearResourceTimings();
        let keys = [];
        // The moment at which the browser begins with what is typed; letters that the keyboard lacks come without a keydown.
        document.addEventListener("beforeinput", (event) => keys.push(event.timeStamp), true);
        document.addEventListener("tachles:painted", ({ detail }) => {
          // What is on the screen now stands for every key before the question; it is seen with the next frame.
          const answered = keys.filter((time) => time <= detail.asked);
          keys = keys.filter((time) => time > detail.asked);
          requestAnimationFrame(() => {
            const channel = new MessageChannel();
            channel.port1.onmessage = () => window.waits.push(...answered.map((time) => performance.now() - time));
            channel.port2.postMessage(0);
          });
        });
        // In the middle of the ad.
        const node = document.getElementById("text").firstChild;
        getSelection().collapse(node, node.data.indexOf("\n", node.data.length / 2));
      });
      const session = await page.context().newCDPSession(page);
      await session.send("Performance.enable");
      const before = await spent(session);
      await page.keyboard.type(typed.repeat(Math.ceil(KEYS / typed.length)).slice(0, KEYS), { delay: PACE });
      await page.waitForTimeout(700);
      const after = await spent(session);
      const { waits, asked } = await page.evaluate(() => ({
        waits: window.waits,
        asked: performance.getEntriesByType("resource").filter(({ name }) => name.endsWith("/score")).map((one) => one.responseEnd - one.requestStart),
      }));
      t.diagnostic(`${language}: ${waits.length} keys in an ad of ${ad.split(/\s+/).length} words: ${print(waits)}`);
      t.diagnostic(`${asked.length} requests, from sending to the whole answer: ${print(asked)}`);
      const share = Object.keys(after).map((name) => `${name} ${((after[name] - before[name]) / KEYS).toFixed(1)}`).join(", ");
      t.diagnostic(`milliseconds of the page's thread a key: ${share}`);
      assert.ok(waits.length >= KEYS, `${waits.length} of ${KEYS} keys were answered`);
    });
  }
});
