// The agent's panel: at most one suggestion, as long as it is worth reading, and one key to say what it was worth.

import { Desk } from "./desk.js";
import { el, foreign, svg, the } from "./dom.js";
import { cause, short } from "./evidence.js";
import { shape } from "./pictures.js";
import { Connection, speak, tellReplay } from "./page.js";
import { write } from "./session.js";
import { follow } from "./stream.js";

/**
 * @typedef {import("./language.js").Language} Language
 * @typedef {import("./evidence.js").Evidence} Evidence
 * @typedef {{name: string, link?: string}} Article
 * @typedef {{suggestion_id: string, kind: string, conversation_id: string, at: number, expires_at: number,
 *   text: Record<string, string>, why: Record<string, string>, source: string, urgency?: number,
 *   articles?: Record<string, Article>, reason?: Evidence}} Suggestion
 * @typedef {{suggestion: Suggestion, from: number, until: number}} Shown
 * @typedef {"used" | "not_now" | "wrong"} Answer
 */

const TICK_MS = 250;

/** @type {Record<string, Answer>} */
const KEYS = { u: "used", n: "not_now", w: "wrong" };
/** @type {[Answer, string][]} */
const ANSWERS = [["used", "U"], ["not_now", "N"], ["wrong", "W"]];

/** What stands on the panel, and what is said when nothing does. */
class Panel {
  #connection = new Connection();
  #drawn = "";
  /** @type {Shown | null} */
  #shown = null;
  // What became of the last suggestion: "" nothing yet, "expired", an answer, or why it was taken back.
  #over = "";
  #failed = false;
  #waiting = false;
  #pressed = false;
  /** @type {Shown | null} what one sees: while it is being pressed, not always what stands */
  #seen = null;

  /**
   * @param {Language} language
   * @param {Desk} desk
   */
  constructor(language, desk) {
    this.language = language;
    this.desk = desk;
  }

  /**
   * What the stream says.
   * @param {string} event
   * @param {any} data
   */
  hear(event, data) {
    if (event === "current") this.#stands(data.suggestion, data.left_s);
    if (event === "suggestion") this.#show(data, null);
    if (event === "withdrawn") this.#withdraw(data.suggestion_id, data.because);
    if (event === "health") this.#connection.set(data.state, data.state === "stale" ? data.for_s : 0);
    this.draw();
  }

  lost() {
    this.#connection.set("reconnecting");
    this.draw();
  }

