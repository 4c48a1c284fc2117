// The column of alerts: open ones newest first, then those that just cleared, which fade and go.

import { el, foreign, the } from "./dom.js";
import { cause, moment, short, tell } from "./evidence.js";
import { shape } from "./pictures.js";

const CLEARED_STAYS_MS = 45_000;
const MOST = 200;

/**
 * @typedef {import("./language.js").Language} Language
 * @typedef {import("./evidence.js").Evidence} Evidence
 * @typedef {{
 *   alert: {alert_id: string, rule: string, severity: string, state: "opened" | "cleared", at: number, cause?: Evidence},
 *   tenant: string, conversation_id: string, channel: string, title: Record<string, string>, opened_at: number,
 *   queue?: string, agent_id?: string}} AlertMessage
 */

/** What opened and cleared. */
export class Alerts {
  /** @type {Map<string, {message: AlertMessage, node: Element, clearedAt: number | null}>} */
  #known = new Map();
  #changed = false;

  /**
   * @param {Language} language
   * @param {(key: string) => void} onShow asked for the conversation of an alert
   */
  constructor(language, onShow) {
    this.language = language;
    this.onShow = onShow;
  }

  /** How many are open. */
  get open() {
    return [...this.#known.values()].filter(({ clearedAt }) => clearedAt === null).length;
  }

  /**
   * Exactly these are open; what we thought open and is not, has cleared without our seeing it.
   * @param {AlertMessage[]} messages
   */
  reset(messages) {
    const open = new Set(messages.map(({ alert }) => alert.alert_id));
    for (const [id, { clearedAt }] of this.#known) if (clearedAt === null && !open.has(id)) this.#forget(id);
    for (const message of messages) this.#take(message);
  }

  /** @param {AlertMessage} message */
  apply(message) {
    this.#take(message);
    if (message.alert.state !== "opened") return;
    this.#known.get(message.alert.alert_id)?.node.classList.add("new");
    this.#announce(message);
  }

  /** @param {Language} language */
  speak(language) {
    this.language = language;
    for (const known of this.#known.values()) {
      const node = this.#node(known.message);
      known.node.replaceWith(node);
      known.node = node;
    }
  }

  /**
   * Put the list in order and let go of what is long over.
   * @param {number} now event time
   */
  draw(now) {
    const over = performance.now() - CLEARED_STAYS_MS;
    for (const [id, { clearedAt }] of this.#known) if (clearedAt !== null && clearedAt < over) this.#forget(id);
    const list = the("alerts");
    if (this.#changed) place(list, this.#inOrder());
    this.#changed = false;
    the("alerts-empty").hidden = this.#known.size > 0;
    tell(list, now, this.language);
  }

  #inOrder() {
    const known = [...this.#known.values()];
    known.sort((a, b) => Number(a.clearedAt !== null) - Number(b.clearedAt !== null) || b.message.opened_at - a.message.opened_at);
    return known.slice(0, MOST).map(({ node }) => node);
  }

  /** @param {AlertMessage} message */
  #take(message) {
    const id = message.alert.alert_id;
    const before = this.#known.get(id);
    const cleared = message.alert.state === "cleared";
    if (before?.clearedAt != null && cleared) return;
    const node = this.#node(message);
    before?.node.replaceWith(node);
    this.#known.set(id, { message, node, clearedAt: cleared ? performance.now() : null });
    this.#changed = true;
  }

  /** @param {string} id */
  #forget(id) {
    this.#known.get(id)?.node.remove();
    this.#known.delete(id);
    this.#changed = true;
  }

  /** @param {AlertMessage} message */
  #announce({ alert, title, queue }) {
    the("announce").textContent = this.language.say("alerts.announce", {
      severity: this.language.name("severity", alert.severity),
      title: this.language.of(title),
      queue: queue ?? this.language.say("row.no_queue"),
    });
  }

  /** @param {AlertMessage} message */
  #node(message) {
    const { alert, conversation_id, queue, channel, title, opened_at } = message;
    const language = this.language;
    const id = short(conversation_id);
    const show = el("button", { type: "button", class: "link", title: conversation_id }, foreign(id));
    show.setAttribute("aria-label", language.say("alerts.show", { id }));
    show.addEventListener("click", () => this.onShow(`${message.tenant}/${conversation_id}`));
    const cleared = alert.state === "cleared";
    return el(
      "li",
      { class: `alert ${severity(alert.severity)} ${alert.state}`, "data-alert": alert.alert_id },
      el(
        "p",
        { class: "kind" },
        shape(cleared ? "cleared" : alert.severity),
        el("span", { class: "severity" }, language.name("severity", alert.severity)),
        cleared ? el("span", { class: "over" }, language.say("alerts.cleared")) : null,
        moment(opened_at, "ago"),
      ),
      el("h2", {}, foreign(language.of(title))),
      alert.cause ? cause(alert.cause, language) : null,
      el(
        "p",
        { class: "where" },
        shape(channel),
        el("span", {}, language.name("channel", channel)),
        foreign(queue ?? language.say("row.no_queue")),
        show,
      ),
    );
  }
}

/**
 * A class of ours for a word from the wire.
 * @param {string} word
 */
export function severity(word) {
  return ["critical", "warning", "info"].includes(word) ? word : "info";
}

/**
 * Make the children of `list` these, in this order, touching only what stands elsewhere.
 * @param {Element} list
 * @param {Element[]} nodes
 */
export function place(list, nodes) {
  nodes.forEach((node, i) => {
    if (list.children[i] !== node) list.insertBefore(node, list.children[i] ?? null);
  });
  while (list.children.length > nodes.length) list.lastElementChild?.remove();
}
