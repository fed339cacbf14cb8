// The frame of the page: views by the address, and the language.

import * as api from "./api.js";
import { dress, h, say } from "./dom.js";
import { choose, other, t, turn } from "./i18n.js";
import { Write } from "./write.js";
import { Batch } from "./batch.js";
import { Runs } from "./runs.js";
import { Review } from "./review.js";

const NAMES = ["write", "batch", "runs", "review"];
const MAKE = {
  write: () => new Write(),
  batch: () => new Batch((ad) => edit(ad)),
  runs: () => new Runs(),
  review: () => new Review(),
};
const views = new Map();
let shown = null;
/** True where a token is asked for. */
let guarded = false;

/** Opens an ad in the editor. */
function edit(ad) {
  location.hash = "#/write";
  go();
  views.get("write").fill(ad);
}

function frame() {
  const at = shown?.name;
  say(document.getElementById("skip"), t("skip"));
  document.getElementById("brand").title = t("brand");
  const links = NAMES.map((name) => h("a", { href: `#/${name}`, "aria-current": name === at ? "page" : null }, t(`nav.${name}`)));
  dress(document.getElementById("nav"), { "aria-label": t("nav") }).replaceChildren(...links);
  document.getElementById("tools").replaceChildren(
    guarded ? h("button.quiet", { type: "button", id: "leave", onclick: leave }, t("leave")) : "",
    h("button.quiet", { type: "button", id: "language", lang: other(), title: t("language.name"), onclick: change }, t("language")));
  if (at) document.title = t("title", { view: t(`nav.${at}`) }).replace(/[\u2068\u2069]/g, "");
}

/** Gives the token back, where one was entered. */
async function leave() {
  await api.leave().catch(() => {});
  location.assign("/login");
}

function change() {
  choose(other());
  frame();
  for (const view of views.values()) view.retell();
  shown?.show();
  document.getElementById("language").focus();
}

function go() {
  const name = /^#\/(\w+)/.exec(location.hash)?.[1];
  const wanted = NAMES.includes(name) ? name : "write";
  if (shown?.name === wanted) return;
  const first = shown === null;
  if (shown) {
    shown.hide?.();
    shown.element.hidden = true;
  }
  if (!views.has(wanted)) {
    const view = MAKE[wanted]();
    views.set(wanted, view);
    document.getElementById("view").append(view.element);
  }
  shown = views.get(wanted);
  shown.element.hidden = false;
  frame();
  // The reader who chose a view with the keyboard goes on in it.
  if (!first) document.getElementById("view").focus({ preventScroll: true });
  window.scrollTo(0, 0);
  shown.show();
}

document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault();
  document.getElementById("view").focus();
});
window.addEventListener("hashchange", go);
turn();
go();
api.model().then(({ token }) => {
  guarded = token;
  if (guarded) frame();
}, () => {});
