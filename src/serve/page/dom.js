// Elements from plain descriptions. Text always goes in as text nodes, so nothing an ad holds can become markup.

const SVG = "http://www.w3.org/2000/svg";

/** Sets `attributes` on `element`: `on…` are listeners, `false` and `null` leave out, `true` is an empty attribute. */
export function dress(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "disabled") element[name] = value;
    else if (value === false || value === null || value === undefined) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  return element;
}

/** A new element: `h("p.soft", { dir: "auto" }, "text", other)`; the name may carry classes. */
export function h(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  dress(element, attributes);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** The same for SVG. */
export function svg(name, attributes = {}, ...children) {
  const element = dress(document.createElementNS(SVG, name), attributes);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** Sets the text of `element` only when it differs, so that nothing is announced or repainted for nothing. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Sets a custom property of `element` only when it differs. */
export function set(element, name, value) {
  if (element.style.getPropertyValue(name) !== String(value)) element.style.setProperty(name, value);
}

/** Puts `make()` into `element` only when what it is made from, `source`, differs from last time. */
export function fill(element, source, make) {
  const key = JSON.stringify(source);
  if (element.dataset.source === key) return;
  element.dataset.source = key;
  element.replaceChildren(...make());
}

let pending = 0;
/** Tells screen readers `text` through the page's one live region; of several in quick succession only the last. */
export function announce(text, delay = 250) {
  clearTimeout(pending);
  pending = setTimeout(() => say(document.getElementById("said"), text), delay);
}

/** Hands `blob` to the reader as a file called `name`. */
export function download(blob, name) {
  const link = h("a", { href: URL.createObjectURL(blob), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  // The download has begun by then; the address is given back.
  setTimeout(() => URL.revokeObjectURL(link.href), 30_000);
}
