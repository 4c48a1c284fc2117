// What the budget for noise kept back this hour and the one before, and why: one click away, so that nothing is hidden.

import { el, foreign, the } from "./dom.js";
import { cause, moment, short, tell } from "./evidence.js";
import { severity, shape } from "./pictures.js";
import { ask } from "./session.js";

/**
 * @typedef {import("./language.js").Language} Language
 * @typedef {{alert: {alert_id: string, severity: string, cause?: import("./evidence.js").Evidence}, conversation_id: string,
 *   title: Record<string, string>, opened_at: number, queue?: string, team?: string, why?: string, rank?: number}} Kept
 */

const SOON_MS = 1000;
const hourOf = () => Math.floor(Date.now() / 3_600_000);

/** The list, read when it is opened. */
export class Suppressed {
  /** @type {Language | null} */
  #language = null;
  /** @type {Kept[] | null} */
  #kept = [];
  #reads = 0;
  #now = 0;
  #hour = hourOf();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #due;

  /** @param {(kept: Kept) => void} onShow */
  constructor(onShow) {
    this.onShow = onShow;
    this.dialog = /** @type {HTMLDialogElement} */ (the("suppressed"));
    the("suppressed-button").addEventListener("click", () => {
      this.dialog.showModal();
      void this.#read();
    });
  }

  /** @param {Language} language */
  speak(language) {
    this.#language = language;
    this.#show();
  }

  /** Another alert was kept back, or came out: of many at once the list is read once, for every look is noted down. */
  changed() {
    this.#due ??= setTimeout(() => void this.#read(), SOON_MS);
  }

  /** Nothing of it may be seen any more. */
  clear() {
    this.#reads += 1;
    this.#kept = [];
    this.#show();
    this.dialog.close();
  }

  /** @param {number} now event time */
  draw(now) {
    this.#now = now;
    if (this.#hour !== hourOf()) this.changed();
    this.#hour = hourOf();
    if (this.dialog.open && this.#language) tell(the("suppressed-list"), now, this.#language);
  }

  async #read() {
    clearTimeout(this.#due);
    this.#due = undefined;
    const read = ++this.#reads;
    /** @type {Kept[] | null} */
    let kept = null;
    try {
      const answer = await ask("/api/suppressed");
      if (answer.ok) kept = (await answer.json()).alerts;
    } catch {
      // Said on the page as well.
    }
    // A later question has, or will have, the later answer.
    if (read !== this.#reads) return;
    this.#kept = kept;
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
    list.replaceChildren(...[...this.#kept].sort((a, b) => b.opened_at - a.opened_at).map((kept) => one(kept, language, () => {
      this.dialog.close();
      this.onShow(kept);
    })));
    tell(list, this.#now, language);
  }
}

/**
 * @param {Kept} kept
 * @param {Language} language
 * @param {() => void} onShow
 */
function one({ alert, title, opened_at, queue, why, conversation_id }, language, onShow) {
  const id = short(conversation_id);
  const show = el("button", { type: "button", class: "link", title: conversation_id, "aria-label": language.say("alerts.show", { id }) }, foreign(id));
  show.addEventListener("click", onShow);
  return el("li", { class: `alert ${severity(alert.severity)}` },
    el("p", { class: "kind" }, shape(alert.severity), el("span", { class: "severity" }, language.name("severity", alert.severity)), moment(opened_at, "ago")),
    el("h3", {}, foreign(language.of(title))),
    alert.cause ? cause(alert.cause, language) : null,
    el("p", { class: "where" }, foreign(queue ?? language.say("row.no_queue")), show),
    el("p", { class: "why" }, language.name("suppressed.why", why || "over_budget")));
}
