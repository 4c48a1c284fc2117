// The supervisor's page: the stream in, alerts and conversations out.

import { Alerts } from "./alerts.js";
import { Board } from "./board.js";
import { Clock } from "./clock.js";
import { the } from "./dom.js";
import { Connection, speak, tellReplay } from "./page.js";
import { follow } from "./stream.js";

/** @typedef {import("./language.js").Language} Language */

const TICK_MS = 1000;

/** @param {Language} first */
function start(first) {
  let language = first;
  let due = false;
  const clock = new Clock();
  const connection = new Connection();
  const board = new Board(language);
  const alerts = new Alerts(language, (key) => board.reveal(key));

  const draw = () => {
    due = false;
    alerts.draw(clock.now());
    board.draw(clock.now());
    the("count-conversations").textContent = language.count("count.conversations", board.open);
    the("count-alerts").textContent = language.count("count.alerts", alerts.open);
    connection.show(language);
    showAge(connection, language);
  };
  // Many changes, one drawing; a hidden page draws when it is looked at again.
  const soon = () => {
    if (!due) requestAnimationFrame(draw);
    due = true;
  };

  /** @type {Record<string, (data: any) => void>} */
  const hears = {
    snapshot(data) {
      clock.reset();
      for (const row of data.rows) clock.saw(row.at);
      for (const { alert } of data.alerts) clock.saw(alert.at);
      board.reset(data.rows);
      alerts.reset(data.alerts);
    },
    row(data) {
      clock.saw(data.at);
      board.apply(data);
    },
    alert(data) {
      clock.saw(data.alert.at);
      alerts.apply(data);
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
      board.reset([]);
      alerts.reset([]);
      connection.set("refused");
      soon();
    },
  });

  the("rows").addEventListener("opened", soon);
  the("rows").addEventListener("mouseleave", soon);
  setInterval(soon, TICK_MS);
  listen(board);
  draw();
  return (/** @type {Language} */ next) => {
    language = next;
    board.speak(next);
    alerts.speak(next);
    draw();
  };
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

/** @param {Board} board */
function listen(board) {
  const help = /** @type {HTMLDialogElement} */ (the("help"));
  the("help-button").addEventListener("click", () => help.showModal());
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    if (event.key === "j") board.move(1);
    else if (event.key === "k") board.move(-1);
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
