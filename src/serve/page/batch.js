// The view of files: drop one, watch it being scored, sift what was flagged, open an ad, take the scored file home.

import * as api from "./api.js";
import { announce, h, say } from "./dom.js";
import { count, moment, percent, probability, t } from "./i18n.js";
import { Opened } from "./opened.js";
import { REASONS } from "./checks.js";

const VERDICTS = ["vague", "unsure", "concrete", "out_of_scope", "unsupported"];
const SORTS = ["-p_vague", "p_vague", "words", "-words", "input"];
const PAGE = 50;
/** How often a job is asked how far it is, in milliseconds. */
const PATIENCE = 250;
/** How long nobody must have typed before words are looked for, in milliseconds. */
const PAUSE = 150;
const LANGUAGES = ["he", "en", "mixed", "other"];

export class Batch {
  name = "batch";

  /** `edit(ad)` opens an ad in the editor. */
  constructor(edit) {
    this.job = null;
    this.records = [];
    this.chosen = { verdict: new Set(), reason: "", lang: "", q: "", sort: "-p_vague" };
    this.opened = new Opened((number) => api.record(this.job.id, number), edit);
    this.element = h("div.batch");
    this.#build();
  }

  retell() {
    this.#build();
    this.opened.retell();
    if (this.job) this.#told();
  }

  show() {
    return this.#keptJobs();
  }

