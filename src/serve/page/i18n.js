// The language of the interface: words, direction, numbers. The language of an ad is another matter.

import he from "./words-he.js";
import en from "./words-en.js";

const WORDS = { he, en };
const KEY = "tachles.language";

/** What the reader chose before, or else what the browser asks for; Hebrew when it asks for neither. */
function preferred() {
  const kept = remembered(KEY);
  if (kept in WORDS) return kept;
  for (const tag of navigator.languages ?? []) {
    const language = tag.toLowerCase().split("-")[0].replace("iw", "he");
    if (language in WORDS) return language;
  }
  return "he";
}

/** A value kept by the browser, or "" where it keeps none. */
export function remembered(key) {
  try {
    return localStorage.getItem(key) ?? "";
  } catch {
    return "";
  }
}

/** Keeps a value in the browser, where that is allowed. */
export function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Private windows may refuse; the page works without.
  }
}

let current = preferred();

/** `he` or `en`. */
export const language = () => current;
/** The other one. */
export const other = () => (current === "he" ? "en" : "he");

/** Chooses a language, remembers it and turns the page. */
export function choose(code) {
  current = code;
  remember(KEY, code);
  turn();
}

/** Sets language and direction of the document. */
export function turn() {
  document.documentElement.lang = current;
  document.documentElement.dir = current === "he" ? "rtl" : "ltr";
}

/**
 * The words for `key`, with `{name}` filled in. What is filled in is isolated, so a number or an English title keeps its
 * own direction in a Hebrew sentence.
 */
export function t(key, values = {}) {
  const words = WORDS[current][key];
  if (words === undefined) return key;
  return words.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? `\u2068${values[name]}\u2069` : whole));
}

/** True when there are words for `key`. */
export const has = (key) => key in WORDS[current];

/** A probability with two digits, as everywhere in tachles. */
export const probability = (p) => (p === null || p === undefined ? "–" : p.toFixed(2));

const formats = {};
/** A count, grouped as the language does. */
export const count = (n) => (formats[current] ??= new Intl.NumberFormat(current)).format(n);

/** A share in percent. */
export const percent = (share) =>
  new Intl.NumberFormat(current, { style: "percent", maximumFractionDigits: share < 0.01 ? 2 : 1 }).format(share);

/** A moment (RFC 3339) as the reader's clock shows it. */
export function moment(text) {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) return String(text ?? "–");
  return new Intl.DateTimeFormat(current, { dateStyle: "short", timeStyle: "short" }).format(time);
}
