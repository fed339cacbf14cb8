// The runs of the ledger: how each night went, and whether anything has moved.

import * as api from "./api.js";
import { h } from "./dom.js";
import { count, moment, percent, t } from "./i18n.js";
import { chart } from "./chart.js";

const COUNTS = ["read", "scored", "unchanged", "duplicates", "quarantined"];
const DECISIONS = ["vague", "unsure", "concrete"];

/** What to do where the server has no ledger. */
const needs = (words, command) => h("div.needs", {}, h("p", {}, words), h("p", {}, h("code", { dir: "ltr" }, command)));

export class Runs {
  name = "runs";

  constructor() {
    this.element = h("div.runs");
    this.runs = null;
  }

  retell() {
    this.#render();
  }

  async show() {
    try {
      this.runs = (await api.runs()).runs;
      this.problem = null;
    } catch (error) {
      this.problem = error;
    }
    this.#render();
  }

  #render() {
    this.element.replaceChildren(h("header.head", {}, h("h1", {}, t("runs.title")),
      h("button.quiet", { type: "button", onclick: () => this.show() }, t("runs.refresh"))), ...this.#content());
  }

  #content() {
    if (this.problem?.status === 404) return [needs(t("runs.no_ledger"), "tachles serve --ledger ledger.db")];
    if (this.problem) return [h("p.notice", { role: "alert" }, this.problem.status === 0 ? t("write.offline") : this.problem.message)];
    if (!this.runs) return [];
    if (!this.runs.length) return [h("p", {}, t("runs.none"))];
    return [this.#charts(), this.#table()];
  }

  #charts() {
    const runs = this.runs.filter((run) => run.state === "complete" && run.counts && run.decisions).reverse();
    const points = (value) => runs.map((run) => ({ x: Date.parse(run.started), y: value(run), name: moment(run.started) }));
    const judged = ({ decisions }) => decisions.vague + decisions.unsure + decisions.concrete;
    const share = (n, all) => (all ? n / all : null);
    return h("div.charts", {}, [
      chart(t("runs.trend.vague"), points((run) => run.flagged_share), percent),
      chart(t("runs.trend.unsure"), points((run) => share(run.decisions.unsure, judged(run))), percent),
      chart(t("runs.trend.read"), points((run) => run.counts.read), count),
      chart(t("runs.trend.bad"), points((run) => share(run.counts.quarantined, run.counts.read)), percent),
    ]);
  }

  #table() {
    const head = (name) => h(`th.${name}${COUNTS.includes(name) || DECISIONS.includes(name) ? ".number" : ""}`, { scope: "col" }, t(`runs.col.${name}`));
    const number = (name, value) => h(`td.number.${name}`, {}, value === null || value === undefined ? "–" : count(value));
    const rows = this.runs.map((run) => h("tr", {}, h("th", { scope: "row" }, String(run.run)),
      h("td.started", {}, h("time", { datetime: run.started }, moment(run.started))),
      h("td", {}, h(`span.badge.${run.state}`, {}, t(`runs.state.${run.state}`))),
      COUNTS.map((name) => number(name, run.counts?.[name])), DECISIONS.map((name) => number(name, run.decisions?.[name])),
      this.#moved(run), h("td.model", {}, h("bdi", {}, run.model))));
    return h("div.scroll", { tabindex: "0", role: "region", "aria-label": t("runs.title") }, h("table.ads", {}, h("caption.unseen", {}, t("runs.title")),
      h("thead", {}, h("tr", {}, ["run", "started", "state", ...COUNTS, ...DECISIONS, "drift", "model"].map(head))), h("tbody", {}, rows)));
  }

  /** Heads whose scores moved by more than chance explains. */
  #moved(run) {
    const moved = run.drift.filter((one) => one.index > Math.max(one.chance, 0.1)).sort((a, b) => b.index - a.index);
    if (!moved.length) return h("td.drift", {}, run.drift.length ? t("runs.steady") : "–");
    const names = moved.slice(0, 3).map((one) => `${t(`head.${one.head}`)} (${t(`lang.${one.lang}`)}) ${one.index.toFixed(2)}`);
    return h("td.drift.moved", {}, names.join(" · "));
  }
}
