// The review queue: one ad at a time, answered by keyboard; and how far reviewers agree.

import * as api from "./api.js";
import { announce, h, say } from "./dom.js";
import { count, remember, remembered, t } from "./i18n.js";
import { AdView } from "./ad-view.js";
import { REASONS } from "./checks.js";
import { Gauge } from "./gauge.js";

const WHO = "tachles.reviewer";
const HIDE = "tachles.blind";
/** The commands that bring ads into the queue. */
const NEEDS = "tachles batch ads.csv -o scored.csv --ledger ledger.db --keep-texts\ntachles serve --ledger ledger.db";

export class Review {
  name = "review";

  constructor() {
    this.element = h("div.review");
    this.reviewer = remembered(WHO);
    this.blind = remembered(HIDE) === "yes";
    this.items = [];
    this.last = [];
    this.marks = {};
    document.addEventListener("keydown", (event) => this.#key(event));
    this.#build();
  }

  retell() {
    this.#build();
    this.#render();
    this.#agreement();
  }

  async show() {
    if (!(await this.#ledger())) return;
    if (this.reviewer && !this.items.length) await this.#fill();
    else this.#render();
    await this.#agreement();
  }

  // ---- what stands on the page

  #build() {
    this.notice = h("p.notice", { hidden: true, role: "alert" });
    this.who = h("input", { id: "reviewer", value: this.reviewer, maxlength: "80", required: true, autocomplete: "nickname", dir: "auto" });
    const hide = h("input", { type: "checkbox", id: "blind", checked: this.blind, onchange: () => {
      this.blind = hide.checked;
      remember(HIDE, this.blind ? "yes" : "no");
      this.#render();
    } });
    this.form = h("form.who", { onsubmit: (event) => { event.preventDefault(); this.#enter(); } },
      h("label", { for: "reviewer" }, t("review.who")), this.who, h("button.main", {}, t("review.start")),
      h("label.soft", { for: "blind" }, hide, " ", t("review.hide")));
    this.progress = h("p.progress-line", { role: "status" });
    this.ad = new AdView();
    this.gauge = new Gauge();
    const answer = (key, letter, act) => h(`button.answer.${key}`, { type: "button", "aria-keyshortcuts": letter, onclick: act }, t(`review.${key}`), " ", h("kbd", {}, letter));
    this.answers = h("div.answers", { role: "group", "aria-label": t("review.question") },
      answer("vague", "V", () => this.#answer("vague")), answer("concrete", "C", () => this.#answer("concrete")),
      answer("agree", "A", () => this.#agree(true)), answer("disagree", "D", () => this.#agree(false)));
    this.reasonList = h("ol.marks");
    this.rest = h("div.answers.small", {}, answer("skip", "S", () => this.#answer(null)), answer("undo", "U", () => this.#undo()));
    this.desk = h("div.review-desk", { hidden: true }, this.ad.element,
      h("div.review-side", {}, this.gauge.element, h("h2", {}, t("review.question")), this.answers,
        h("h2", { id: "marks-title" }, t("review.reasons")), h("p.soft", {}, t("review.reasons.about")), this.reasonList, this.rest));
    this.empty = h("div.needs", { hidden: true });
    this.figures = h("section.agreement", {});
    this.element.replaceChildren(h("h1", {}, t("review.title")), this.notice, this.form, this.progress, this.desk, this.empty, this.figures);
  }

  #render() {
    const item = this.items[0];
    this.desk.hidden = !item;
    say(this.progress, this.reviewer && this.waiting !== undefined ? t("review.progress", { done: count(this.done), left: count(this.waiting) }) : "");
    if (!item) return;
    const { record } = item;
    this.ad.show(this.blind ? { record: { ...record, reasons: [], deliverables: [] } } : item);
    this.gauge.element.hidden = this.blind;
    this.gauge.show({ record, thresholds: this.thresholds });
    // Agreeing is possible only with somebody who has said something.
    for (const button of this.answers.querySelectorAll(".agree, .disagree")) button.hidden = this.blind || record.verdict === "unsure";
    this.#renderReasons();
  }

  #renderReasons() {
    const { record } = this.items[0];
    this.reasonList.replaceChildren(...REASONS.map((id, place) => {
      const said = record.reasons.find((one) => one.id === id);
      const state = this.marks[id] === undefined ? "open" : this.marks[id] ? "yes" : "no";
      const hint = this.blind || !said ? "" : t("review.model.says", { said: t(`review.reason.${said.fired ? "yes" : "no"}`) });
      return h("li", {}, h(`button.mark-reason.${state}`, { type: "button", "aria-keyshortcuts": String(place + 1), onclick: () => this.#mark(id),
        onmouseenter: () => this.ad.stress(id), onmouseleave: () => this.ad.stress(null), onfocus: () => this.ad.stress(id), onblur: () => this.ad.stress(null) },
      h("kbd", {}, String(place + 1)), h("span.name", {}, t(`fault.${id}`)), h("span.soft.hint", {}, hint),
      h("strong.state", {}, t(`review.reason.${state}`))));
    }));
  }

  #tell(text) {
    say(this.notice, text);
    this.notice.hidden = !text;
  }

  // ---- the queue

  /** Whether the server has a ledger; says what to do when it has none. */
  async #ledger() {
    try {
      const { thresholds, ledger } = await api.model();
      this.thresholds = thresholds;
      this.form.hidden = !ledger;
      this.empty.hidden = ledger;
      if (!ledger) this.empty.replaceChildren(h("p", {}, t("review.no_ledger")), h("p", {}, h("code", { dir: "ltr" }, NEEDS)));
      return ledger;
    } catch (error) {
      this.#tell(error.status === 0 ? t("write.offline") : error.message);
      return false;
    }
  }

  async #enter() {
    const name = this.who.value.trim();
    if (!name) return;
    if (name !== this.reviewer) {
      this.items = [];
      this.last = [];
      this.marks = {};
    }
    this.reviewer = name;
    remember(WHO, name);
    await this.#fill();
    this.ad.element.tabIndex = -1;
    this.ad.element.focus();
  }

  async #fill() {
    try {
      const { items, waiting, reviewed, without_text: lost } = await api.queue(this.reviewer);
      this.items = items;
      this.waiting = waiting;
      this.done = reviewed;
      this.lost = lost;
      this.#tell("");
    } catch (error) {
      return this.#tell(error.status === 0 ? t("write.offline") : error.message);
    }
    this.empty.hidden = this.items.length > 0;
    this.empty.replaceChildren(h("p", {}, t("review.empty")), this.lost ? h("p.soft", {}, t("review.lost", { n: count(this.lost) })) : "");
    this.#render();
  }

  #mark(id) {
    // From open to what the model does not say first would surprise: yes, then no, then open again.
    const now = this.marks[id];
    if (now === undefined) this.marks[id] = true;
    else if (now) this.marks[id] = false;
    else delete this.marks[id];
    const focused = document.activeElement?.classList.contains("mark-reason");
    this.#renderReasons();
    const button = this.reasonList.children[REASONS.indexOf(id)].firstChild;
    if (focused) button.focus();
    else announce(`${t(`fault.${id}`)}: ${button.querySelector(".state").textContent}`, 0);
  }

  /** Agrees or disagrees with the model; of an unsure verdict there is nothing to agree with. */
  #agree(yes) {
    const verdict = this.items[0]?.record.verdict;
    if (this.blind || !["vague", "concrete"].includes(verdict)) return;
    this.#answer(yes === (verdict === "vague") ? "vague" : "concrete");
  }

  /** Saves a label for the ad at hand, or passes it over (`null`), and goes on. */
  async #answer(label) {
    const item = this.items[0];
    if (!item || this.saving) return;
    this.saving = true;
    const said = item.record.verdict;
    const verdict = label === null ? "skip" : label === said ? "agree" : "disagree";
    try {
      const saved = await (api.review({ content_hash: item.content_hash, reviewer: this.reviewer, verdict, label, reasons: label === null ? {} : this.marks }));
      this.last.push({ id: saved.review, item });
      this.items.shift();
      this.marks = {};
      this.waiting -= 1;
      this.done += 1;
      this.#tell("");
      announce(t("review.saved", { label: label === null ? t("review.skip") : t(`review.${label}`), left: count(this.waiting) }), 0);
      if (!this.items.length) await this.#fill();
      else this.#render();
      window.scrollTo(0, 0);
      this.#agreement();
    } catch (error) {
      this.#tell(error.status === 0 ? t("write.offline") : error.message);
    } finally {
      this.saving = false;
    }
  }

