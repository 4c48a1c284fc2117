// The agent's panel: at most one suggestion, as long as it is worth reading.

import { el, foreign, svg, the } from "./dom.js";
import { cause, short } from "./evidence.js";
import { shape } from "./pictures.js";
import { Connection, speak, tellReplay } from "./page.js";
import { follow } from "./stream.js";

/**
 * @typedef {import("./language.js").Language} Language
 * @typedef {import("./evidence.js").Evidence} Evidence
 * @typedef {{suggestion_id: string, conversation_id: string, at: number, expires_at: number,
 *   text: Record<string, string>, why: Record<string, string>, source: string, reason?: Evidence}} Suggestion
 */

const TICK_MS = 250;

/** @param {Language} first */
function start(first) {
  const connection = new Connection();
  let language = first;
  /** @type {{suggestion: Suggestion, from: number, until: number} | null} */
  let shown = null;
  let expired = false;
  let drawn = "";

  /**
   * A suggestion stands for as long as it was made for, counted from its arrival: a replay's clock is not ours.
   * @param {Suggestion} suggestion
   * @param {number | null} left_s
   */
  const show = (suggestion, left_s) => {
    const stands_ms = 1000 * (suggestion.expires_at - suggestion.at);
    const until = performance.now() + Math.min(stands_ms, left_s === null ? stands_ms : 1000 * left_s);
    shown = { suggestion, from: until - stands_ms, until };
    expired = false;
  };
  const draw = () => {
    if (shown && performance.now() >= shown.until) {
      shown = null;
      expired = true;
    }
    connection.show(language);
    const lost = ["reconnecting", "stale", "refused"].includes(connection.state);
    const what = shown ? shown.suggestion.suggestion_id : `${expired}${lost}`;
    if (drawn !== `${language.code} ${what}`) {
      the("suggestion").replaceChildren(shown ? card(shown.suggestion, language) : idle({ expired, lost }, language));
    }
    drawn = `${language.code} ${what}`;
    if (shown) showLeft(shown.from, shown.until, language);
  };

  /** @type {Record<string, (data: any) => void>} */
  const hears = {
    current({ suggestion, left_s }) {
      if (suggestion) show(suggestion, left_s);
      else shown = null;
    },
    suggestion(data) {
      show(data, null);
    },
    health(data) {
      connection.set(data.state, data.state === "stale" ? data.for_s : 0);
    },
  };
  void follow("/events/agent", {
    onMessage({ event, data }) {
      hears[event]?.(data);
      draw();
    },
    onLost() {
      connection.set("reconnecting");
      draw();
    },
    onRefused() {
      shown = null;
      connection.set("refused");
      draw();
    },
  });
  setInterval(draw, TICK_MS);
  draw();
  return (/** @type {Language} */ next) => {
    language = next;
    draw();
  };
}

/**
 * @param {Suggestion} suggestion
 * @param {Language} language
 */
function card({ text, why, source, reason, conversation_id }, language) {
  return el(
    "article",
    { class: "suggestion" },
    el("h1", {}, language.say("agent.suggestion")),
    el("p", { class: "text" }, foreign(language.of(text))),
    el("div", { class: "left", id: "left" },
      svg("svg", { viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true" },
        svg("rect", { class: "track", width: 100, height: 4 }), svg("rect", { class: "rest", id: "rest", width: 100, height: 4 })),
      el("p", { id: "left-words", "aria-live": "off" })),
    el("h2", {}, language.say("agent.why")),
    el("p", { class: "why" }, foreign(language.of(why))),
    reason ? cause(reason, language) : null,
    el("dl", { class: "origin" },
      el("div", {}, el("dt", {}, language.say("agent.source")), el("dd", {}, foreign(source))),
      el("div", {}, el("dt", {}, language.say("agent.conversation")), el("dd", { title: conversation_id }, foreign(short(conversation_id))))),
  );
}

/**
 * @param {{expired: boolean, lost: boolean}} state
 * @param {Language} language
 */
function idle({ expired, lost }, language) {
  return el(
    "div",
    { class: "idle" },
    shape("chat"),
    el("h1", {}, language.say(lost ? "agent.unknown" : "agent.idle")),
    el("p", {}, language.say(lost ? "agent.unknown_why" : expired ? "agent.expired" : "agent.idle_why")),
  );
}

/**
 * @param {number} from
 * @param {number} until
 * @param {Language} language
 */
function showLeft(from, until, language) {
  const left_ms = Math.max(0, until - performance.now());
  the("rest").setAttribute("width", ((100 * left_ms) / Math.max(1, until - from)).toFixed(2));
  the("left").classList.toggle("short", left_ms < 15_000);
  const text = language.say("agent.left", { for: language.duration(Math.ceil(left_ms / 1000)) });
  if (the("left-words").textContent !== text) the("left-words").textContent = text;
}

/** @type {((language: Language) => void) | null} */
let render = null;
/** @type {Language | null} */
let spoken = null;
await speak("title.agent", (language) => {
  spoken = language;
  if (render) render(language);
  else render = start(language);
});
await tellReplay((key) => spoken?.say(key) ?? key);
