// Pictures of every view, in both languages, on a desk and on a phone, for people to look at: `npm run shots -- FOLDER`.

import { mkdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { CONCRETE_EN, MIXED, VAGUE_EN, VAGUE_HE } from "./ads.mjs";
import { browser, folder, open, run, serve, write } from "./support.mjs";

const out = resolve(process.argv[2] ?? "shots");
mkdirSync(out, { recursive: true });
const ends = [];
const t = { after: (end) => ends.unshift(end) };
try {
  const dir = folder(t);
  const path = join(dir, "ads.csv");
  const ads = [VAGUE_HE, VAGUE_EN, CONCRETE_EN, MIXED];
  const cell = (value) => `"${value.replaceAll('"', '""')}"`;
  const csv = (n) => ["id,title,text", ...ads.slice(0, n).map(({ title, text }, id) => [`ad-${id}`, title, text].map(cell).join(","))].join("\n");
  const ledger = join(dir, "ledger.db");
  for (const n of [2, 3, 4]) {
    await writeFile(path, csv(n));
    run("batch", path, "-o", join(dir, "out.jsonl"), "--ledger", ledger, "--keep-texts");
  }
  const address = await serve(t, "--ledger", ledger);
  const started = await browser(t);
  for (const language of ["he", "en"]) {
    for (const [device, width, height] of [["desk", 1280, 900], ["phone", 390, 844]]) {
      const shot = (page, name, fullPage = true) => page.screenshot({ path: join(out, `${name}-${language}-${device}.png`), fullPage });
      const at = (route) => open(t, started, address, { language, width, height, route });
      let page = await at("write");
      await shot(page, "write-empty");
      await write(page, language === "he" ? VAGUE_HE : VAGUE_EN);
      await shot(page, "write");
      await page.keyboard.press("F8");
      await page.waitForTimeout(400);
      await shot(page, "write-card", false);
      page = await at("batch");
      await page.setInputFiles("#file", path);
      await page.waitForSelector(".results:not([hidden]) tbody button.place");
      await page.waitForTimeout(300);
      await shot(page, "files");
      await page.locator(".results tbody button.place").first().click();
      await page.waitForSelector("dialog[open] mark");
      await shot(page, "files-opened", false);
      page = await at("runs");
      await page.waitForSelector(".runs tbody tr");
      await shot(page, "runs");
      page = await at("review");
      await page.fill("#reviewer", language === "he" ? "נועה" : "Noa");
      await page.keyboard.press("Enter");
      await page.waitForSelector(".review-desk:not([hidden]) .ad-text");
      await page.keyboard.press("1");
      await shot(page, "review");
    }
  }
} finally {
  for (const end of ends) await end();
}
