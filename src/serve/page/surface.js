// An editable field of plain text that can be highlighted. The element is `contenteditable="plaintext-only"` with kept
// white space: the browser's own caret, selection, undo, input methods and bidi stay as they are, because highlights are
// ranges beside the text and never elements in it. `unicode-bidi: plaintext` gives every line its own direction.

import { h } from "./dom.js";

/** A field; `single` is one line. `changed()` is called after every change, `html(markup, plain)` for HTML that is pasted. */
export class Surface {
  constructor({ id, label, hint, single = false, changed, html }) {
    this.single = single;
    this.changed = changed;
    this.html = html;
    this.element = h("div", {
      id, class: single ? "surface single" : "surface", role: "textbox", contenteditable: "plaintext-only", spellcheck: "true",
      tabindex: "0", "aria-multiline": String(!single), "aria-label": label, "data-hint": hint,
    });
    this.element.addEventListener("input", () => this.#settle());
    this.element.addEventListener("beforeinput", (event) => this.#guard(event));
    this.element.addEventListener("paste", (event) => this.#paste(event));
    this.element.addEventListener("drop", (event) => this.#drop(event));
    this.empty();
  }

  empty() {
    this.element.classList.toggle("empty", this.text() === "");
  }

  /** The text. A last line break only keeps the last line open for the caret, and is left out. */
  text() {
    let text = "";
    for (const node of this.#leaves()) text += node.nodeType === Node.TEXT_NODE ? node.data : "\n";
    return text.endsWith("\n") ? text.slice(0, -1) : text;
  }

  /** Sets the text without a way back, when there is nothing yet that could be undone. */
  put(text) {
    this.element.textContent = text;
    this.empty();
  }

  *#leaves() {
    const walker = document.createTreeWalker(this.element, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    while (walker.nextNode()) {
      const node = walker.currentNode;
      if (node.nodeType === Node.TEXT_NODE || node.nodeName === "BR") yield node;
    }
  }

  /** The place of `offset` in the document. */
  #point(offset) {
    let left = offset;
    let last = [this.element, 0];
    for (const node of this.#leaves()) {
      const length = node.nodeType === Node.TEXT_NODE ? node.data.length : 1;
      if (node.nodeType === Node.TEXT_NODE) {
        if (left <= length) return [node, left];
        last = [node, length];
      } else if (left === 0) {
        return [node.parentNode, [...node.parentNode.childNodes].indexOf(node)];
      }
      left -= length;
    }
    return last;
  }

  /** A live range over `start..end` of the text. */
  range(start, end) {
    const range = new Range();
    range.setStart(...this.#point(start));
    range.setEnd(...this.#point(end));
    return range;
  }

  /** The offset of a place in the document; `null` when it lies elsewhere. */
  offset(node, at) {
    if (!this.element.contains(node)) return null;
    const before = new Range();
    before.setStart(this.element, 0);
    before.setEnd(node, at);
    return before.toString().length;
  }

  /** Where the caret is (its moving end); `null` when it is elsewhere. */
  caret() {
    const selection = document.getSelection();
    return selection.focusNode ? this.offset(selection.focusNode, selection.focusOffset) : null;
  }

  select(start, end = start) {
    const [from, to] = [this.#point(start), this.#point(end)];
    this.element.focus({ preventScroll: true });
    document.getSelection().setBaseAndExtent(...from, ...to);
  }

  /**
   * Replaces `start..end` by `text` as if it had been typed, so that one undo takes it back. Line breaks are typed as
   * such: `insertText` would make blocks of them.
   */
  replace(start, end, text) {
    this.select(start, end);
    this.type(text);
  }

  /** Types `text` at the selection. */
  type(text) {
    const lines = text.replace(/\r\n?/g, "\n").split("\n");
    const selection = document.getSelection();
    if (text === "" && !selection.isCollapsed) document.execCommand("delete");
    lines.forEach((line, number) => {
      if (number > 0) document.execCommand(this.single ? "insertText" : "insertLineBreak", false, this.single ? " " : undefined);
      if (line) document.execCommand("insertText", false, line);
    });
  }

  #settle() {
    this.#flatten();
    // An emptied field keeps a lone <br> in some browsers; the hint must show all the same.
    this.empty();
    this.changed();
  }

  #guard(event) {
    if (this.single && (event.inputType === "insertParagraph" || event.inputType === "insertLineBreak")) event.preventDefault();
    // Dictation and input methods may bring several lines at once, of which the browser would make blocks.
    if (event.inputType === "insertText" && event.data?.includes("\n")) {
      event.preventDefault();
      this.type(event.data);
    }
  }

  /** Makes lines of blocks that the browser has put in all the same: offsets count in text and line breaks only. */
  #flatten() {
    if (!this.element.querySelector("div, p")) return;
    const caret = this.caret();
    this.element.textContent = this.element.innerText;
    if (caret !== null) this.select(Math.min(caret, this.text().length));
  }

  #paste(event) {
    const markup = event.clipboardData?.getData("text/html") ?? "";
    const plain = event.clipboardData?.getData("text/plain") ?? "";
    this.#take(event, markup, plain);
  }

  #drop(event) {
    const plain = event.dataTransfer?.getData("text/plain") ?? "";
    // Text moved inside the field is the browser's business.
    if (!event.dataTransfer?.types.includes("text/html") || this.element.contains(document.getSelection().anchorNode)) return;
    this.#take(event, event.dataTransfer.getData("text/html"), plain);
  }

  #take(event, markup, plain) {
    if (this.single) {
      event.preventDefault();
      this.type(plain.replace(/\s+/g, " ").trim());
      return;
    }
    const source = markup || (looksLikeHtml(plain) ? plain : "");
    if (!source) return;
    event.preventDefault();
    this.html(source, plain);
  }
}

/** True for text that is the source of a page or a part of one: several block tags, closed ones among them. */
export function looksLikeHtml(text) {
  const opened = text.match(/<(?:!doctype|html|body|p|div|ul|ol|li|br|h[1-6]|table|span|strong|b)\b[^<>]*>/gi) ?? [];
  return opened.length >= 2 && /<\/(?:html|body|p|div|ul|ol|li|h[1-6]|table|span|strong|b)\s*>/i.test(text);
}
