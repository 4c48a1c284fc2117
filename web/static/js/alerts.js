// The column of alerts: what nobody has taken yet first, then what is taken, asleep, and just over.

import { el, foreign, the } from "./dom.js";
import { cause, moment, quoted, short, tell } from "./evidence.js";
import { act, actions, sleeps, standing, tellSleep, untouched } from "./life.js";
import { severity, shape } from "./pictures.js";

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
 *   late?: boolean, queue?: string, team?: string, agent_id?: string}} AlertMessage
 * @typedef {{message: AlertMessage, life: Life, node: Element, clearedAt: number | null, news: boolean, trouble: string}} Known
 */

/** What opened and cleared, and what was done about it. */
export class Alerts {
  /** @type {Map<string, Known>} */
  #known = new Map();
  /** @type {Map<string, Life>} what was heard of alerts that are not here yet */
  #lives = new Map();
  /** @type {Set<Known>} whose cards are to be written anew */
  #stale = new Set();
  #changed = false;
  #chosen = false;

  /**
   * @param {Language} language
   * @param {{filters: Filters, onShow: (message: AlertMessage) => void, onNew: (message: AlertMessage) => void,
   *   onChange: () => void}} around
   */
  constructor(language, { filters, onShow, onNew, onChange }) {
    this.language = language;
    this.filters = filters;
    this.onShow = onShow;
    this.onNew = onNew;
    this.onChange = onChange;
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

  /** Nothing of it may be seen any more, not even under a pointer that rests there. */
  clear() {
    this.#known.clear();
    this.#lives.clear();
    this.#stale.clear();
    this.list.replaceChildren();
  }

  /**
   * An alert opened or cleared; one that is told again, because it weighs more or has company, is no news, and one
   * that comes late is news only where it is critical.
   * @param {AlertMessage} message
   */
  apply(message) {
    const before = this.#known.has(message.alert.alert_id);
    this.#take(message);
    const known = this.#known.get(message.alert.alert_id);
    // Nobody draws a page that nobody sees, so it would keep what is long over.
    if (document.hidden) this.#expire();
    if (before || message.alert.state !== "opened" || !known || !this.#isShown(known)) return;
    if (message.late && message.alert.severity !== "critical") return;
    known.news = true;
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
    if (life.revision < known.life.revision || (life.revision === known.life.revision && life.state === known.life.state)) return;
    known.life = life;
    this.#write(known);
  }

  /** Something about the choice of what is shown has changed: the order may move, for the reader asked for it. */
  choose() {
    this.#changed = true;
    this.#chosen = true;
  }

  /**
   * Do something about the alert at which the reader is, or about that of the conversation at which they are.
   * @param {"acknowledge" | "snooze"} action
   */
  press(action) {
    const at = document.activeElement;
    const row = at?.closest("#rows > li")?.getAttribute("data-key");
    const cards = [...this.list.querySelectorAll(".alert.opened")];
    const card = at?.closest("#alerts > li") ?? (row ? cards.find((one) => one.getAttribute("data-row") === row) : cards[0]);
    const button = card?.querySelector(`[data-act="${action}"]`);
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
    const resting = this.#resting();
    if (!resting) this.#expire();
    for (const known of this.#known.values()) {
      if (known.life.state === "snoozed" && !sleeps(known.life)) {
        known.life = { ...known.life, state: "new" };
        this.#write(known);
      }
    }
    for (const known of this.#stale) this.#render(known);
    this.#stale.clear();
    if (this.#changed && resting && !this.#chosen) this.#append();
    else if (this.#changed) this.#place();
    const shown = this.list.children.length;
    the("alerts-empty").hidden = shown > 0;
    the("alerts-order").textContent = this.language.say(resting && shown ? "conversations.paused" : "alerts.order");
    tell(this.list, now, this.language);
    tellSleep(this.list, this.language);
  }

  /** Nothing may move away from under a pointer that is about to press. */
  #resting() {
    return this.list.querySelector(".acts:hover, button:hover") !== null;
  }

  #place() {
    const focused = document.activeElement;
    place(this.list, this.#inOrder());
    this.#changed = false;
    this.#chosen = false;
    // A node that is moved loses the focus, though it is still the one the reader was at.
    if (focused instanceof HTMLElement && focused !== document.activeElement && this.list.contains(focused)) {
      focused.focus({ preventScroll: true });
    }
  }

  /** While the order rests, what is new comes at the end: nothing moves, and nothing is hidden. */
  #append() {
    for (const node of this.#inOrder()) if (!node.isConnected) this.list.append(node);
  }

  #expire() {
    const over = performance.now() - CLEARED_STAYS_MS;
    for (const [id, { clearedAt }] of this.#known) if (clearedAt !== null && clearedAt < over) this.#forget(id);
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
    // Only what is shown can speak for others: what a filter leaves out would hide them too.
    const open = [...this.#known.values()].filter((known) => known.message.fold && known.clearedAt === null && this.#isShown(known));
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
    this.#stale.add(known);
    this.#changed = true;
  }

  /** @param {Known} known */
  #render(known) {
    const node = this.#node(known);
    known.news = false;
    const held = known.node.contains(document.activeElement) ? document.activeElement?.getAttribute("data-act") : null;
    known.node.replaceWith(node);
    known.node = node;
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
    const known = before ?? { message, life, node: document.createElement("li"), clearedAt: null, news: false, trouble: "" };
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
    const done = said.startsWith("life.done");
    const words = this.language.say(said, { by: life?.by ?? "" });
    if (done) the("announce").textContent = words;
    known.trouble = done ? "" : words;
    this.#write(known);
    this.onChange();
  }

  /** @param {string} id */
  #forget(id) {
    const known = this.#known.get(id);
    if (!known) return;
    // Its card goes when the column is put in order: not while a pointer is about to press what stands below.
    this.#known.delete(id);
    this.#stale.delete(known);
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
      { class: `alert ${severity(alert.severity)} ${state}${known.news ? " new" : ""}`, "data-alert": alert.alert_id,
        "data-row": `${message.tenant}/${conversation_id}` },
      el(
        "p",
        { class: "kind" },
        shape(cleared ? "cleared" : alert.severity),
        el("span", { class: "severity" }, language.name("severity", alert.severity)),
        cleared ? el("span", { class: "over" }, language.say("alerts.cleared")) : null,
        message.late && !cleared ? el("span", { class: "late", title: language.say("alerts.late.why") }, language.say("alerts.late")) : null,
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
      known.trouble ? el("p", { class: "trouble", role: "alert" }, foreign(known.trouble)) : null,
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
 * Make the children of `list` these, in this order, touching only what stands elsewhere.
 * @param {Element} list
 * @param {Element[]} nodes
 */
export function place(list, nodes) {
  const wanted = new Set(nodes);
  for (const node of [...list.children]) if (!wanted.has(node)) node.remove();
  nodes.forEach((node, i) => {
    if (list.children[i] !== node) list.insertBefore(node, list.children[i] ?? null);
  });
}
