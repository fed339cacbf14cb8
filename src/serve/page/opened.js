// One ad of a list, opened over it: the ad with its highlights beside its gauge and checks.

import { h } from "./dom.js";
import { t } from "./i18n.js";
import { AdView } from "./ad-view.js";
import { Checks } from "./checks.js";
import { Gauge } from "./gauge.js";

export class Opened {
  /** `fetch(number)` gives the response for a number of the list; `edit(ad)` opens an ad in the editor. */
  constructor(fetch, edit) {
    this.fetch = fetch;
    this.edit = edit;
    this.element = h("dialog.opened", { "aria-labelledby": "opened-title" });
    this.#build();
  }

  #build() {
    this.ad = new AdView();
    this.gauge = new Gauge();
    this.checks = new Checks({ goTo: (start, end) => this.ad.goTo(start, end) }, (id) => this.ad.stress(id));
    const button = (key, act) => h("button.quiet", { type: "button", onclick: act }, t(key));
    this.previous = button("ad.previous", () => this.#step(-1));
    this.next = button("ad.next", () => this.#step(1));
    this.where = h("p.soft", { id: "opened-title", dir: "auto" });
    this.element.replaceChildren(
      h("header.opened-head", {}, this.previous, this.next, this.where, button("ad.edit", () => this.#toEditor()), button("ad.close", () => this.element.close())),
      h("div.opened-body", {}, this.ad.element, h("div.opened-side", {}, this.gauge.element, this.checks.element)));
  }

  retell() {
    const open = this.element.open && this.number;
    this.#build();
    if (open) this.#load(open);
  }

  /** Opens ad `number`, one of `numbers` in the order of the list. */
  async open(numbers, number) {
    this.numbers = numbers;
    await this.#load(number);
    if (!this.element.open) this.element.showModal();
    this.element.scrollTop = 0;
  }

  async #load(number) {
    this.number = number;
    let response;
    try {
      response = await this.fetch(number);
    } catch (error) {
      this.where.textContent = error.message;
      return;
    }
    this.response = response;
    const { record } = response;
    this.ad.show(response);
    this.gauge.show(response);
    this.checks.show(response);
    this.checks.choose(null);
    this.where.textContent = t("ad.where", { file: record.source.file, record: record.source.record });
    const at = this.numbers.indexOf(number);
    this.previous.disabled = at <= 0;
    this.next.disabled = at < 0 || at + 1 >= this.numbers.length;
  }

  #step(by) {
    const number = this.numbers[this.numbers.indexOf(this.number) + by];
    if (number !== undefined) this.#load(number);
  }

  #toEditor() {
    const { title, text } = this.response.record;
    this.element.close();
    this.edit({ title, text: title ? text.slice(title.length + 1) : text });
  }
}
