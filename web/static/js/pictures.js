// Small pictures: a line over time, a bar of parts, and the shapes of severities and channels.

import { svg } from "./dom.js";

const WIDTH = 112;
const HEIGHT = 30;
const PAD = 3;

/** @typedef {[number, number, number]} Point seconds since the start, valence, effort */

/**
 * A line on a fixed scale, so that two rows can be compared; `base` is drawn as a dashed line.
 * @param {{points: [number, number][], low: number, high: number, base: number, kind: string, label: string}} picture
 */
export function line({ points, low, high, base, kind, label }) {
  const last = Math.max(1, points.at(-1)?.[0] ?? 1);
  /** @param {number} t */
  const x = (t) => PAD + ((WIDTH - 2 * PAD) * t) / last;
  /** @param {number} v */
  const y = (v) => HEIGHT - PAD - ((HEIGHT - 2 * PAD) * (Math.min(high, Math.max(low, v)) - low)) / (high - low);
  const path = points.map(([t, v]) => `${x(t).toFixed(1)},${y(v).toFixed(1)}`);
  const end = points.at(-1);
  const parts = [svg("line", { class: "base", x1: 0, x2: WIDTH, y1: y(base), y2: y(base) })];
  if (path.length > 1) {
    const [from, to] = [x(points[0][0]).toFixed(1), x(last).toFixed(1)];
    parts.push(svg("polygon", { class: "area", points: [`${from},${y(base)}`, ...path, `${to},${y(base)}`].join(" ") }));
    parts.push(svg("polyline", { class: "stroke", points: path.join(" ") }));
  }
  if (end) parts.push(svg("circle", { class: "end", cx: path.length > 1 ? x(end[0]) : x(last), cy: y(end[1]), r: 2.4 }));
  const view = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: `line ${kind}`, role: "img", "aria-label": label };
  return svg("svg", view, ...parts);
}

/**
 * Parts of a whole side by side, largest first; the track is the whole scale.
 * @param {{parts: [string, number][], whole: number, label: string}} picture
 */
export function bar({ parts, whole, label }) {
  let from = 0;
  const pieces = parts.map(([, value], i) => {
    const width = (100 * value) / whole;
    const piece = svg("rect", { class: `piece p${Math.min(i, 4)}`, x: from, y: 0, width: Math.max(0, width - 0.8), height: 6 });
    from += width;
    return piece;
  });
  const view = { viewBox: "0 0 100 6", preserveAspectRatio: "none", class: "bar", role: "img", "aria-label": label };
  return svg("svg", view, svg("rect", { class: "track", x: 0, y: 0, width: 100, height: 6 }), ...pieces);
}

/**
 * One value on its scale, without words: the number stands beside it.
 * @param {number} share in [0, 1]
 * @param {string} kind
 */
export function gauge(share, kind) {
  const width = 100 * Math.min(1, Math.max(0, share));
  const view = { viewBox: "0 0 100 6", preserveAspectRatio: "none", class: `bar ${kind}`, "aria-hidden": "true" };
  return svg(
    "svg",
    view,
    svg("rect", { class: "track", x: 0, y: 0, width: 100, height: 6 }),
    svg("rect", { class: "piece p0", x: 0, y: 0, width, height: 6 }),
  );
}

/** @type {Record<string, string>} */
const SHAPES = {
  cleared: "M3.5 8.5 6.5 11.5 12.5 4.5",
  critical: "M8 1.5 15 14H1ZM8 6v4M8 11.7v.3",
  warning: "M8 1.5 14.5 8 8 14.5 1.5 8ZM8 5v3.6M8 10.7v.3",
  info: "M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13M8 7.4v3.8M8 4.8v.3",
  chat: "M2 3h12v8H7.5L4.5 13.5V11H2Z",
  sms: "M2 3h12v8H7.5L4.5 13.5V11H2ZM5 7h.4M8 7h.4M11 7h.4",
  whatsapp: "M2.9 10.9A5.9 5.9 0 1 1 5.2 13.2L2 14Z",
  email: "M2 3.5h12v9H2ZM2 4l6 5 6-5",
  voice: "M4.2 2 6.4 5 5.2 6.8c.8 1.8 2.2 3.2 4 4L11 9.6 14 11.8C14 13.1 13 14 11.8 14 6.6 13.6 2.4 9.4 2 4.2 2 3 2.9 2 4.2 2Z",
};

/**
 * @param {string} name a severity or a channel
 */
export function shape(name) {
  const known = Object.hasOwn(SHAPES, name);
  const view = { viewBox: "0 0 16 16", class: known ? `shape ${name}` : "shape", "aria-hidden": "true" };
  return svg("svg", view, svg("path", { d: known ? SHAPES[name] : "M4 8h8" }));
}

/**
 * A class of ours for a word from the wire.
 * @param {string} word
 */
export function severity(word) {
  return ["critical", "warning", "info"].includes(word) ? word : "info";
}
