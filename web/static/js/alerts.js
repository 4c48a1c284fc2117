// The column of alerts: what nobody has taken yet first, then what is taken, asleep, and just over.

import { el, foreign, the } from "./dom.js";
import { cause, moment, quoted, short, tell } from "./evidence.js";
import { act, actions, sleeps, standing, untouched } from "./life.js";
import { shape } from "./pictures.js";

const CLEARED_STAYS_MS = 45_000;
const MOST = 200;
const SEVERITIES = ["info", "warning", "critical"];

/**
 * @typedef {import("./language.js").Language} Language
 * @typedef {import("./evidence.js").Evidence} Evidence
 * @typedef {import("./life.js").Life} Life
 * @typedef {import("./filters.js").Filters} Filters
 * @typedef {{
 *   alert: {alert_id: string, rule: string, severity: string, state: "opened" | "cleared", at: number, cause?: Evidence,
 *     sentence?: string, marks?: [number, number][]},
 *   fold?: {key: string, count: number, title: Record<string, string>, members: string[]},
 *   tenant: string, conversation_id: string, channel: string, title: Record<string, string>, opened_at: number,
 *   queue?: string, team?: string, agent_id?: string}} AlertMessage
 * @typedef {{message: AlertMessage, life: Life, node: Element, clearedAt: number | null}} Known
 */

/** What opened and cleared, and what was done about it. */
export class Alerts {
  /** @type {Map<string, Known>} */
  #known = new Map();
  /** @type {Map<string, Life>} what was heard of alerts that are not here yet */
  #lives = new Map();
  #changed = false;

  /**
   * @param {Language} language
   * @param {{filters: Filters, onShow: (message: AlertMessage) => void, onNew: (message: AlertMessage) => void}} around
   */
  constructor(language, { filters, onShow, onNew }) {
    this.language = language;
    this.filters = filters;
    this.onShow = onShow;
    this.onNew = onNew;
    this.list = the("alerts");
  }

