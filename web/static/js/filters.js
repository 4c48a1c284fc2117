// What of the floor is shown: team, queue, channel, severity and a word to look for, kept in the address.

import { el, the } from "./dom.js";

/**
 * @typedef {import("./language.js").Language} Language
 * @typedef {"team" | "queue" | "channel" | "severity"} Field
 * @typedef {{team?: string, queue?: string, channel: string, conversation_id: string}} Placed
 */

/** @type {Field[]} */
const FIELDS = ["team", "queue", "channel", "severity"];
const SEVERITIES = ["critical", "warning", "info"];
const LONGEST = 100;

/** The choice, and what there is to choose from. */
export class Filters {
  /** @type {Record<string, string>} */
  #chosen = {};
  /** @type {Record<string, Set<string>>} */
  #seen = { team: new Set(), queue: new Set(), channel: new Set() };
  #stale = true;

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.onChange = onChange;
    const asked = new URLSearchParams(location.search);
    for (const field of [...FIELDS, "find"]) this.#chosen[field] = (asked.get(field) ?? "").slice(0, LONGEST);
    for (const field of FIELDS) the(`filter-${field}`).addEventListener("change", () => this.#choose(field));
    the("find").addEventListener("input", () => this.#choose("find"));
    input("find").value = this.#chosen.find;
    the("filters-clear").addEventListener("click", () => this.clear());
  }

  /** Whether anything is left out. */
  get on() {
    return Object.values(this.#chosen).some(Boolean);
  }

  /** Show everything again. */
  clear() {
    for (const field of [...FIELDS, "find"]) {
      this.#chosen[field] = "";
      input(field === "find" ? "find" : `filter-${field}`).value = "";
    }
    this.#tell();
  }

  /**
   * A place that conversations are in: it can be chosen from now on.
   * @param {Placed} placed
   */
  saw(placed) {
    for (const [field, seen] of Object.entries(this.#seen)) {
      const value = placed[/** @type {"team" | "queue" | "channel"} */ (field)];
      if (value && !seen.has(value)) {
        seen.add(value);
        this.#stale = true;
      }
    }
  }

  /**
   * Whether something at this place, with these severities, is shown.
   * @param {Placed} placed
   * @param {string[]} severities
   */
  show(placed, severities) {
    const { team, queue, channel, severity, find } = this.#chosen;
    return (
      (!team || placed.team === team) &&
      (!queue || placed.queue === queue) &&
      (!channel || placed.channel === channel) &&
      (!severity || severities.includes(severity)) &&
      (!find || placed.conversation_id.toLowerCase().includes(find.toLowerCase()))
    );
  }

  /** @param {Language} language */
  speak(language) {
    this.language = language;
    this.#stale = true;
    this.draw();
  }

  /** Offer what can be chosen; a choice that nothing is in now stays on offer. */
  draw() {
    the("filters-clear").hidden = !this.on;
    if (!this.#stale || !this.language) return;
    this.#stale = false;
    for (const field of FIELDS) {
      const chosen = this.#chosen[field];
      const values = field === "severity" ? SEVERITIES : [...new Set([...this.#seen[field], ...(chosen ? [chosen] : [])])].sort();
      const options = values.map((value) => el("option", { value }, this.#name(field, value)));
      the(`filter-${field}`).replaceChildren(el("option", { value: "" }, this.language.say(`filter.${field}.all`)), ...options);
      input(`filter-${field}`).value = chosen;
    }
  }

  /**
   * @param {Field} field
   * @param {string} value
   */
  #name(field, value) {
    return field === "channel" || field === "severity" ? (this.language?.name(field, value) ?? value) : value;
  }

  /** @param {string} field */
  #choose(field) {
    this.#chosen[field] = input(field === "find" ? "find" : `filter-${field}`).value.slice(0, LONGEST);
    this.#tell();
  }

  #tell() {
    const address = new URL(location.href);
    for (const [field, value] of Object.entries(this.#chosen)) {
      if (value) address.searchParams.set(field, value);
      else address.searchParams.delete(field);
    }
    history.replaceState(null, "", address);
    this.onChange();
  }
}

/** @param {string} id */
function input(id) {
  return /** @type {HTMLInputElement} */ (the(id));
}
