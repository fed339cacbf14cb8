// The card beside a highlight: what it is, what to write, and the example with its effect.

import { h } from "./dom.js";
import { t } from "./i18n.js";
import { details } from "./details.js";

const ROOM = 8;
/** As in ad.css. */
const NARROW = "(max-width: 40rem)";

/** One card, shown at a range and closed by Escape, by leaving it, or by a press elsewhere. */
export class Card {
  constructor(closed = () => {}) {
    this.closed = closed;
    this.mark = null;
    this.pinned = false;
    this.timer = 0;
    this.body = h("div.card-body");
    this.element = h("div.card", { id: "card", role: "group", hidden: true, onmouseenter: () => clearTimeout(this.timer), onmouseleave: () => this.leave() },
      h("button.close", { type: "button", onclick: () => this.close(true) }, "×"), this.body);
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !this.element.hidden) this.close(true);
    });
    document.addEventListener("pointerdown", (event) => {
      if (!this.element.hidden && !this.element.contains(event.target)) this.close();
    });
    for (const name of ["scroll", "resize"]) window.addEventListener(name, () => this.#place(), { passive: true });
  }

  /** Shows the card for `mark`, whose text is at `range`. */
  show(mark, range, response, where, pinned) {
    clearTimeout(this.timer);
    this.pinned = pinned;
    if (this.mark === mark && !this.element.hidden) return;
    this.mark = mark;
    this.range = range;
    this.element.firstChild.setAttribute("aria-label", t("ad.close"));
    this.element.dataset.kind = mark.kind;
    if (mark.kind === "concrete") {
      this.element.setAttribute("aria-label", t("write.legend.c"));
      this.body.replaceChildren(h("h3.good", {}, "✓ ", mark.kinds.map((kind) => t(`kind.${kind}`)).join(" · ")));
    } else {
      const reasons = response.record.reasons.filter((reason) => mark.reasons.includes(reason.id));
      this.element.setAttribute("aria-label", reasons.map((reason) => t(`fault.${reason.id}`)).join(" · "));
      // The quotes are what the card stands beside; only the advice is of use here.
      this.body.replaceChildren(...reasons.flatMap((reason) => [
        h("h3.bad", {}, "✗ ", t(`fault.${reason.id}`)), ...details({ ...reason, evidence: [], cleared: [] }, response, where, true)]));
    }
    this.element.hidden = false;
    this.#place();
    this.#uncover();
  }

  /** On a narrow screen the card lies at the foot of the window: what it is about is brought above it. */
  #uncover() {
    const { top } = this.element.getBoundingClientRect();
    const box = [...this.range.getClientRects()].at(-1);
    if (box && matchMedia(NARROW).matches && box.bottom > top - ROOM) window.scrollBy(0, box.bottom - top + 3 * ROOM);
  }

  #place() {
    if (this.element.hidden || !this.range) return;
    const boxes = [...this.range.getClientRects()];
    if (!boxes.length) return this.close();
    const box = boxes.at(-1);
    const { offsetWidth: width, offsetHeight: height } = this.element;
    const rtl = document.documentElement.dir === "rtl";
    const left = Math.max(ROOM, Math.min(rtl ? box.right - width : box.left, document.body.clientWidth - width - ROOM));
    const below = box.bottom + 4;
    const above = boxes[0].top - height - 4;
    const top = below + height <= window.innerHeight - ROOM || above < ROOM ? Math.min(below, Math.max(ROOM, window.innerHeight - height - ROOM)) : above;
    this.element.style.setProperty("left", `${left}px`);
    this.element.style.setProperty("top", `${top}px`);
  }

  /** Closes it soon, unless the pointer comes back or it was asked for by a press or a key. */
  leave() {
    clearTimeout(this.timer);
    if (!this.pinned) this.timer = setTimeout(() => this.close(), 250);
  }

  close(back = false) {
    clearTimeout(this.timer);
    if (this.element.hidden) return;
    this.element.hidden = true;
    this.mark = null;
    this.range = null;
    this.closed(back);
  }
}
