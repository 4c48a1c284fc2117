// What the budget for noise kept back this hour, and why: one click away, so that nothing is hidden.

import { el, foreign, the } from "./dom.js";
import { cause, moment, tell } from "./evidence.js";
import { shape } from "./pictures.js";
import { ask } from "./session.js";

/**
 * @typedef {import("./language.js").Language} Language
 * @typedef {{alert: {alert_id: string, severity: string, cause?: import("./evidence.js").Evidence}, conversation_id: string,
 *   title: Record<string, string>, opened_at: number, queue?: string, team?: string, why?: string, rank?: number}} Kept
 */

/** The list, read when it is opened. */
export class Suppressed {
  /** @type {Language | null} */
  #language = null;
  /** @type {Kept[] | null} */
  #kept = [];

  constructor() {
    this.dialog = /** @type {HTMLDialogElement} */ (the("suppressed"));
    the("suppressed-button").addEventListener("click", () => {
      this.dialog.showModal();
      void this.#read();
    });
    void this.#read();
  }

  /** @param {Language} language */
  speak(language) {
    this.#language = language;
    this.#show();
  }

  /** Another alert was kept back, or came out. */
  changed() {
    void this.#read();
  }

  async #read() {
    try {
      const answer = await ask("/api/suppressed");
      this.#kept = answer.ok ? (await answer.json()).alerts : null;
    } catch {
      this.#kept = null;
    }
    this.#show();
  }

  #show() {
    const language = this.#language;
    if (!language) return;
    the("suppressed-button").textContent = language.count("suppressed.count", this.#kept?.length ?? 0);
    const list = the("suppressed-list");
    if (!this.#kept?.length) {
      list.replaceChildren(el("li", { class: "nothing" }, language.say(this.#kept ? "suppressed.none" : "suppressed.failed")));
      return;
    }
    list.replaceChildren(...this.#kept.map((kept) => one(kept, language)));
    tell(list, Math.max(...this.#kept.map(({ opened_at }) => opened_at)), language);
  }
}

/**
 * @param {Kept} kept
 * @param {Language} language
 */
function one({ alert, title, opened_at, queue, why, conversation_id }, language) {
  return el("li", { class: `alert ${alert.severity}` },
    el("p", { class: "kind" }, shape(alert.severity), el("span", { class: "severity" }, language.name("severity", alert.severity)), moment(opened_at, "ago")),
    el("h3", {}, foreign(language.of(title))),
    alert.cause ? cause(alert.cause, language) : null,
    el("p", { class: "where" }, foreign(queue ?? language.say("row.no_queue")), el("bdi", { class: "id" }, conversation_id)),
    el("p", { class: "why" }, language.name("suppressed.why", why || "over_budget")));
}
