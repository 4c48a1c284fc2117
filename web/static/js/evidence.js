// Why: the words or the amount behind a signal, as a person says it.

import { el, foreign } from "./dom.js";

/**
 * @typedef {import("./language.js").Language} Language
 * @typedef {{signal: string, strength: number, at: number, words?: string, amount?: number, utterance_id?: string}} Evidence
 */

/**
 * The unit of each signal's amount, as klankbord.signals says.
 * @type {Record<string, "seconds" | "count" | "share">}
 */
const UNITS = {
  long_wait: "seconds",
  hold: "seconds",
  dead_air: "seconds",
  talk_over: "seconds",
  repeat_contact: "count",
  transfer: "count",
  repetition: "share",
  reasked_question: "share",
  pace: "share",
};

/**
 * @param {Evidence} evidence
 * @param {Language} language
 */
export function amount({ signal, amount: value }, language) {
  if (value === undefined || value === null) return "";
  if (UNITS[signal] === "seconds") return language.say(`amount.${signal}`, { duration: language.duration(value) });
  if (UNITS[signal] === "count") return language.count(`amount.${signal}`, value);
  if (UNITS[signal] === "share") return language.say(`amount.${signal}`, { share: language.share(value) });
  return language.say("amount.unknown", { n: language.number(value, 1) });
}

/**
 * The signal's name, with what the customer said as a quote, or what happened as a fact.
 * @param {Evidence} evidence
 * @param {Language} language
 */
export function cause(evidence, language) {
  const fact = amount(evidence, language);
  return el(
    "div",
    { class: "cause" },
    evidence.words ? el("blockquote", {}, foreign(evidence.words, "words")) : null,
    el("p", { class: "signal" }, language.name("signal", evidence.signal), fact ? `: ${fact}` : null),
  );
}

/**
 * A sentence of the customer with the words that counted marked; `marks` count characters as Python does.
 * @param {string} sentence
 * @param {[number, number][]} marks
 */
export function quoted(sentence, marks) {
  const characters = Array.from(sentence); // code points: a JavaScript index counts an emoji as two
  const said = el("bdi", { class: "words" });
  let from = 0;
  for (const [start, end] of [...marks].sort((a, b) => a[0] - b[0])) {
    if (start < from || end <= start) continue;
    said.append(characters.slice(from, start).join(""), el("mark", {}, characters.slice(start, end).join("")));
    from = end;
  }
  said.append(characters.slice(from).join(""));
  return el("blockquote", { class: "sentence" }, said);
}

/**
 * The last characters of an id tell two conversations apart; the whole stands in its details.
 * @param {string} id
 */
export function short(id) {
  return id.length <= 14 ? id : `…${id.slice(-10)}`;
}

/**
 * A moment that the page keeps saying anew: `ago` or, with `style` for, how long.
 * @param {number} at
 * @param {"ago" | "for"} style
 * @param {string} [key] the words around it
 */
export function moment(at, style, key = "") {
  return el("time", { "data-at": String(at), "data-style": style, "data-key": key });
}

/**
 * Say all moments under `root` as they stand at `now`.
 * @param {ParentNode} root
 * @param {number} now
 * @param {Language} language
 */
export function tell(root, now, language) {
  for (const node of root.querySelectorAll("time[data-at]")) {
    const seconds = now - Number(node.getAttribute("data-at"));
    const text = node.getAttribute("data-style") === "ago" ? language.ago(seconds) : language.duration(seconds);
    const key = node.getAttribute("data-key");
    const said = key ? language.say(key, { for: text, ago: text }) : text;
    if (node.textContent !== said) node.textContent = said;
  }
}
