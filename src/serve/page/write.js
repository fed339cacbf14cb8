// The write view: an ad, and what is missing in it while it is written.

import * as api from "./api.js";
import { announce, download, fill, h, say } from "./dom.js";
import { count, language, probability, t } from "./i18n.js";
import { Card } from "./card.js";
import { Checks } from "./checks.js";
import { keep, kept } from "./draft.js";
import { Gauge } from "./gauge.js";
import { carried, marksOf, nameOf, paint, touches } from "./marks.js";
import { SAMPLES } from "./samples.js";
import { Surface } from "./surface.js";

/** How long nobody must have typed before advice is asked for: it costs the server tens of times a score. */
const PAUSE = 220;

/** True when both ranges cover the same place. */
const alike = (a, b) =>
  a.startContainer === b.startContainer && a.startOffset === b.startOffset && a.endContainer === b.endContainer && a.endOffset === b.endOffset;

export class Write {
  name = "write";

  constructor() {
    this.response = null;
    this.scored = null;
    this.ranges = [];
    this.busy = false;
    this.allRoles = false;
    const changed = () => this.#changed();
    this.title = new Surface({ id: "title", label: t("write.title"), hint: t("write.title.hint"), single: true, changed });
    this.body = new Surface({ id: "text", label: t("write.text"), hint: t("write.text.hint"), changed, html: (markup, plain) => this.#pasteHtml(markup, plain) });
    this.where = { goTo: (start, end) => this.#goTo(start, end), apply: (reason) => this.#apply(reason) };
    this.gauge = new Gauge();
    this.checks = new Checks(this.where, (id) => this.#stress(id));
    this.card = new Card((back) => this.#cardClosed(back));
    this.notice = h("p.notice", { hidden: true, role: "alert" });
    this.element = h("div.write");
    this.#build();
    this.#restore();
    // The scale is the model's from the beginning; without an answer it is drawn with the first one.
    api.model().then(({ thresholds }) => this.gauge.limit(thresholds), () => {});
    document.addEventListener("keydown", (event) => this.#key(event));
    // Not with every key: storing waits for the disk.
    window.addEventListener("pagehide", () => keep(this.#ad()));
  }

  // ---- what stands on the page

  #build() {
    const button = (key, act, extra = {}) => h("button.quiet", { type: "button", onclick: act, ...extra }, t(key));
    this.words = h("span.soft.words");
    this.undo = button("write.undo", () => this.#history("undo"));
    this.redo = button("write.redo", () => this.#history("redo"));
    const all = h("input", { type: "checkbox", id: "all-roles", checked: this.allRoles, onchange: (event) => { this.allRoles = event.target.checked; this.#ask(); } });
    this.samples = h("div.samples", { role: "group", "aria-label": t("write.samples") }, h("span.soft", {}, t("write.samples")),
      SAMPLES.map((sample) => h("button.sample", { type: "button", onclick: () => this.fill(sample) }, sample.name[language()])));
    const key = (keys, words) => [h("dt", {}, keys.split("+").flatMap((one, place) => [place ? "+" : "", h("kbd", {}, one)])), h("dd", {}, t(words))];
    const legend = ["vague-1", "vague-2", "vague-3", "concrete"].map((name) => h(`span.swatch.${name}`, {}, t(`write.legend.${name.at(-1) === "e" ? "c" : name.at(-1)}`)));
    const foot = h("div.foot", {},
      h("p.legend", { "aria-label": t("write.legend"), role: "group" }, legend),
      h("label.soft", { for: "all-roles", title: t("write.all_roles.about") }, all, " ", t("write.all_roles")),
      h("details.keys", {}, h("summary", {}, t("write.keys")), h("dl", {}, key("F8", "write.keys.next"), key("Shift+F8", "write.keys.previous"),
        key("Alt+Enter", "write.keys.apply"), key("Ctrl+Z", "write.keys.undo"), key("Esc", "write.keys.close"))));
    const toolbar = h("div.toolbar", { role: "group", "aria-label": t("nav.write") }, this.undo, this.redo, button("write.clear", () => this.#clear()), this.words,
      button("write.copy", () => this.#copy()), button("write.share", () => this.#share()));
    this.found = h("section.found");
    const parts = { heading: h("h1.unseen", {}, t("nav.write")), toolbar, samples: this.samples, foot, found: this.found };
    // The fields stay where they are when the language changes: a field that is moved loses what could be undone.
    if (this.parts) {
      for (const name of Object.keys(parts)) this.parts[name].replaceWith(parts[name]);
    } else {
      this.element.append(
        h("div.desk", {}, parts.heading, toolbar, this.notice, h("div.paper", {}, this.title.element, this.body.element), this.samples, foot),
        h("div.panel", {}, this.gauge.element, this.checks.element, this.found), this.card.element);
      for (const surface of [this.title, this.body]) this.#listen(surface.element);
    }
    this.parts = parts;
  }

  #listen(element) {
    let frame = 0;
    element.addEventListener("pointermove", (event) => {
      if (event.pointerType !== "mouse" || event.buttons) return;
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => this.#hover(event.clientX, event.clientY));
    });
    element.addEventListener("pointerleave", () => this.card.leave());
    element.addEventListener("click", (event) => {
      const hit = this.#at(event.clientX, event.clientY);
      if (hit) this.#showCard(hit, true);
    });
  }

  /** Says everything anew in the language that was chosen; the ad stays. */
  retell() {
    for (const [surface, key] of [[this.title, "write.title"], [this.body, "write.text"]]) {
      surface.element.setAttribute("aria-label", t(key));
      surface.element.dataset.hint = t(`${key}.hint`);
    }
    this.card.close();
    this.#build();
    this.#render(true);
  }

  show() {
    if (!this.body.text()) this.body.element.focus({ preventScroll: true });
    this.#render(true);
  }

  hide() {
    this.card.close();
    this.ranges = [];
    paint("write", []);
  }

  /** Puts an ad into the editor; undo brings back what was there. */
  fill({ title, text }) {
    this.title.replace(0, this.title.text().length, title);
    this.body.replace(0, this.body.text().length, text);
    this.body.select(0);
    this.body.element.scrollTop = 0;
  }

  // ---- asking

  #ad() {
    const title = this.title.text();
    return title.trim() ? { title, text: this.body.text() } : { title: "", text: this.body.text() };
  }

  #plain(ad = this.#ad()) {
    return ad.title ? `${ad.title}\n${ad.text}` : ad.text;
  }

  /** Takes up the ad that this tab had before it was loaded anew. */
  #restore() {
    const { title = "", text = "" } = kept();
    this.title.put(title);
    this.body.put(text);
    if (title || text) this.#ask();
  }

  #changed() {
    this.card.close();
    this.#ask();
  }

  /** Asks at once. What is typed while a verdict is under way is asked for when it is there; advice, which takes longer, is given up. */
  async #ask(advice = false) {
    clearTimeout(this.pause);
    if (this.busy) {
      this.stale = true;
      this.advising?.abort();
      return;
    }
    this.busy = true;
    this.stale = false;
    this.advising = advice ? new AbortController() : null;
    const ad = this.#ad();
    const plain = this.#plain(ad);
    const asked = performance.now();
    let again = false;
    try {
      if (!plain.trim()) {
        this.#answer(null, plain, true, asked);
      } else {
        const response = await api.score({ ...ad, all_roles: this.allRoles, advice, offsets: "utf16" }, this.advising?.signal);
        response.record.text = plain;
        // While it was under way more may have been typed: its marks are carried to where they stand now, and it is asked anew.
        again = this.#plain() !== plain;
        this.#answer(response, plain, advice, asked);
      }
      this.#tell("");
    } catch (error) {
      again = error.name === "AbortError";
      if (!again) {
        this.#tell(error.status === 0 ? t("write.offline") : t("write.refused", { why: error.message }));
        if (error.status === 0) this.pause = setTimeout(() => this.#ask(), 2000);
        return;
      }
    } finally {
      this.busy = false;
    }
    if (again || this.stale || this.#plain() !== plain) this.#ask();
    else if (!advice && plain.trim()) this.pause = setTimeout(() => this.#ask(true), PAUSE);
  }

  #tell(text) {
    if (this.notice.textContent !== text) this.notice.textContent = text;
    this.notice.hidden = !text;
  }

  /** Shows what was said of `plain`; it was asked for at `asked`. */
  #answer(response, plain, advised, asked) {
    this.response = response;
    this.advised = advised;
    this.scored = plain;
    this.#render(advised);
    const failed = response?.record.reasons.filter((reason) => reason.fired).length;
    const told = response && `${response.record.verdict} ${failed}`;
    // Said only when verdict or number of failed checks changed, and only once the writer pauses.
    if (advised && told && told !== this.told) announce(t("gauge.said", { verdict: t(`verdict.${response.record.verdict}`), n: failed }), 1200);
    if (advised) this.told = told;
    document.dispatchEvent(new CustomEvent("tachles:painted", { detail: { asked, advised } }));
  }

  // ---- showing

  #render(advised) {
    const response = this.response;
    const n = response?.record.words ?? 0;
    this.gauge.show(response);
    this.checks.show(response, advised && this.advised !== false);
    say(this.words, response ? t(n === 1 ? "write.count.1" : "write.count", { n: count(n) }) : "");
    this.samples.hidden = Boolean(this.#plain().trim());
    this.#paint();
    this.#named();
  }

  #paint() {
    const base = this.#base();
    const before = this.ranges;
    const marks = this.response ? carried(marksOf(this.response), this.scored, this.#plain()) : [];
    this.ranges = marks.map((mark) => ({ mark, range: this.#range(mark.start, mark.end, base) }));
    // Ranges follow the text; where they have followed it to the right places there is nothing to paint.
    const same = before.length === this.ranges.length && !this.active && !this.stressed && this.ranges.every(({ mark, range }, place) =>
      nameOf(before[place].mark) === nameOf(mark) && alike(before[place].range, range));
    if (same) this.ranges.forEach((one, place) => { one.range = before[place].range; });
    else this.#repaint();
  }

  #repaint() {
    const pairs = this.ranges.map(({ mark, range }) => [nameOf(mark), range]);
    const stressed = this.ranges.filter(({ mark }) => mark === this.active || mark.reasons.includes(this.stressed));
    paint("write", [...pairs, ...stressed.map(({ range }) => ["active", range])]);
  }

  /** Where the text starts in the plain text. */
  #base() {
    const title = this.#ad().title;
    return title ? title.length + 1 : 0;
  }

  #range(start, end, base = this.#base()) {
    return start < base ? this.title.range(start, Math.min(end, base - 1)) : this.body.range(start - base, end - base);
  }

  /** What is concrete, as a list: the highlights in words. Made anew only when words change, not when they move. */
  #named() {
    const concrete = () => this.ranges.filter(({ mark }) => mark.kind === "concrete");
    const found = concrete().map(({ mark }) => ({ quote: mark.quote, kinds: mark.kinds }));
    const goTo = (place) => {
      const { mark } = concrete()[place];
      this.#goTo(mark.start, mark.end);
    };
    this.found.hidden = !this.response;
    fill(this.found, found, () => [h("h2", {}, t("found.name")), found.length
      ? h("ul", {}, found.map(({ quote, kinds }, place) => h("li", {}, h("button.place", { type: "button", title: t("reason.show"), onclick: () => goTo(place) },
        h("span.quote", { dir: "auto" }, quote)), " ", h("span.soft", {}, kinds.map((kind) => t(`kind.${kind}`)).join(" · ")))))
      : h("p.soft", {}, t("found.none"))]);
  }

  #stress(id) {
    this.stressed = id;
    this.#repaint();
  }

  #at(x, y) {
    return this.ranges.find(({ range }) => touches(range, x, y));
  }

  #hover(x, y) {
    const hit = this.#at(x, y);
    clearTimeout(this.waiting);
    if (!hit) return this.card.leave();
    if (hit.mark !== this.card.mark) this.waiting = setTimeout(() => this.#showCard(hit, false), 140);
  }

  #showCard({ mark, range }, pinned) {
    this.card.show(mark, range, this.response, this.advised ? this.where : {}, pinned);
    this.active = mark;
    this.#repaint();
  }

  #cardClosed(back) {
    this.active = null;
    this.#repaint();
    if (back && this.card.element.contains(document.activeElement)) this.body.element.focus();
  }

  // ---- acting

  #goTo(start, end) {
    const base = this.#base();
    if (start < base) this.title.select(start, Math.min(end, base - 1));
    else this.body.select(start - base, end - base);
    const box = this.#range(start, end).getBoundingClientRect();
    if (box.top < 80 || box.bottom > window.innerHeight - 40) {
      const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
      window.scrollBy({ top: box.top - window.innerHeight / 3, behavior: calm ? "instant" : "smooth" });
    }
  }

  #apply(reason) {
    const edit = reason.edit;
    if (!edit || this.#plain() !== this.scored) return;
    const before = this.response.record.p_vague;
    this.card.close();
    const base = this.#base();
    const [surface, from] = edit.start < base ? [this.title, 0] : [this.body, base];
    surface.replace(edit.start - from, edit.end - from, edit.replacement);
    announce(t("write.applied", { before: probability(before), after: probability(edit.p_vague_after) }));
    this.told = null;
  }

  #key(event) {
    if (this.element.hidden) return;
    if (event.key === "F8") {
      event.preventDefault();
      this.#step(event.shiftKey ? -1 : 1);
    } else if (event.key === "Enter" && event.altKey && this.active) {
      const reason = this.response.record.reasons.find((one) => this.active.reasons.includes(one.id) && one.edit);
      if (reason && this.advised) {
        event.preventDefault();
        this.#apply(reason);
      }
    }
  }

  /** Goes to the next highlight of what is vague, or the one before. */
  #step(by) {
    const vague = this.ranges.filter(({ mark }) => mark.kind === "vague");
    if (!vague.length) return;
    const base = this.#base();
    const caret = this.body.caret();
    const here = caret === null ? (this.title.caret() ?? -1) : caret + base;
    const next = by > 0 ? vague.find(({ mark }) => mark.end > here && mark.start >= here) : vague.findLast(({ mark }) => mark.end < here);
    const hit = next ?? (by > 0 ? vague[0] : vague.at(-1));
    this.#goTo(hit.mark.start, hit.mark.end);
    this.#showCard(hit, true);
    const reasons = this.response.record.reasons.filter((reason) => hit.mark.reasons.includes(reason.id));
    announce(reasons.map((reason) => `${t(`fault.${reason.id}`)}. ${reason.advice ?? ""}`).join(" "));
  }

  #history(command) {
    const inside = [this.title.element, this.body.element].includes(document.activeElement);
    if (!inside) this.body.element.focus({ preventScroll: true });
    document.execCommand(command);
  }

  #clear() {
    this.title.replace(0, this.title.text().length, "");
    this.body.replace(0, this.body.text().length, "");
    announce(t("write.cleared"));
  }

  async #pasteHtml(markup, plain) {
    let text = plain;
    const selection = document.getSelection();
    const kept = [this.body.offset(selection.anchorNode, selection.anchorOffset) ?? 0, this.body.offset(selection.focusNode, selection.focusOffset) ?? 0];
    try {
      const { record } = await api.score({ html: markup });
      text = record.text ?? plain;
    } catch {
      // What the clipboard calls plain is good enough when the server cannot be asked.
    }
    this.body.replace(Math.min(...kept), Math.max(...kept), text.replace(/\n+$/, ""));
    announce(t("write.pasted"));
  }

  async #copy() {
    const text = this.#plain();
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without the clipboard (no secure context) the old way: a field that is copied from.
      const field = h("textarea", { value: text });
      document.body.append(field);
      field.select();
      document.execCommand("copy");
      field.remove();
    }
    announce(t("write.copied"), 0);
  }

  async #share() {
    try {
      download(await api.shared({ ...this.#ad(), all_roles: this.allRoles }), "tachles.html");
      announce(t("write.shared"), 0);
    } catch (error) {
      this.#tell(t("write.refused", { why: error.message }));
    }
  }
}
