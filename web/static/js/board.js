// The open conversations, worst first, in an order that does not run away from under the pointer.

import { place } from "./alerts.js";
import { the } from "./dom.js";
import { tell } from "./evidence.js";
import { RowView } from "./row.js";

const RESORT_MS = 2000;
const MOST = 100; // nobody reads further down; a floor of a thousand must not slow the page

/**
 * @typedef {import("./language.js").Language} Language
 * @typedef {import("./row.js").Row} Row
 * @typedef {import("./filters.js").Filters} Filters
 */

/** @param {{tenant: string, conversation_id: string}} row */
export const keyOf = (row) => `${row.tenant}/${row.conversation_id}`;

/** All rows, and views of the worst of them. */
export class Board {
  /** @type {Map<string, Row>} */
  #rows = new Map();
  /** @type {Map<string, RowView>} */
  #views = new Map();
  /** @type {Set<string>} */
  #changed = new Set();
  #sortedAt = -RESORT_MS;
  #moved = false;
  #made = 0;
  #chosen = false;
  /** How many conversations are open among those that are shown, when it was drawn last. */
  open = 0;

  /**
   * @param {Language} language
   * @param {Filters} filters
   */
  constructor(language, filters) {
    this.language = language;
    this.filters = filters;
    this.list = the("rows");
  }

  /** Something about the choice of what is shown has changed: the order may move, for the reader asked for it. */
  choose() {
    this.#chosen = true;
  }

  /** @param {Row[]} rows */
  reset(rows) {
    this.#rows = new Map(rows.map((row) => [keyOf(row), row]));
    this.#changed = new Set(this.#rows.keys());
    for (const row of rows) this.filters.saw(row);
    this.#moved = true;
    this.#sortedAt = -RESORT_MS;
  }

  /** Nothing of it may be seen any more, not even under a pointer that rests there. */
  clear() {
    this.#rows.clear();
    this.#views.clear();
    this.#changed.clear();
    this.list.replaceChildren();
  }

  /** @param {Row} row */
  apply(row) {
    const key = keyOf(row);
    // What nobody sees needs no farewell; a page in the background would keep the whole day.
    if (row.state === "ended" && !this.#views.has(key)) {
      this.#rows.delete(key);
      return;
    }
    this.filters.saw(row);
    this.#rows.set(key, row);
    this.#changed.add(key);
    this.#moved = true;
  }

  /** @param {Language} language */
  speak(language) {
    this.language = language;
    this.#changed = new Set(this.#rows.keys());
  }

  /**
   * Write what changed, and sort when that is due and nobody is about to click.
   * @param {number} now event time
   */
  draw(now) {
    const resting = this.#resting();
    if (this.#chosen || (this.#moved && !resting && performance.now() - this.#sortedAt >= RESORT_MS)) this.#sort();
    else if (this.#moved && resting) this.#append();
    this.#chosen = false;
    for (const key of this.#changed) {
      const row = this.#rows.get(key);
      if (row) this.#views.get(key)?.show(row, this.language);
    }
    this.#changed.clear();
    the("order").textContent = this.language.say(resting ? "conversations.paused" : "conversations.order");
    the("order").classList.toggle("paused", resting);
    this.open = 0;
    for (const row of this.#rows.values()) if (row.state === "open" && this.#isShown(row)) this.open += 1;
    the("rows-empty").hidden = this.#rows.size > 0;
    the("rows-none").hidden = this.#rows.size === 0 || this.open > 0;
    const more = Math.max(0, this.open - this.#views.size);
    the("rows-more").hidden = more <= 0;
    the("rows-more").textContent = this.language.count("conversations.more", more);
    tell(this.list, now, this.language);
  }

  /**
   * Bring a conversation into view and open it, at the turn that caused an alert where that is known.
   * @param {string} conversation_id
   * @param {string} [turn]
   */
  reveal(conversation_id, turn = "") {
    const row = [...this.#rows.values()].find((one) => one.conversation_id === conversation_id);
    if (!row) return false;
    const key = keyOf(row);
    if (!this.#isShown(row)) this.filters.clear();
    const view = this.#views.get(key) ?? this.#view(key);
    if (!view.node.isConnected) this.list.prepend(view.node);
    view.show(row, this.language);
    view.open(true, turn);
    view.node.scrollIntoView({ block: "nearest" });
    focus(view.toggle);
    return true;
  }

  /** @param {Row} row */
  #isShown(row) {
    return this.filters.show(row, (row.alerts ?? []).map(({ severity }) => severity));
  }

  /**
   * Move the focus by so many rows.
   * @param {1 | -1} step
   */
  move(step) {
    const toggles = [...this.list.querySelectorAll(".toggle")];
    const at = toggles.findIndex((toggle) => toggle.closest("li")?.contains(document.activeElement));
    const next = toggles[at < 0 ? 0 : Math.min(toggles.length - 1, Math.max(0, at + step))];
    if (next) focus(next);
    next?.closest("li")?.scrollIntoView({ block: "nearest" });
  }

  #resting() {
    if (!this.list.children.length) return false;
    return this.list.matches(":hover") || this.list.querySelector(":focus-visible") !== null;
  }

  #sort() {
    for (const [key, row] of this.#rows) if (row.state === "ended") this.#rows.delete(key);
    const all = [...this.#rows.values()].filter((row) => this.#isShown(row)).sort(worstFirst);
    // What a reader has opened stays, however far down it has sunk.
    const rows = all.filter((row, i) => i < MOST || this.#views.get(keyOf(row))?.details.hidden === false);
    const keys = new Set(rows.map(keyOf));
    for (const key of this.#views.keys()) if (!keys.has(key)) this.#views.delete(key);
    const focused = document.activeElement;
    place(this.list, rows.map((row) => this.#view(keyOf(row)).node));
    // A node that is moved loses the focus, though it is still the one the reader was at.
    if (focused instanceof HTMLElement && focused !== document.activeElement && this.list.contains(focused)) focus(focused);
    this.#sortedAt = performance.now();
    this.#moved = false;
  }

  /** What is new comes at the end while the order rests: nothing moves under the pointer, and nothing is hidden. */
  #append() {
    for (const [key, row] of this.#rows) {
      if (this.#views.size >= MOST) return;
      if (row.state === "open" && this.#isShown(row) && !this.#views.has(key)) this.list.append(this.#view(key).node);
    }
  }

  /** @param {string} key */
  #view(key) {
    const view = this.#views.get(key) ?? new RowView(key, ++this.#made);
    if (!view.row) this.#changed.add(key);
    this.#views.set(key, view);
    return view;
  }
}

/**
 * @param {Row} a
 * @param {Row} b
 */
function worstFirst(a, b) {
  return b.risk - a.risk || a.started_at - b.started_at || a.conversation_id.localeCompare(b.conversation_id);
}

/** @param {Element} element */
function focus(element) {
  if (element instanceof HTMLElement) element.focus({ preventScroll: true });
}
