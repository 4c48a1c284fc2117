// The supervisor's page: the stream in, alerts and conversations out.

import { Alerts } from "./alerts.js";
import { Board } from "./board.js";
import { Clock } from "./clock.js";
import { the } from "./dom.js";
import { Filters } from "./filters.js";
import { Notices } from "./notices.js";
import { Connection, speak, tellReplay } from "./page.js";
import { follow } from "./stream.js";
import { Suppressed } from "./suppressed.js";

/** @typedef {import("./language.js").Language} Language */

/** @typedef {{state: string, age_s: number, heardAt: number}} Canary */

const TICK_MS = 1000;
const PACE_MS = 100; // nobody reads faster, and a busy floor changes at every frame
const NOWHERE = { conversation: "", turn: "" };

/** @param {Language} first */
function start(first) {
  let language = first;
  let due = false;
  let drawnAt = -PACE_MS;
  const clock = new Clock();
  const connection = new Connection();
  const filters = new Filters(() => {
    board.choose();
    alerts.choose();
    soon();
  });
  const notices = new Notices();
  const board = new Board(language, filters);
  const alerts = new Alerts(language, {
    filters,
    onShow: (message) => show(message),
    onNew: ({ title, queue }) => notices.call(language.of(title), queue ?? language.say("row.no_queue")),
    onChange: () => soon(),
  });
  /** @type {Canary | null} */
  let canary = null;
  let linked = linkedTo();
  let known = false;
  let pressed = false;

  /** @param {{conversation_id: string, alert: {cause?: import("./evidence.js").Evidence}}} message whose alert is meant */
  const show = ({ conversation_id, alert }) => {
    linked = { conversation: conversation_id, turn: alert.cause?.utterance_id ?? "" };
    follows();
  };
  const suppressed = new Suppressed(show);

  /** Go where a link is to; where that is not (any more) is said as soon as the floor is known. */
  const follows = () => {
    const { conversation, turn } = linked;
    if (conversation && board.reveal(conversation, turn)) linked = NOWHERE;
    const lost = known && linked.conversation !== "";
    the("linked").hidden = !lost;
    if (lost) the("linked").textContent = language.say("link.gone", { id: linked.conversation });
  };

  const draw = () => {
    due = false;
    drawnAt = performance.now();
    // Between pressing and letting go, what is pressed must stay what it is.
    if (pressed) return;
    alerts.draw(clock.now());
    board.draw(clock.now());
    the("count-conversations").textContent = language.count("count.conversations", board.open);
    the("count-alerts").textContent = language.count("count.alerts", alerts.open);
    filters.draw();
    connection.show(language);
    showAge(connection, language);
    showBlind(canary, language);
    suppressed.draw(clock.now());
    follows();
  };
  // Many changes, one drawing; a hidden page draws when it is looked at again.
  const soon = () => {
    if (due) return;
    due = true;
    const rest_ms = drawnAt + PACE_MS - performance.now();
    if (rest_ms > 0) setTimeout(() => requestAnimationFrame(draw), rest_ms);
    else requestAnimationFrame(draw);
  };

  /** @type {Record<string, (data: any) => void>} */
  const hears = {
    snapshot(data) {
      known = true;
      clock.reset();
      for (const row of data.rows) clock.saw(row.at);
      for (const { alert } of data.alerts) clock.saw(alert.at);
      board.reset(data.rows);
      alerts.reset(data.alerts);
      for (const life of data.lives ?? []) alerts.lived(life);
      suppressed.changed();
    },
    life(data) {
      alerts.lived(data);
    },
    suppressed(data) {
      alerts.hold(data);
      suppressed.changed();
    },
    canary(data) {
      canary = { ...data, heardAt: performance.now() };
    },
    row(data) {
      clock.saw(data.at);
      board.apply(data);
    },
    alert(data) {
      clock.saw(data.alert.at);
      alerts.apply(data);
      if (data.again) suppressed.changed();
    },
    health(data) {
      connection.set(data.state, data.state === "stale" ? data.for_s : 0);
    },
  };
  void follow("/events/supervisor", {
    onMessage({ event, data }) {
      hears[event]?.(data);
      soon();
    },
    onLost() {
      connection.set("reconnecting");
      soon();
    },
    onRefused() {
      // What was shown belongs to someone who may see it.
      board.clear();
      alerts.clear();
      suppressed.clear();
      connection.set("refused");
      soon();
    },
  });

  the("rows").addEventListener("opened", (event) => {
    const { opened, turn } = /** @type {CustomEvent} */ (event).detail;
    if (opened) linked = NOWHERE;
    link(opened, turn);
    soon();
  });
  addEventListener("hashchange", () => {
    linked = linkedTo();
    soon();
  });
  document.addEventListener("pointerdown", () => (pressed = true), true);
  for (const [where, end] of /** @type {[EventTarget, string][]} */ ([[document, "pointerup"], [document, "pointercancel"], [window, "blur"]])) {
    where.addEventListener(end, () => {
      pressed = false;
      soon();
    }, true);
  }
  for (const reason of ["proved", "mouseleave"]) the("rows").addEventListener(reason, soon);
  setInterval(soon, TICK_MS);
  listen(board, alerts);
  const say = (/** @type {Language} */ next) => {
    language = next;
    for (const part of [board, alerts, filters, notices, suppressed]) part.speak(next);
    draw();
  };
  say(first);
  return say;
}

