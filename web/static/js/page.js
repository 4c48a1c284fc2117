// What both pages share: their language, the switch for it, whether this is a replay, and the connection.

import { el, the, svg } from "./dom.js";
import { LANGUAGES, keep, load, wanted } from "./language.js";
import { about } from "./session.js";

/** @typedef {import("./language.js").Language} Language */

/**
 * Load the language and call `render` with it, now and at every switch.
 * @param {string} title
 * @param {(language: Language) => void} render
 */
export async function speak(title, render) {
  /** @param {string} code */
  const choose = async (code) => {
    const language = await load(code);
    document.documentElement.lang = code;
    document.title = language.say(title);
    for (const node of document.querySelectorAll("[data-i18n]")) {
      node.textContent = language.say(node.getAttribute("data-i18n") ?? "");
    }
    for (const node of document.querySelectorAll("[data-i18n-label]")) {
      node.setAttribute("aria-label", language.say(node.getAttribute("data-i18n-label") ?? ""));
    }
    for (const node of document.querySelectorAll("[data-i18n-placeholder]")) {
      node.setAttribute("placeholder", language.say(node.getAttribute("data-i18n-placeholder") ?? ""));
    }
    for (const button of the("languages").children) {
      button.setAttribute("aria-pressed", String(button.getAttribute("lang") === code));
    }
    render(language);
  };
  for (const code of LANGUAGES) {
    const name = new Intl.DisplayNames(code, { type: "language" }).of(code) ?? code;
    const button = el("button", { type: "button", lang: code, "aria-label": name }, code.toUpperCase());
    button.addEventListener("click", () => {
      keep(code);
      void choose(code);
    });
    the("languages").append(button);
  }
  await choose(wanted());
}

/**
 * Say it on the page when what it shows is a recording, and when nobody had to say who they are.
 * @param {(key: string) => string} say
 */
export async function tellReplay(say) {
  const { replayed, login } = await about;
  the("replay").hidden = !replayed;
  if (login !== "demo") return;
  const words = el("span", { "data-i18n": "demo" }, say("demo"));
  the("replay").after(el("p", { class: "banner", id: "demo", role: "status" }, words));
}

/** @typedef {"connecting" | "live" | "reconnecting" | "stale" | "refused"} State */

const SHAPES = {
  connecting: "M4 8a4 4 0 1 1 4 4",
  live: "M3.5 8.5 6.5 11.5 12.5 4.5",
  reconnecting: "M4 4 12 12M12 4 4 12",
  stale: "M8 3.5V8.5M8 11.5V12",
  refused: "M4.5 7.5H11.5V13H4.5ZM6 7.5V5a2 2 0 0 1 4 0v2.5",
};

/** Whether what the page shows is true now, and if not, since when. */
export class Connection {
  /** @type {State} */
  state = "connecting";
  #since = performance.now();

  /**
   * @param {State} state
   * @param {number} [for_s] how long it has been so already
   */
  set(state, for_s = 0) {
    // Lost and then stale is one story: the page has been old since the first of the two.
    const old = (/** @type {State} */ s) => s === "reconnecting" || s === "stale";
    const began = performance.now() - 1000 * for_s;
    this.#since = old(state) && old(this.state) ? Math.min(this.#since, began) : state === this.state ? this.#since : began;
    this.state = state;
  }

  /** Seconds since the state began. */
  get since_s() {
    return (performance.now() - this.#since) / 1000;
  }

  /** @param {Language} language */
  show(language) {
    const place = the("connection");
    const text = language.say(`connection.${this.state}`, { since: language.duration(this.since_s) });
    if (place.textContent === text) return;
    place.className = `connection ${this.state}`;
    const shape = svg("path", { d: SHAPES[this.state] });
    // Only a change of state is worth a screen reader's breath, the running seconds are not.
    place.setAttribute("aria-live", this.since_s < 2 ? "polite" : "off");
    place.replaceChildren(svg("svg", { viewBox: "0 0 16 16", class: "shape", "aria-hidden": "true" }, shape), text);
  }
}
