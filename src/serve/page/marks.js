// What to highlight in a text: stretches of evidence and of deliverables, and where they are on the screen.
// Offsets count UTF-16 units of the plain text, as the server gives them.

/** Names of the CSS highlights in css/ad.css; the later one is painted over the earlier. */
const NAMES = ["concrete", "vague-1", "vague-2", "vague-3", "cleared", "active"];
const painted = new Map();

/**
 * How heavy a piece of evidence is, 1 to 3: words that are the fault themselves weigh more than those that only lack
 * something beside them, and a fault that is nearly sure more than one that is not.
 */
function level(reason, found) {
  return 1 + (found.missing?.length ? 0 : 1) + (reason.p >= 0.9 ? 1 : 0);
}

/**
 * The stretches to highlight in a record, in order of the text and without overlap. Evidence of several reasons that
 * overlaps is one stretch; a deliverable inside of evidence is shown as evidence.
 */
export function marksOf({ record }) {
  const evidence = [];
  for (const reason of record.reasons) {
    if (!reason.fired) continue;
    for (const found of reason.evidence) {
      if (found.start !== null) evidence.push({ start: found.start, end: found.end, level: level(reason, found), reasons: [reason.id] });
    }
  }
  evidence.sort((a, b) => a.start - b.start || b.end - a.end);
  const marks = [];
  for (const next of evidence) {
    const last = marks.at(-1);
    if (!last || next.start >= last.end) {
      marks.push({ kind: "vague", ...next });
      continue;
    }
    last.end = Math.max(last.end, next.end);
    last.level = Math.max(last.level, next.level);
    last.reasons = [...new Set([...last.reasons, ...next.reasons])];
  }
  const vague = [...marks];
  for (const found of record.deliverables) {
    if (found.start === null) continue;
    const hidden = vague.some((mark) => mark.start < found.end && found.start < mark.end);
    const same = marks.find((mark) => mark.start === found.start && mark.end === found.end);
    if (same?.kind === "concrete") same.kinds.push(found.kind);
    else if (!hidden) marks.push({ kind: "concrete", start: found.start, end: found.end, level: 0, reasons: [], kinds: [found.kind], quote: found.quote });
  }
  return marks.sort((a, b) => a.start - b.start);
}

/**
 * The marks of the text `before` at their places in `now`, which has been typed on: those before and behind what differs. Marks
 * that were typed into are left out.
 */
export function carried(marks, before, now) {
  if (before === now) return marks;
  const most = Math.min(before.length, now.length);
  let start = 0;
  while (start < most && before.charCodeAt(start) === now.charCodeAt(start)) start += 1;
  let rest = 0;
  while (rest < most - start && before.charCodeAt(before.length - 1 - rest) === now.charCodeAt(now.length - 1 - rest)) rest += 1;
  const [end, by] = [before.length - rest, now.length - before.length];
  return marks.filter((mark) => mark.end <= start || mark.start >= end)
    .map((mark) => (mark.start >= end ? { ...mark, start: mark.start + by, end: mark.end + by } : mark));
}

/** The name of the highlight that a mark is painted with. */
export const nameOf = (mark) => (mark.kind === "concrete" ? "concrete" : `vague-${mark.level}`);

/** True where the browser can highlight text without changing it. */
export const canPaint = "highlights" in CSS;

/**
 * Paints `ranges` (pairs of name and Range) for `owner`, in place of what it had painted. Ranges are live: they follow
 * the text while it is typed in, until the next answer.
 */
export function paint(owner, ranges) {
  painted.set(owner, ranges);
  if (!canPaint) return;
  const byName = new Map(NAMES.map((name) => [name, []]));
  for (const pairs of painted.values()) for (const [name, range] of pairs) byName.get(name)?.push(range);
  NAMES.forEach((name, priority) => {
    const highlight = new Highlight(...byName.get(name));
    highlight.priority = priority;
    CSS.highlights.set(name, highlight);
  });
}

/** Takes away what `owner` had painted. */
export function unpaint(owner) {
  if (painted.delete(owner)) paint(owner, []);
  painted.delete(owner);
}

/** True when the point lies on one of the rectangles of `range`. */
export function touches(range, x, y) {
  for (const box of range.getClientRects()) {
    if (x >= box.left && x <= box.right && y >= box.top && y <= box.bottom) return true;
  }
  return false;
}
