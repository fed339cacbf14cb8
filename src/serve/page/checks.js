// The six checks: passed or failed, how likely each fault is, and under each what to do about it.

import { fill, h, say, set } from "./dom.js";
import { probability, t } from "./i18n.js";
import { details, effect } from "./details.js";

export const REASONS = ["generic", "undefined", "no_barrier", "no_stake", "unmeasurable", "everyone"];
let numbered = 0;

/** The list; `where` as in `details`, `chosen(id)` is called when a check is opened or left (`null`). */
export class Checks {
  constructor(where, chosen = () => {}) {
    this.where = where;
    this.chosen = chosen;
    this.open = null;
    this.rows = new Map(REASONS.map((id) => [id, this.#row(id)]));
    this.heading = h("h2", { id: `checks-${numbered}` });
    this.element = h("section.checks", { "aria-labelledby": this.heading.id }, this.heading, h("ul", {}, [...this.rows.values()].map((row) => row.item)));
    numbered += 1;
    this.show(null);
  }

  #row(id) {
    const row = { sign: h("span.sign", { "aria-hidden": "true" }), name: h("span.name"), state: h("span.unseen"), p: h("bdi.p") };
    row.bar = h("span.amount", { "aria-hidden": "true" });
    row.gain = h("span.gain", { hidden: true });
    row.detail = h("div.detail", { id: `detail-${id}-${numbered}`, hidden: true });
    row.button = h("button.check", { type: "button", "aria-expanded": "false", "aria-controls": row.detail.id, onclick: () => this.choose(this.open === id ? null : id) },
      row.sign, row.name, row.state, row.bar, row.p, row.gain);
    row.item = h("li", { "data-reason": id, onmouseenter: () => this.chosen(id), onmouseleave: () => this.chosen(this.open) },
      h("h3", {}, row.button), row.detail);
    row.button.addEventListener("focus", () => this.chosen(id));
    row.button.addEventListener("blur", () => this.chosen(this.open));
    return row;
  }

  /** Opens one check and closes the others; `null` closes all. */
  choose(id) {
    this.open = id;
    for (const [reason, row] of this.rows) {
      row.detail.hidden = reason !== id;
      row.button.setAttribute("aria-expanded", String(reason === id));
    }
    this.chosen(id);
  }

  /**
   * Shows a response. While somebody types, answers come without advice: signs and numbers change, and details stay as
   * they are, marked as stale, until the advised answer is there.
   */
  show(response, advised = true) {
    say(this.heading, t("checks.name"));
    for (const [id, row] of this.rows) {
      const reason = response?.record.reasons.find((one) => one.id === id);
      const state = !reason ? "none" : reason.fired ? "failed" : reason.ignored ? "ignored" : "passed";
      const before = row.item.dataset.state;
      row.item.dataset.state = state;
      say(row.sign, { none: "·", failed: "✗", ignored: "–", passed: "✓" }[state]);
      say(row.name, t(`check.${id}`));
      say(row.state, state === "none" ? "" : ` (${t(`checks.${state}`)})`);
      say(row.p, reason ? probability(reason.p) : "");
      const title = reason ? t("checks.p", { p: probability(reason.p) }) : "";
      if (row.p.title !== title) row.p.title = title;
      set(row.bar, "--p", (reason?.p ?? 0).toFixed(2));
      if (advised || before !== state) {
        this.#gain(row, advised ? reason : null, response?.record);
        row.detail.classList.remove("stale");
        row.detail.replaceChildren(...(reason ? details(reason, response, advised ? this.where : { goTo: this.where.goTo }) : []));
      } else {
        row.detail.classList.add("stale");
      }
    }
  }

  /** What the example of a check would bring, in its row: those who look for the change that helps most need not open all of them. */
  #gain(row, reason, record) {
    const after = reason?.fired ? reason.edit?.p_vague_after : undefined;
    const helps = after !== undefined && record.p_vague - after >= 0.01;
    row.gain.hidden = !helps;
    fill(row.gain, [helps, record?.p_vague, after, t("checks.gain")], () => (helps ? [`${t("checks.gain")} `, effect(record.p_vague, after)] : []));
  }
}