  refused() {
    if (this.#shown) this.#end("");
    this.#connection.set("refused");
    this.draw();
  }

  /** @param {Answer} answer */
  async answer(answer) {
    const shown = this.#seen;
    if (!shown || this.#waiting) return;
    this.#waiting = true;
    this.#failed = false;
    this.draw();
    const stored = await send(shown.suggestion.suggestion_id, answer);
    this.#waiting = false;
    if (this.#shown?.suggestion.suggestion_id === shown.suggestion.suggestion_id) {
      if (stored === "away") this.#failed = true;
      else this.#end(stored === "stored" ? answer : "gone");
    }
    if (stored === "stored") this.#tell("answered", shown.suggestion, { answer });
    this.draw();
  }

  /** @param {boolean} pressed whether a pointer is down on an answer */
  press(pressed) {
    this.#pressed = pressed;
  }

  draw() {
    // Between pressing and letting go, what is pressed must stay what it is: else the press is lost.
    if (this.#pressed && this.#connection.state !== "refused") return;
    if (this.#shown && performance.now() >= this.#shown.until) this.#end("expired");
    this.#connection.show(this.language);
    const state = this.#connection.state;
    const lost = ["reconnecting", "stale", "refused"].includes(state);
    const what = this.#shown ? `${this.#shown.suggestion.suggestion_id} ${this.#failed} ${this.#waiting}` : this.#over;
    const drawing = `${this.language.code} ${lost} ${what}`;
    this.#seen = this.#shown;
    if (this.#drawn !== drawing) this.#draw(lost);
    this.#drawn = drawing;
    if (this.#shown) showLeft(this.#shown, this.language);
  }

  /** @param {boolean} lost */
  #draw(lost) {
    const held = document.activeElement?.getAttribute("data-answer");
    const { suggestion } = this.#shown ?? {};
    the("suggestion").replaceChildren(
      suggestion
        ? card(suggestion, this.language, { lost, failed: this.#failed, waiting: this.#waiting, answer: (a) => void this.answer(a) })
        : idle(this.language, { over: this.#over, lost }),
    );
    if (held) /** @type {HTMLElement | null} */ (document.querySelector(`[data-answer="${held}"]`))?.focus();
  }

  /**
   * After a reconnect: what stands now, or nothing; the same as before is not shown anew.
   * @param {Suggestion | null} suggestion
   * @param {number | null} left_s
   */
  #stands(suggestion, left_s) {
    if (suggestion) this.#show(suggestion, left_s);
    else if (this.#shown) this.#end("over");
  }

  /**
   * A suggestion stands for as long as it was made for, counted from its arrival: a replay's clock is not ours.
   * @param {Suggestion} suggestion
   * @param {number | null} left_s
   */
  #show(suggestion, left_s) {
    const stands_ms = 1000 * (suggestion.expires_at - suggestion.at);
    const until = performance.now() + Math.min(stands_ms, left_s === null ? stands_ms : 1000 * left_s);
    const known = this.#shown?.suggestion.suggestion_id === suggestion.suggestion_id;
    this.#shown = { suggestion, from: until - stands_ms, until };
    this.#failed = false;
    if (!known) this.#tell("shown", suggestion, {});
  }

  /**
   * @param {string} suggestion_id
   * @param {string} because
   */
  #withdraw(suggestion_id, because) {
    // What we answered ourselves is answered already, and so it reads.
    if (this.#shown?.suggestion.suggestion_id !== suggestion_id || this.#waiting) return;
    this.#tell("withdrawn", this.#shown.suggestion, { because });
    this.#end(because);
  }

  /** @param {string} why */
  #end(why) {
    if (why === "expired" && this.#shown) this.#tell("withdrawn", this.#shown.suggestion, { because: "expired" });
    this.#shown = null;
    this.#over = why;
    this.#failed = false;
  }

  /**
   * @param {"shown" | "answered" | "withdrawn"} state
   * @param {Suggestion} suggestion
   * @param {Record<string, string>} more
   */
  #tell(state, { suggestion_id, conversation_id, kind }, more) {
    this.desk.tell({ type: "klankbord:suggestion", state, suggestion_id, conversation_id, kind, ...more });
  }
}

/**
 * @param {string} suggestion_id
 * @param {Answer} answer
 * @returns {Promise<"stored" | "gone" | "away">}
 */
async function send(suggestion_id, answer) {
  try {
    const response = await write(`/api/suggestions/${encodeURIComponent(suggestion_id)}/answer`, { answer });
    if (response.ok) return "stored";
    return response.status === 404 || response.status === 409 ? "gone" : "away";
  } catch (error) {
    if (error instanceof TypeError) return "away";
    throw error;
  }
}

/**
 * @param {Suggestion} suggestion
 * @param {Language} language
 * @param {{lost: boolean, failed: boolean, waiting: boolean, answer: (answer: Answer) => void}} state
 */
function card({ text, why, source, articles, reason, conversation_id, urgency }, language, { lost, failed, waiting, answer }) {
  const article = articles?.[language.code] ?? Object.values(articles ?? {})[0];
  return el(
    "article",
    { class: urgency ? "suggestion urgent" : "suggestion" },
    el("h1", {}, language.say("agent.suggestion")),
    el("p", { class: "text" }, foreign(language.of(text))),
    el("div", { class: "left", id: "left" },
      svg("svg", { viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true" },
        svg("rect", { class: "track", width: 100, height: 4 }), svg("rect", { class: "rest", id: "rest", width: 100, height: 4 })),
      el("p", { id: "left-words", "aria-live": "off" })),
    lost ? el("p", { class: "doubt" }, language.say("agent.maybe_over")) : null,
    el("h2", {}, language.say("agent.why")),
    el("p", { class: "why" }, foreign(language.of(why))),
    reason ? cause(reason, language) : null,
    el("div", { class: "answers", role: "group", "aria-label": language.say("agent.answers") },
      ...ANSWERS.map(([name, key]) => button(language, name, key, waiting, answer))),
    failed ? el("p", { class: "doubt", role: "alert" }, language.say("agent.not_stored")) : null,
    el("dl", { class: "origin" },
      el("div", {}, el("dt", {}, language.say("agent.source")), el("dd", {}, article ? read(article, language) : foreign(source))),
      el("div", {}, el("dt", {}, language.say("agent.conversation")), el("dd", { title: conversation_id }, foreign(short(conversation_id))))),
  );
}

/**
 * @param {Language} language
 * @param {Answer} name
 * @param {string} key
 * @param {boolean} waiting
 * @param {(answer: Answer) => void} answer
 */
function button(language, name, key, waiting, answer) {
  const attributes = { type: "button", class: name, "data-answer": name, "aria-keyshortcuts": key.toLowerCase() };
  const made = el("button", waiting ? { ...attributes, "aria-disabled": "true" } : attributes,
    language.say(`agent.answer.${name}`), el("kbd", { "aria-hidden": "true" }, key));
  made.addEventListener("click", () => answer(name));
  return made;
}

/**
 * An article of the operator's own; a link only when it surely is one, opened where it can do nothing to us.
 * @param {Article} article
 * @param {Language} language
 */
function read({ name, link }, language) {
  if (!link || !link.startsWith("https://") || !URL.canParse(link)) return foreign(name);
  const attributes = { href: link, target: "_blank", rel: "noopener noreferrer", referrerpolicy: "no-referrer" };
  return el("a", attributes, foreign(name), el("span", { class: "unseen" }, ` (${language.say("agent.new_tab")})`));
}

/**
 * @param {Language} language
 * @param {{over: string, lost: boolean}} state
 */
function idle(language, { over, lost }) {
  const words = language.words[`agent.over.${over}`] ?? language.say("agent.idle_why");
  return el(
    "div",
    { class: "idle" },
    shape("chat"),
    el("h1", {}, language.say(lost ? "agent.unknown" : "agent.idle")),
    el("p", {}, lost ? language.say("agent.unknown_why") : words),
  );
}

/**
 * @param {Shown} shown
 * @param {Language} language
 */
function showLeft({ from, until }, language) {
  const left_ms = Math.max(0, until - performance.now());
  the("rest").setAttribute("width", ((100 * left_ms) / Math.max(1, until - from)).toFixed(2));
  the("left").classList.toggle("short", left_ms < 15_000);
  const text = language.say("agent.left", { for: language.duration(Math.ceil(left_ms / 1000)) });
  if (the("left-words").textContent !== text) the("left-words").textContent = text;
}

/**
 * @param {Language} language
 */
function start(language) {
  const desk = new Desk();
  const panel = new Panel(language, desk);
  void desk.meet();
  void follow("/events/agent", {
    onMessage: ({ event, data }) => panel.hear(event, data),
    onLost: () => panel.lost(),
    onRefused: () => panel.refused(),
  });
  addEventListener("keydown", (event) => {
    const answer = KEYS[event.key.toLowerCase()];
    if (!answer || the("keys").getAttribute("aria-pressed") !== "true" || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    void panel.answer(answer);
  });
  document.addEventListener("pointerdown", ({ button, target }) => {
    panel.press(button === 0 && target instanceof Element && target.closest("[data-answer]") !== null);
  }, true);
  for (const [where, end] of /** @type {[EventTarget, string][]} */ ([[document, "pointerup"], [document, "pointercancel"], [window, "blur"]])) {
    where.addEventListener(end, () => {
      panel.press(false);
      requestAnimationFrame(() => panel.draw()); // the click comes first
    }, true);
  }
  // Speech input types letters: whoever works with it must be able to turn single keys off.
  the("keys").addEventListener("click", () => {
    const on = the("keys").getAttribute("aria-pressed") === "true";
    the("keys").setAttribute("aria-pressed", String(!on));
  });
  setInterval(() => panel.draw(), TICK_MS);
  panel.draw();
  return panel;
}

/** @type {Panel | null} */
let panel = null;
await speak("title.agent", (language) => {
  the("keys").textContent = language.say("agent.keys_on");
  if (!panel) panel = start(language);
  else {
    panel.language = language;
    panel.draw();
  }
});
await tellReplay((key) => panel?.language.say(key) ?? key);