/** What the address names: a link from an alert, or what was open when the page was reloaded. */
function linkedTo() {
  const asked = new URLSearchParams(location.hash.slice(1));
  return { conversation: asked.get("conversation") ?? "", turn: asked.get("turn") ?? "" };
}

/**
 * Keep the opened conversation in the address, so that it can be sent to a colleague.
 * @param {string} conversation
 * @param {string} turn
 */
function link(conversation, turn) {
  const address = new URL(location.href);
  const to = turn ? { conversation, turn } : { conversation };
  address.hash = conversation ? new URLSearchParams(to).toString() : "";
  history.replaceState(null, "", address);
}

/**
 * When the test conversation does not come through, the page is blind, however calm it looks.
 * @param {Canary | null} canary
 * @param {Language} language
 */
function showBlind(canary, language) {
  const blind = canary?.state === "blind";
  the("blind").hidden = !blind;
  if (!canary || !blind) return;
  const age_s = canary.age_s + (performance.now() - canary.heardAt) / 1000;
  // A screen reader reads the whole banner at each change: whole minutes are enough once there are any.
  const text = language.say("blind", { since: language.duration(age_s < 60 ? canary.age_s : 60 * Math.floor(age_s / 60)) });
  if (the("blind").textContent !== text) the("blind").textContent = text;
}

/**
 * A page that is behind says so where the eye is, not only in a corner.
 * @param {Connection} connection
 * @param {Language} language
 */
function showAge(connection, language) {
  const old = ["reconnecting", "stale", "refused"].includes(connection.state);
  document.body.classList.toggle("old", old);
  the("old").hidden = !old;
  if (old) the("old").textContent = language.say(`old.${connection.state}`, { since: language.duration(connection.since_s) });
}

/**
 * @param {Board} board
 * @param {Alerts} alerts
 */
function listen(board, alerts) {
  const help = /** @type {HTMLDialogElement} */ (the("help"));
  the("help-button").addEventListener("click", () => help.showModal());
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (event.key === "j") board.move(1);
    else if (event.key === "k") board.move(-1);
    else if (event.key === "a") alerts.press("acknowledge");
    else if (event.key === "s") alerts.press("snooze");
    else if (event.key === "/") the("find").focus();
    else if (event.key === "?") help.showModal();
    else return;
    event.preventDefault();
  });
}

/** @type {((language: Language) => void) | null} */
let render = null;
/** @type {Language | null} */
let spoken = null;
await speak("title.supervisor", (language) => {
  spoken = language;
  if (render) render(language);
  else render = start(language);
});
await tellReplay((key) => spoken?.say(key) ?? key);
