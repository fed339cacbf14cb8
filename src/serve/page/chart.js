// A small line of figures over runs, with its scale and its last value in words.

import { h, svg } from "./dom.js";
import { t } from "./i18n.js";

const [WIDTH, HEIGHT, ROOM] = [320, 96, 10];

/**
 * A chart of `points` (`{x, y, name}`, in order; `y` null where there is none), whose values are shown by `print`.
 * Time runs from the start of the line of writing, so from right to left in Hebrew.
 */
export function chart(name, points, print) {
  const known = points.filter((point) => point.y !== null);
  if (!known.length) return null;
  const values = known.map((point) => point.y);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  // Shares and counts start at nought; a scale that starts elsewhere makes much of little.
  const top = most > 0 ? most * 1.1 : 1;
  const [from, to] = [known[0].x, known.at(-1).x];
  const rtl = document.documentElement.dir === "rtl";
  const x = (point) => {
    const share = to > from ? (point.x - from) / (to - from) : 1;
    return ROOM + (rtl ? 1 - share : share) * (WIDTH - 2 * ROOM);
  };
  const y = (point) => HEIGHT - ROOM - (point.y / top) * (HEIGHT - 2 * ROOM);
  const line = known.map((point) => `${x(point).toFixed(1)},${y(point).toFixed(1)}`).join(" ");
  const dots = known.map((point, place) => svg("circle", { cx: x(point).toFixed(1), cy: y(point).toFixed(1), r: place === known.length - 1 ? 4 : 2.2 },
    svg("title", {}, document.createTextNode(`${point.name}: ${print(point.y)}`))));
  const said = t("runs.trend.said", { name, last: print(values.at(-1)), least: print(least), most: print(most), n: known.length });
  return h("figure.chart", {}, h("figcaption", {}, h("span", {}, name), h("bdi.last", {}, print(values.at(-1)))),
    svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": said.replace(/[\u2068\u2069]/g, "") },
      svg("line", { x1: ROOM, x2: WIDTH - ROOM, y1: HEIGHT - ROOM, y2: HEIGHT - ROOM, class: "axis" }),
      svg("polyline", { points: line }), ...dots),
    h("p.soft.range", {}, h("bdi", {}, print(least)), " – ", h("bdi", {}, print(most))));
}