  /** How many are open among those that are shown. */
  get open() {
    return [...this.#known.values()].filter((known) => known.clearedAt === null && this.#isShown(known)).length;
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

  /**
   * An alert opened or cleared; one that is told again, because it weighs more or has company, is no news.
   * @param {AlertMessage} message
   */
  apply(message) {
    const before = this.#known.has(message.alert.alert_id);
    this.#take(message);
    const known = this.#known.get(message.alert.alert_id);
    if (before || message.alert.state !== "opened" || !known || !this.#isShown(known)) return;
    known.node.classList.add("new");
    this.#announce(message);
    this.onNew(message);
  }

  /**
   * The budget keeps an alert back that was shown until now.
   * @param {AlertMessage} message
   */
  hold({ alert }) {
    this.#forget(alert.alert_id);
  }

  /**
   * What a supervisor did, here or elsewhere; an older tale of the same alert is not believed.
   * @param {Life} life
   */
  lived(life) {
    const known = this.#known.get(life.alert_id);
    if (!known) {
      this.#lives.set(life.alert_id, life);
      return;
    }
    if (life.revision < known.life.revision) return;
    known.life = life;
    this.#write(known);
  }

  /** Something about the choice of what is shown has changed. */
  choose() {
    this.#changed = true;
  }

  /**
   * Do something about the alert at which the reader is.
   * @param {"acknowledge" | "snooze"} action
   */
  press(action) {
    const card = document.activeElement?.closest(".alert");
    const button = (card ?? this.list.querySelector(".alert.opened"))?.querySelector(`[data-act="${action}"]`);
    if (button instanceof HTMLElement) button.click();
  }

  /** @param {Language} language */
  speak(language) {
    this.language = language;
    for (const known of this.#known.values()) this.#write(known);
  }

  /**
   * Put the list in order and let go of what is long over.
   * @param {number} now event time
   */
  draw(now) {
    const over = performance.now() - CLEARED_STAYS_MS;
    for (const [id, { clearedAt }] of this.#known) if (clearedAt !== null && clearedAt < over) this.#forget(id);
    for (const known of this.#known.values()) {
      if (known.life.state === "snoozed" && !sleeps(known.life)) {
        known.life = { ...known.life, state: "new" };
        this.#write(known);
      }
    }
    const resting = this.#resting();
    if (this.#changed && !resting) {
      place(this.list, this.#inOrder());
      this.#changed = false;
    }
    const shown = this.list.children.length;
    the("alerts-empty").hidden = shown > 0;
    the("alerts-order").textContent = this.language.say(resting && shown ? "conversations.paused" : "alerts.order");
    tell(this.list, now, this.language);
  }

  /** Nothing may move away from under a pointer that is about to press. */
  #resting() {
    return this.list.querySelector(".acts:hover, .acts :focus-visible") !== null;
  }

  #inOrder() {
    const folded = this.#folded();
    const known = [...this.#known.values()].filter((one) => this.#isShown(one) && !folded.has(one.message.alert.alert_id));
    known.sort((a, b) => stage(a) - stage(b) || weight(b) - weight(a) || b.message.opened_at - a.message.opened_at);
    return known.slice(0, MOST).map(({ node }) => node);
  }

  /** Of alerts with one cause, only the latest that says so stands in the column: it speaks for the others. */
  #folded() {
    /** @type {Map<string, Known>} */
    const speakers = new Map();
    const open = [...this.#known.values()].filter(({ message, clearedAt }) => message.fold && clearedAt === null);
    for (const known of open) {
      const key = known.message.fold?.key ?? "";
      const other = speakers.get(key);
      if (!other || (other.message.fold?.count ?? 0) <= (known.message.fold?.count ?? 0)) speakers.set(key, known);
    }
    const gone = new Set(open.map(({ message }) => message.alert.alert_id));
    for (const { message } of speakers.values()) {
      for (const member of message.fold?.members ?? []) gone.add(member);
    }
    for (const { message } of speakers.values()) gone.delete(message.alert.alert_id);
    return gone;
  }

  /** @param {Known} known */
  #isShown({ message }) {
    return this.filters.show(message, [message.alert.severity]);
  }

  /** @param {Known} known */
  #write(known) {
    const node = this.#node(known);
    const held = known.node.contains(document.activeElement) ? document.activeElement?.getAttribute("data-act") : null;
    known.node.replaceWith(node);
    known.node = node;
    this.#changed = true;
    const again = held ? (node.querySelector(`[data-act="${held}"]`) ?? node.querySelector(".act")) : null;
    if (again instanceof HTMLElement) again.focus({ preventScroll: true });
  }

  /** @param {AlertMessage} message */
  #take(message) {
    const id = message.alert.alert_id;
    const before = this.#known.get(id);
    const cleared = message.alert.state === "cleared";
    if (before?.clearedAt != null && cleared) return;
    this.filters.saw(message);
    const life = before?.life ?? this.#lives.get(id) ?? untouched(id);
    this.#lives.delete(id);
    const known = before ?? { message, life, node: document.createElement("li"), clearedAt: null };
    known.message = message;
    known.clearedAt = cleared ? performance.now() : null;
    if (cleared) known.life = { ...life, state: "cleared" };
    this.#known.set(id, known);
    this.#write(known);
  }

  /**
   * @param {Known} known
   * @param {import("./life.js").Act} action
   * @param {Record<string, string | number>} [more]
   */
  async #act(known, action, more) {
    const { life, said } = await act(known.life, action, more);
    if (life) this.lived(life);
    the("announce").textContent = this.language.say(said, { by: life?.by ?? "" });
    if (said.startsWith("life.done")) return;
    const trouble = el("p", { class: "trouble", role: "alert" }, this.language.say(said, { by: life?.by ?? "" }));
    known.node.querySelector(".trouble")?.remove();
    known.node.append(trouble);
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

  /**
   * The other conversations that a folded alert speaks for, as far as they are known here.
   * @param {AlertMessage} message
   */
  #members({ alert, fold }) {
    const others = (fold?.members ?? []).filter((id) => id !== alert.alert_id).map((id) => this.#known.get(id)).filter((one) => one !== undefined);
    if (!others.length) return null;
    return el("p", { class: "members" }, `${this.language.say("alerts.members")} `,
      ...others.map(({ message }) => {
        const button = el("button", { type: "button", class: "link", title: message.conversation_id }, foreign(short(message.conversation_id)));
        button.addEventListener("click", () => this.onShow(message));
        return button;
      }));
  }

  /** @param {Known} known */
  #node(known) {
    const { message, life, clearedAt } = known;
    const { alert, conversation_id, queue, channel, title, opened_at } = message;
    const language = this.language;
    const id = short(conversation_id);
    const show = el("button", { type: "button", class: "link", title: conversation_id }, foreign(id));
    show.setAttribute("aria-label", language.say("alerts.show", { id }));
    show.addEventListener("click", () => this.onShow(message));
    const cleared = clearedAt !== null;
    const state = cleared ? "cleared" : sleeps(life) ? "asleep" : life.state === "acknowledged" ? "taken" : "opened";
    return el(
      "li",
      { class: `alert ${severity(alert.severity)} ${state}`, "data-alert": alert.alert_id },
      el(
        "p",
        { class: "kind" },
        shape(cleared ? "cleared" : alert.severity),
        el("span", { class: "severity" }, language.name("severity", alert.severity)),
        cleared ? el("span", { class: "over" }, language.say("alerts.cleared")) : null,
        moment(opened_at, "ago"),
      ),
      el("h2", {}, foreign(language.of(message.fold && !cleared ? message.fold.title : title))),
      alert.sentence ? quoted(alert.sentence, alert.marks ?? []) : null,
      alert.cause ? cause(alert.sentence ? { ...alert.cause, words: "" } : alert.cause, language) : null,
      standing(life, language),
      el(
        "p",
        { class: "where" },
        shape(channel),
        el("span", {}, language.name("channel", channel)),
        foreign(queue ?? language.say("row.no_queue")),
        show,
      ),
      message.fold && !cleared ? this.#members(message) : null,
      actions(cleared ? { ...life, state: "cleared" } : life, language, (action, more) => void this.#act(known, action, more)),
    );
  }
}

/**
 * Where an alert stands in the column: nobody has it, somebody has it, it sleeps, it is over.
 * @param {Known} known
 */
function stage({ life, clearedAt }) {
  if (clearedAt !== null) return 3;
  if (sleeps(life)) return 2;
  return life.state === "acknowledged" ? 1 : 0;
}

/** @param {Known} known */
function weight({ message }) {
  return SEVERITIES.indexOf(severity(message.alert.severity));
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
