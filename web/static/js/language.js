// The page in Dutch or English: which of the two, its words, its numbers and its times.

export const LANGUAGES = ["nl", "en"];
const KEPT_AS = "klankbord.language";

/** What one language knows. */
export class Language {
  /** @type {Map<string, Intl.NumberFormat>} */
  #made = new Map();

  /**
   * @param {string} code
   * @param {Record<string, string>} words
   */
  constructor(code, words) {
    this.code = code;
    this.words = words;
    this.plurals = new Intl.PluralRules(code);
    this.relative = new Intl.RelativeTimeFormat(code, { style: "short" });
    this.names = new Intl.DisplayNames(code, { type: "language" });
  }

  /**
   * The words for `key` with the values put in; the key itself when there are none.
   * @param {string} key
   * @param {Record<string, string>} [values]
   */
  say(key, values = {}) {
    return (this.words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  }

  /**
   * @param {string} key
   * @param {number} n
   */
  count(key, n) {
    return this.say(`${key}.${this.plurals.select(n)}`, { n: this.number(n, 0) });
  }

  /**
   * The name of a thing from the wire (`signal`, `emotion`, `channel`, `severity`); what is new there is shown as it is.
   * @param {string} family
   * @param {string} kind
   */
  name(family, kind) {
    return this.words[`${family}.${kind}`] ?? kind;
  }

  /**
   * Text that comes in both languages.
   * @param {Record<string, string>} texts
   */
  of(texts) {
    return texts[this.code] ?? Object.values(texts)[0] ?? "";
  }

  /**
   * @param {number} value
   * @param {number} digits
   */
  number(value, digits) {
    const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    return this.#numbers(`${digits}`, { ...options, signDisplay: "negative" }).format(value).replace("-", "−");
  }

  /** @param {number} value in [0, 1] */
  share(value) {
    return this.#numbers("percent", { style: "percent", maximumFractionDigits: 0 }).format(value);
  }

  /** @param {number} seconds */
  duration(seconds) {
    const s = Math.max(0, Math.round(seconds));
    if (s < 60) return this.#unit(s, "second");
    if (s < 600) return [this.#unit(Math.floor(s / 60), "minute"), s % 60 ? this.#unit(s % 60, "second") : ""].join(" ").trim();
    if (s < 5400) return this.#unit(Math.round(s / 60), "minute");
    return s < 172_800 ? this.#unit(Math.round(s / 3600), "hour") : this.#unit(Math.round(s / 86_400), "day");
  }

  /** @param {number} seconds */
  ago(seconds) {
    const s = Math.max(0, Math.round(seconds));
    if (s < 60) return this.relative.format(-s, "second");
    if (s < 5400) return this.relative.format(-Math.floor(s / 60), "minute");
    return s < 172_800 ? this.relative.format(-Math.round(s / 3600), "hour") : this.relative.format(-Math.round(s / 86_400), "day");
  }

  /**
   * @param {number} value
   * @param {string} unit
   */
  #unit(value, unit) {
    return this.#numbers(unit, { style: "unit", unit, unitDisplay: "short" }).format(value);
  }

  /**
   * A formatter costs a hundred times as much to make as to use, and a full board writes hundreds of numbers at once.
   * @param {string} name
   * @param {Intl.NumberFormatOptions} options
   */
  #numbers(name, options) {
    const made = this.#made.get(name) ?? new Intl.NumberFormat(this.code, options);
    this.#made.set(name, made);
    return made;
  }
}

/** The language to start in: the address asks, else what was chosen before, else the browser's own. */
export function wanted() {
  const asked = new URLSearchParams(location.search).get("lang");
  const candidates = [asked, kept(), navigator.language.slice(0, 2)];
  return candidates.find((code) => code !== null && LANGUAGES.includes(code)) ?? "en";
}

/**
 * @param {string} code
 * @returns {Promise<Language>}
 */
export async function load(code) {
  const response = await fetch(`/static/i18n/${code}.json`);
  return new Language(code, await response.json());
}

/** @param {string} code */
export function keep(code) {
  try {
    localStorage.setItem(KEPT_AS, code);
  } catch {
    // Storage may be forbidden; then the choice lasts as long as the page.
  }
}

function kept() {
  try {
    return localStorage.getItem(KEPT_AS);
  } catch {
    return null;
  }
}
