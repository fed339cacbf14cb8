// How vague the ad is: the verdict, a scale with the band in which the model does not decide, and what the number means.

import { h, say, set } from "./dom.js";
import { probability, t } from "./i18n.js";

/** What the probability means, in sentences. */
export function meaning({ record, thresholds }) {
  const { verdict, p_vague: p } = record;
  if (verdict === "unsupported" || p === null) return t("gauge.unsupported");
  if (verdict === "out_of_scope") return t("gauge.scope", { p: probability(record.p_scope) });
  const n = Math.round(p * 100);
  const share = n === 0 ? t("gauge.none") : n === 100 ? t("gauge.all") : t("gauge.of_hundred", { n });
  const upper = probability(thresholds.vague);
  const lower = probability(thresholds.concrete);
  const rule = { vague: "gauge.flagged", concrete: "gauge.passed", unsure: "gauge.unsure" }[verdict];
  return `${share} ${t(rule, { upper, lower })}`;
}

/** The gauge; `show(response)` sets it, `show(null)` empties it. */
export class Gauge {
  constructor() {
    this.word = h("strong.word");
    this.number = h("bdi.number");
    this.needle = h("span.needle");
    this.lower = h("span.tick.lower");
    this.upper = h("span.tick.upper");
    this.zones = ["concrete", "unsure", "vague"].map((name) => h(`span.zone.${name}`, {}, h("span")));
    this.scale = h("div.scale", { role: "meter", "aria-valuemin": "0", "aria-valuemax": "1" }, ...this.zones, this.needle);
    this.meaning = h("p.meaning");
    this.element = h("section.gauge", { "aria-labelledby": "gauge-word" },
      h("p.verdict", { id: "gauge-word" }, this.word, this.number), this.scale,
      h("p.ticks", { "aria-hidden": "true" }, this.lower, this.upper), this.meaning);
    this.show(null);
  }

  /** Draws the scale for these thresholds; also before there is an ad. */
  limit({ concrete, vague }) {
    set(this.element, "--lower", concrete);
    set(this.element, "--upper", vague);
    say(this.lower, probability(concrete));
    say(this.upper, probability(vague));
  }

  show(response) {
    const verdict = response?.record.verdict ?? "none";
    const p = response?.record.p_vague ?? null;
    this.element.dataset.verdict = verdict;
    this.scale.setAttribute("aria-label", t("gauge.name"));
    say(this.word, t(`verdict.${verdict}`));
    say(this.number, p === null ? "" : probability(p));
    ["concrete", "unsure", "vague"].forEach((name, place) => say(this.zones[place].firstChild, t(`gauge.zone.${name}`)));
    this.needle.hidden = p === null;
    this.scale.setAttribute("aria-valuenow", p === null ? "0" : String(p));
    this.scale.setAttribute("aria-valuetext", p === null ? t(`verdict.${verdict}`) : t("gauge.spoken", { verdict: t(`verdict.${verdict}`), p: probability(p) }));
    if (p !== null) set(this.needle, "--p", p);
    if (response) this.limit(response.thresholds);
    say(this.meaning, response ? meaning(response) : t("gauge.empty"));
  }
}