  async #undo() {
    const last = this.last.pop();
    if (!last) return announce(t("review.nothing"), 0);
    try {
      await api.takeBack(last.id);
    } catch (error) {
      return this.#tell(error.message);
    }
    this.items.unshift(last.item);
    this.waiting += 1;
    this.done -= 1;
    this.marks = {};
    this.empty.hidden = true;
    this.#render();
    announce(t("review.undone"), 0);
    this.#agreement();
  }

  #key(event) {
    if (this.element.hidden || this.desk.hidden && event.key.toLowerCase() !== "u") return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, dialog")) return;
    // By the key's place, so that the shortcuts work while a Hebrew layout is on.
    const keys = {
      KeyV: () => this.#answer("vague"), KeyC: () => this.#answer("concrete"), KeyA: () => this.#agree(true), KeyD: () => this.#agree(false),
      KeyS: () => this.#answer(null), KeyU: () => this.#undo(),
    };
    const number = /^(?:Digit|Numpad)([1-6])$/.exec(event.code)?.[1];
    const act = number ? () => this.#mark(REASONS[number - 1]) : keys[event.code];
    if (!act) return;
    event.preventDefault();
    act();
  }

  // ---- agreement

  async #agreement() {
    let figures;
    try {
      figures = await api.agreement();
    } catch {
      return this.figures.replaceChildren();
    }
    const kappa = (one) => (one?.kappa === null || one?.kappa === undefined ? "–" : one.kappa.toFixed(2));
    const head = ["", t("review.both"), t("review.label"), ...REASONS.map((id) => t(`short.${id}`))];
    const rows = figures.pairs.map((pair) => h("tr", {}, h("th", { scope: "row" }, t("review.pair", { a: pair.first, b: pair.second })),
      h("td.number", {}, count(pair.label.n)), h("td.number", {}, kappa(pair.label)), REASONS.map((id) => h("td.number", {}, kappa(pair.reasons[id])))));
    const model = figures.model.map((one) => h("tr", {}, h("th", { scope: "row" }, t("review.pair", { a: one.reviewer, b: t("review.model") })),
      h("td.number", {}, count(one.label.n)), h("td.number", {}, kappa(one.label)), REASONS.map(() => h("td"))));
    const all = [...rows, ...model];
    this.figures.replaceChildren(h("h2", {}, t("review.agreement")),
      all.length ? h("div.scroll", { tabindex: "0", role: "region", "aria-label": t("review.agreement") }, h("table.ads", {}, h("caption.soft", {}, t("review.kappa")),
        h("thead", {}, h("tr", {}, head.map((words) => (words ? h("th", { scope: "col" }, words) : h("td"))))), h("tbody", {}, all))) : h("p.soft", {}, t("review.agreement.none")),
      h("p.downloads", {}, h("a", { href: "/api/v1/reviews/export.csv", download: "labels.csv" }, t("review.export")), h("span.soft", {}, t("review.export.about"))));
  }
}
