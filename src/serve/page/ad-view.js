// An ad for reading: its lines with their highlights as elements, so that they are there for screen readers and on paper.

import { h } from "./dom.js";
import { t } from "./i18n.js";
import { marksOf, nameOf } from "./marks.js";

/** Name of a mark, for those who do not see it. */
const spoken = (mark) =>
  mark.kind === "concrete" ? mark.kinds.map((kind) => t(`kind.${kind}`)).join(", ") : mark.reasons.map((id) => t(`fault.${id}`)).join(", ");

export class AdView {
  constructor() {
    this.element = h("article.ad-sheet");
    this.marks = [];
  }

  /** Shows the ad of a response, whose record carries its text. */
  show(response) {
    const { record } = response;
    const plain = record.text ?? "";
    const marks = marksOf(response);
    this.marks = [];
    const lines = [];
    let start = 0;
    for (const line of plain.split("\n")) {
      lines.push(this.#line(plain, start, start + line.length, marks));
      start += line.length + 1;
    }
    const titled = record.title && plain.startsWith(`${record.title}\n`);
    const head = titled ? lines.shift() : [];
    this.element.replaceChildren(
      titled ? h("h2.ad-title", { dir: "auto" }, head) : null,
      // A line of its own direction; its highlights do not isolate, or words would change places at their edges.
      h("div.ad-text", {}, lines.map((line) => h("p", { dir: "auto" }, line))));
    if (!titled) this.element.firstChild.remove();
  }

  #line(plain, from, to, marks) {
    const parts = [];
    let at = from;
    for (const mark of marks) {
      if (mark.end <= from || mark.start >= to) continue;
      const [start, end] = [Math.max(mark.start, from), Math.min(mark.end, to)];
      if (start > at) parts.push(plain.slice(at, start));
      const element = h(`mark.${nameOf(mark)}`, { title: spoken(mark), "aria-description": spoken(mark) }, plain.slice(start, end));
      this.marks.push({ mark, element });
      parts.push(element);
      at = end;
    }
    if (at < to) parts.push(plain.slice(at, to));
    return parts.length ? parts : [h("br")];
  }

  /** Stresses the evidence of a reason; `null` stresses nothing. */
  stress(id) {
    for (const { mark, element } of this.marks) element.classList.toggle("active", mark.reasons.includes(id));
  }

  /** Brings a place into sight. */
  goTo(start, end) {
    const hit = this.marks.find(({ mark }) => mark.start < end && start < mark.end);
    if (!hit) return;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    hit.element.scrollIntoView({ block: "center", behavior: calm ? "instant" : "smooth" });
    hit.element.classList.add("active");
    setTimeout(() => hit.element.classList.remove("active"), 1500);
  }
}