  #build() {
    this.file = h("input.unseen", { type: "file", id: "file", accept: ".csv,.tsv,.jsonl,.ndjson,.json,.parquet,.gz,.zst", onchange: () => this.#take(this.file.files[0]) });
    this.allRoles = h("input", { type: "checkbox", id: "batch-all", checked: this.allRoles?.checked ?? false });
    this.notice = h("p.notice", { hidden: true, role: "alert" });
    this.zone = h("div.zone-drop", {}, h("p", {}, `${t("batch.drop")} `, h("label.file-choice", { for: "file" }, t("batch.choose")), this.file),
      h("p", {}, h("label.soft", { for: "batch-all" }, this.allRoles, " ", t("batch.all_roles"))), h("p.soft", {}, t("batch.about")), h("p.soft", {}, t("batch.columns")));
    this.zone.addEventListener("dragover", (event) => { event.preventDefault(); this.zone.classList.add("over"); });
    this.zone.addEventListener("dragleave", () => this.zone.classList.remove("over"));
    this.zone.addEventListener("drop", (event) => {
      event.preventDefault();
      this.zone.classList.remove("over");
      this.#take(event.dataTransfer.files[0]);
    });
    this.status = h("p.status");
    this.bar = h("progress", { max: "1", "aria-label": t("nav.batch") });
    this.stop = h("button.quiet", { type: "button", onclick: () => this.#stop() }, t("batch.stop"));
    this.progress = h("section.progress", { hidden: true }, this.status, this.bar, this.stop);
    this.bad = h("details.bad-records", { hidden: true });
    this.results = h("section.results", { hidden: true });
    this.kept = h("section.kept", { hidden: true, "aria-labelledby": "kept-title" });
    this.element.replaceChildren(h("h1", {}, t("batch.title")), this.notice, this.zone, this.progress, this.bad, this.results, this.kept, this.opened.element);
    this.zone.classList.toggle("compact", Boolean(this.job));
    this.#buildResults();
    this.#listKept();
  }

  #buildResults() {
    const { verdict, reason, lang, q, sort } = this.chosen;
    this.query = h("input", { id: "query", type: "search", dir: "auto", maxlength: "200", placeholder: t("batch.query.hint"), value: q, oninput: () => this.#look() });
    this.lang = h("select", { id: "lang", onchange: () => { this.chosen.lang = this.lang.value; this.#list(); } },
      h("option", { value: "" }, t("batch.any")), LANGUAGES.map((id) => h("option", { value: id }, t(`lang.${id}`))));
    this.lang.value = lang;
    this.chips = VERDICTS.map((name) => h(`button.chip.${name}`, { type: "button", "aria-pressed": String(verdict.has(name)), onclick: () => this.#toggle(name) }));
    this.reason = h("select", { id: "reason", onchange: () => { this.chosen.reason = this.reason.value; this.#list(); } },
      h("option", { value: "" }, t("batch.any")), REASONS.map((id) => h("option", { value: id }, t(`fault.${id}`))));
    this.reason.value = reason;
    this.sort = h("select", { id: "sort", onchange: () => { this.chosen.sort = this.sort.value; this.#list(); } },
      SORTS.map((name) => h("option", { value: name }, t(`batch.sort.${name}`))));
    this.sort.value = sort;
    this.shown = h("p.soft", { role: "status" });
    this.rows = h("tbody");
    this.heads = [["title", ""], ["verdict", ""], ["p", "p_vague"], ["reasons", ""], ["words", "words"], ["lang", ""]].map(([name, key]) => {
      const words = t(`batch.col.${name}`);
      const head = h(`th.${name === "verdict" ? "verdict-cell" : name}`, { scope: "col" }, key ? h("button.order", { type: "button", onclick: () => this.#order(key) }, words) : words);
      return { head, key };
    });
    this.table = h("table.ads", {}, h("caption.unseen", {}, t("batch.title")), h("thead", {}, h("tr", {}, this.heads.map(({ head }) => head))), this.rows);
    this.more = h("button.quiet", { type: "button", onclick: () => this.#list(true) });
    this.links = h("p.downloads");
    this.results.replaceChildren(
      h("div.chips", { role: "group", "aria-label": t("batch.verdicts") }, this.chips),
      h("div.filters", {}, h("label.query", { for: "query" }, t("batch.query"), " ", this.query), h("label", { for: "reason" }, t("batch.reason"), " ", this.reason),
        h("label", { for: "lang" }, t("batch.col.lang"), " ", this.lang), h("label", { for: "sort" }, t("batch.sort"), " ", this.sort)),
      h("div.filters", {}, this.shown, this.links),
      h("div.scroll", {}, this.table), this.more);
  }

  // ---- the job

  async #take(file) {
    if (!file) return;
    const run = this.#begin();
    this.job = null;
    this.progress.hidden = false;
    this.stop.hidden = false;
    this.zone.classList.add("compact");
    this.bar.removeAttribute("value");
    say(this.status, t("batch.sending", { name: file.name }));
    try {
      const job = await api.begin(file, this.allRoles.checked);
      if (run === this.run) await this.#follow(run, job);
    } catch (error) {
      this.#failed(error);
    } finally {
      // The same file may be chosen again.
      this.file.value = "";
    }
  }

  /** Leaves what was shown, and starts anew. */
  #begin() {
    this.#tell("");
    this.results.hidden = true;
    this.bad.hidden = true;
    this.run = Symbol("job");
    return this.run;
  }

  #failed(error) {
    this.progress.hidden = true;
    this.#tell(error.status === 0 ? t("write.offline") : error.status === 404 ? t("batch.gone") : error.message);
  }

  /** Shows a job until it is over, or another one is. */
  async #follow(run, job) {
    this.job = job;
    while (run === this.run) {
      this.#told();
      if (!["queued", "running"].includes(this.job.state)) break;
      await new Promise((done) => setTimeout(done, PATIENCE));
      if (run === this.run) this.job = await api.job(this.job.id);
    }
    if (run !== this.run) return;
    if (this.job.state === "failed") this.#tell(this.job.error?.detail ?? t("error.title"));
    announce(this.#summary());
    await this.#keptJobs();
  }

  // ---- the files that the server keeps

  async #keptJobs() {
    try {
      this.jobs = (await api.jobs()).filter(({ state }) => state !== "cancelled");
    } catch {
      // Whoever asks for a file is told what is wrong.
      this.jobs = [];
    }
    this.#listKept();
  }

  #listKept() {
    const jobs = this.jobs ?? [];
    this.kept.hidden = jobs.length === 0;
    const told = ({ state, counts, decisions }) => (state === "done" ? t("batch.kept.done", { n: count(counts.read), vague: count(decisions.vague) }) : t(`batch.state.${state}`));
    const rows = jobs.map((job) => h("li", { "aria-current": job.id === this.job?.id ? "true" : null },
      h("button.place", { type: "button", onclick: () => this.#pick(job) }, h("bdi", {}, job.name)), h("span.soft", {}, told(job)), h("time.soft", { datetime: job.created }, moment(job.created)),
      h("button.quiet", { type: "button", "aria-label": t("batch.kept.remove.of", { name: job.name }), onclick: () => this.#remove(job) }, t("batch.kept.remove"))));
    this.kept.replaceChildren(h("h2", { id: "kept-title" }, t("batch.kept")), h("p.soft", {}, t("batch.kept.about")), h("ul", {}, rows));
  }

  async #pick(job) {
    const run = this.#begin();
    this.zone.classList.add("compact");
    try {
      await this.#follow(run, await api.job(job.id));
    } catch (error) {
      this.#failed(error);
      await this.#keptJobs();
    }
  }

  async #remove(job) {
    await api.forget(job.id).catch(() => {});
    if (job.id === this.job?.id) {
      this.#begin();
      this.job = null;
      this.progress.hidden = true;
      this.zone.classList.remove("compact");
    }
    await this.#keptJobs();
    this.file.focus();
  }

  async #stop() {
    this.run = null;
    const n = this.job?.counts.read ?? 0;
    if (this.job) await api.forget(this.job.id).catch(() => {});
    this.job = null;
    this.results.hidden = true;
    this.stop.hidden = true;
    say(this.status, t("batch.stopped", { n: count(n) }));
    announce(this.status.textContent);
  }

  #tell(text) {
    say(this.notice, text);
    this.notice.hidden = !text;
  }

  #summary() {
    const { counts, state, name } = this.job;
    if (["queued", "running"].includes(state)) return `${t("batch.sending", { name })} ${t("batch.progress", { n: count(counts.read) })}`;
    return `${t("batch.done", { name, n: count(counts.read) })}`;
  }

  /** Shows how far the job is. */
  #told() {
    const { state, bytes, bytes_read: read, counts, decisions, bad } = this.job;
    const over = !["queued", "running"].includes(state);
    this.progress.hidden = false;
    say(this.status, this.#summary());
    this.bar.hidden = over;
    this.stop.hidden = over;
    if (bytes) this.bar.value = Math.min(1, read / bytes);
    this.#badRecords(counts.quarantined, bad);
    VERDICTS.forEach((name, place) => {
      const chip = this.chips[place];
      chip.replaceChildren(h("span.n", {}, count(decisions[name])), " ", t(`many.${name}`));
      chip.hidden = decisions[name] === 0 && !this.chosen.verdict.has(name);
    });
    if (over && state === "done") {
      this.results.hidden = false;
      const link = (chosen, words) => h("a", { href: `/api/v1/batch/${this.job.id}/download?${chosen}`, download: true }, words);
      this.links.replaceChildren(h("span.soft", {}, t("batch.download")), link("format=csv", "CSV"), link("format=csv&excel=true", t("batch.excel")), link("format=jsonl", "JSON Lines"));
      this.#list();
    }
  }

  #badRecords(n, bad) {
    this.bad.hidden = n === 0;
    this.bad.replaceChildren(h("summary", {}, t("batch.bad", { n: count(n) })),
      h("ul", {}, bad.map((one) => h("li", { dir: "auto" }, t("batch.bad.record", { record: one.record ?? "?", line: one.line ?? "?", message: one.rule })))));
  }

  // ---- the list

  #toggle(name) {
    const { verdict } = this.chosen;
    if (!verdict.delete(name)) verdict.add(name);
    VERDICTS.forEach((one, place) => this.chips[place].setAttribute("aria-pressed", String(verdict.has(one))));
    this.#list();
  }

  /** Looks for words, once nobody types. */
  #look() {
    this.chosen.q = this.query.value.trim();
    clearTimeout(this.looking);
    this.looking = setTimeout(() => this.#list(), PAUSE);
  }

  #order(key) {
    this.chosen.sort = this.chosen.sort === `-${key}` ? key : `-${key}`;
    this.sort.value = this.chosen.sort;
    this.#list();
  }

  async #list(more = false) {
    if (!this.job) return;
    const { verdict, reason, lang, q, sort } = this.chosen;
    this.asked = Symbol("list");
    const asked = this.asked;
    const offset = more ? this.records.length : 0;
    let page;
    try {
      page = await api.records(this.job.id, { verdict: [...verdict].join(","), reason, lang, q, sort, offset, limit: PAGE });
    } catch (error) {
      return this.#tell(error.status === 404 ? t("batch.gone") : error.message);
    }
    // A later choice has been made meanwhile.
    if (asked !== this.asked) return;
    this.records = more ? [...this.records, ...page.records] : page.records;
    for (const { head, key } of this.heads) {
      const order = sort === key ? "ascending" : sort === `-${key}` ? "descending" : "none";
      if (key) head.setAttribute("aria-sort", order);
    }
    const rows = page.records.map((record) => this.#row(record));
    if (more) this.rows.append(...rows);
    else this.rows.replaceChildren(...(rows.length ? rows : [h("tr", {}, h("td", { colspan: "6" }, t("batch.none")))]));
    const share = this.job.records ? ` (${percent(page.total / this.job.records)})` : "";
    say(this.shown, t("batch.shown", { shown: count(page.total), all: count(this.job.records) }) + share);
    const left = page.total - this.records.length;
    this.more.hidden = left <= 0;
    say(this.more, t("batch.more", { n: count(Math.min(left, PAGE)) }));
  }

  #row(record) {
    const open = h("button.place", { type: "button", onclick: () => this.opened.open(this.records.map((one) => one.number), record.number) },
      h("span", { dir: "auto" }, record.title || t("batch.untitled")));
    const repeats = record.duplicate_of ? h("span.soft", {}, " ", t("batch.duplicate", { id: record.duplicate_of })) : null;
    return h("tr", {}, h("th.title", { scope: "row" }, open, repeats),
      h("td.verdict-cell", {}, h(`span.badge.${record.verdict}`, {}, t(`verdict.${record.verdict}`))),
      h("td.p", {}, probability(record.p_vague)),
      h("td.reasons", {}, h("ul.tags", {}, record.fired.map((id) => h("li", {}, t(`short.${id}`))))),
      h("td.words", {}, count(record.words)), h("td.lang", {}, t(`lang.${record.lang}`)));
  }
}
