// How a conversation went: emotion and effort over time, with the moments at which alerts opened.

import { el, svg } from "./dom.js";

/**
 * @typedef {import("./language.js").Language} Language
 * @typedef {{after_s: number, severity: string, title: string}} Moment
 */

const WIDTH = 640;
const PANEL = 64;
const LEFT = 92;
const TOP = 20;
const GAP = 14;
const RIGHT = 12;
const HEIGHT = TOP + 2 * PANEL + GAP + 24;
const TICKS = 5;

/**
 * Two panels on one time axis, and the same as a table for who cannot see them.
 * @param {{timeline: [number, number, number][], moments: Moment[]}} story
 * @param {Language} language
 */
export function story({ timeline, moments }, language) {
  if (!timeline.length) return el("p", { class: "nothing" }, language.say("story.none"));
  const last = Math.max(60, timeline.at(-1)?.[0] ?? 0, ...moments.map(({ after_s }) => after_s));
  /** @param {number} t */
  const x = (t) => LEFT + ((WIDTH - LEFT - RIGHT) * Math.min(last, Math.max(0, t))) / last;
  const effortTop = TOP + PANEL + GAP;
  const parts = [
    ...panel({ top: TOP, low: -1, high: 1, base: 0, kind: "valence", name: language.say("valence"), x, points: timeline.map(([t, v]) => [t, v]) }, language),
    ...panel({ top: effortTop, low: 1, high: 7, base: 1, kind: "hardship", name: language.say("effort"), x, points: timeline.map(([t, , v]) => [t, v]) }, language),
    ...ticks(last, x, language),
    ...moments.map(({ after_s, severity }) => mark(x(after_s), severity)),
  ];
  const label = language.say("story.label", { from: language.duration(0), to: language.duration(last) });
  return el("figure", { class: "story" },
    svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label }, ...parts),
    table(timeline, moments, language));
}

/**
 * @param {{top: number, low: number, high: number, base: number, kind: string, name: string, x: (t: number) => number, points: [number, number][]}} drawn
 * @param {Language} language
 */
function panel({ top, low, high, base, kind, name, x, points }, language) {
  /** @param {number} v */
  const y = (v) => top + PANEL - (PANEL * (Math.min(high, Math.max(low, v)) - low)) / (high - low);
  // A score stands until the next turn changes it, so the line goes in steps.
  const steps = points.flatMap(([t, v], i) => (i ? [`${x(t).toFixed(1)},${y(points[i - 1][1]).toFixed(1)}`, `${x(t).toFixed(1)},${y(v).toFixed(1)}`] : [`${x(t).toFixed(1)},${y(v).toFixed(1)}`]));
  const [, end] = points[points.length - 1];
  const right = WIDTH - RIGHT;
  const path = [...steps, `${right},${y(end).toFixed(1)}`];
  return [
    svg("rect", { class: "ground", x: LEFT, y: top, width: right - LEFT, height: PANEL }),
    svg("line", { class: "base", x1: LEFT, x2: right, y1: y(base), y2: y(base) }),
    svg("text", { class: "name", x: 0, y: top + PANEL / 2 + 4 }, name),
    svg("text", { class: "scale", x: LEFT - 6, y: top + 9, "text-anchor": "end" }, language.number(high, 0)),
    svg("text", { class: "scale", x: LEFT - 6, y: top + PANEL, "text-anchor": "end" }, language.number(low, 0)),
    svg("g", { class: kind },
      svg("polygon", { class: "area", points: [`${x(points[0][0]).toFixed(1)},${y(base)}`, ...path, `${right},${y(base)}`].join(" ") }),
      svg("polyline", { class: "stroke", points: path.join(" ") }),
      ...points.map(([t, v]) => svg("circle", { class: "end", cx: x(t), cy: y(v), r: 2.2 }))),
  ];
}

/**
 * @param {number} last
 * @param {(t: number) => number} x
 * @param {Language} language
 */
function ticks(last, x, language) {
  const step = [15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400].find((s) => last / s <= TICKS) ?? last / TICKS;
  const made = [];
  for (let t = 0; t <= last; t += step) {
    made.push(svg("text", { class: "scale", x: x(t), y: HEIGHT - 6, "text-anchor": t ? "middle" : "start" }, t ? language.duration(t) : "0"));
    if (t) made.push(svg("line", { class: "tick", x1: x(t), x2: x(t), y1: TOP, y2: HEIGHT - 22 }));
  }
  return made;
}

/**
 * @param {number} x
 * @param {string} severity
 */
function mark(x, severity) {
  return svg("g", { class: `moment ${severity}` },
    svg("line", { x1: x, x2: x, y1: TOP - 6, y2: HEIGHT - 22 }),
    svg("path", { d: `M${x - 6} ${TOP - 16}h12l-6 10z` }));
}

/**
 * @param {[number, number, number][]} timeline
 * @param {Moment[]} moments
 * @param {Language} language
 */
function table(timeline, moments, language) {
  const rows = [
    ...timeline.map(([t, valence, effort]) => ({ t, cells: [language.number(valence, 1), language.number(effort, 1), ""] })),
    ...moments.map(({ after_s, title }) => ({ t: after_s, cells: ["", "", title] })),
  ].sort((a, b) => a.t - b.t);
  const head = ["story.time", "valence", "effort", "story.alert"].map((key) => el("th", { scope: "col" }, language.say(key)));
  return el("details", { class: "numbers" }, el("summary", {}, language.say("story.numbers")),
    el("table", {}, el("thead", {}, el("tr", {}, ...head)),
      el("tbody", {}, ...rows.map(({ t, cells }) => el("tr", {}, el("th", { scope: "row" }, language.duration(t)), ...cells.map((cell) => el("td", {}, cell)))))));
}
