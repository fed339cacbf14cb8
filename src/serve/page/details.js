// What is said of one reason: why it matters, where it was found, what to write, and an example with its effect. Shown
// under a check, in the card beside a highlight, and in the batch and review views.

import { h } from "./dom.js";
import { probability, t } from "./i18n.js";

const list = (kinds) => kinds.map((kind) => t(`kind.${kind}`)).join(", ");

/** The effect of an edit: probability before and after, read from left to right in both languages. */
export const effect = (before, after) =>
  h("bdi.effect", { dir: "ltr" }, h("span", {}, probability(before)), " → ", h("strong", {}, probability(after)));

/**
 * Details of `reason`. `where` may hold `goTo(start, end)` to show a place in the text and `apply(edit, reason)` to put
 * the example in; without them the details are for reading only. `titled` is true where the fault stands above them already.
 */
export function details(reason, { record }, where = {}, titled = false) {
  const parts = [];
  if (!reason.fired) {
    parts.push(h("p.soft", {}, reason.ignored ? t("checks.ignored") : t("reason.quiet")));
  } else {
    const fault = titled ? [] : [h("strong", {}, t(`fault.${reason.id}`)), ". "];
    parts.push(h("p.about", {}, fault, t(`about.${reason.id}`)));
    parts.push(...evidence(reason, where));
    if (reason.advice) {
      parts.push(h("h4", {}, t("reason.advice")), h("p.advice", { dir: "auto" }, reason.advice));
    } else if (reason.missing?.length) {
      parts.push(h("h4", {}, t("reason.missing")), h("p", {}, list(reason.missing)));
    }
    parts.push(...example(reason, record, where));
  }
  if (reason.cleared?.length) {
    const cleared = reason.cleared.map((found) =>
      h("li", {}, h("q", { dir: "auto" }, found.quote), " · ", h("q.good", { dir: "auto" }, found.by.quote)));
    parts.push(h("h4", {}, t("reason.cleared")), h("ul.quotes", {}, cleared));
  }
  return parts;
}

function evidence(reason, { goTo }) {
  if (!reason.evidence.length) return [];
  const quotes = reason.evidence.map((found) => {
    const without = found.missing?.length ? h("span.soft", {}, ` ${t("reason.without", { list: list(found.missing) })}`) : null;
    const quote = h("span.quote", { dir: "auto" }, found.quote);
    if (!goTo || found.start === null) return h("li", {}, quote, without);
    return h("li", {}, h("button.place", { type: "button", title: t("reason.show"), onclick: () => goTo(found.start, found.end) }, quote), without);
  });
  return [h("h4", {}, t("reason.found")), h("ul.quotes", {}, quotes)];
}

function example(reason, record, { apply }) {
  const edit = reason.edit;
  if (!edit || edit.start === null) return [];
  const old = record.text?.slice(edit.start, edit.end) ?? "";
  return [
    h("div.example", {},
      h("p.soft", {}, t(old.trim() ? "reason.replace" : "reason.add")),
      old.trim() ? h("p", { dir: "auto" }, h("del", {}, old.trim())) : null,
      h("p", { dir: "auto" }, h("ins", {}, edit.replacement.trim())),
      h("p.outcome", {}, h("span.soft", {}, `${t("reason.effect")}: `), effect(record.p_vague, edit.p_vague_after)),
      apply ? h("button.apply", { type: "button", onclick: () => apply(reason) }, t("reason.apply")) : null),
  ];
}
