// The words of the interface: both languages say the same things, and every word that is asked for exists.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const PAGE = new URL("../../src/serve/page/", import.meta.url);
// Not by their names: a folder without package.json holds no modules in the eyes of Node.
const read = (name) => readFileSync(new URL(name, PAGE), "utf8");
const words = async (name) => (await import(`data:text/javascript,${encodeURIComponent(read(name))}`)).default;
const [he, en] = [await words("words-he.js"), await words("words-en.js")];
const sources = readdirSync(PAGE).filter((name) => name.endsWith(".js") && !name.startsWith("words-")).map(read);

test("both languages have the same keys, with the same gaps to fill", () => {
  assert.deepEqual(Object.keys(he).sort(), Object.keys(en).sort());
  const gaps = (words) => (words.match(/\{\w+\}/g) ?? []).sort();
  for (const key of Object.keys(he)) assert.deepEqual(gaps(he[key]), gaps(en[key]), key);
});

test("every key that is asked for exists, and every key is asked for", () => {
  const all = sources.join("\n");
  for (const [, key] of all.matchAll(/\bt\("([^"]+)"/g)) assert.ok(key in en, key);
  // Keys are quoted whole, or put together behind a prefix: `verdict.${…}`.
  const prefixes = [...all.matchAll(/`([a-z_.]+\.)\$\{/g)].map(([, prefix]) => prefix);
  for (const key of Object.keys(en)) {
    const used = all.includes(`"${key}"`) || prefixes.some((prefix) => key.startsWith(prefix)) || key.endsWith(".hint");
    assert.ok(used, `help: remove ${key} from both lists of words`);
  }
});

test("nothing is put into the page as markup", () => {
  for (const source of sources) assert.doesNotMatch(source, /innerHTML|outerHTML|insertAdjacentHTML|insertHTML|document\.write|\beval\(|new Function/);
});
