// The proof of a conversation's alerts: asked for when somebody opens the conversation, because every look is noted down.

import { el, foreign } from "./dom.js";
import { cause, moment, quoted } from "./evidence.js";
import { line, severity, shape } from "./pictures.js";
import { ask } from "./session.js";

/**
 * @typedef {import("./language.js").Language} Language
 * @typedef {import("./evidence.js").Evidence} Evidence
 * @typedef {{alert: {alert_id: string, rule: string, severity: string, rule_version?: string, state: string, at: number,
 *   causes?: Evidence[], cause?: Evidence, sentence?: string, marks?: [number, number][],
 *   path_of?: string, path?: [number, number][], until?: string, numbers?: Record<string, number>},
 *   title: Record<string, string>, opened_at: number}} Proof
 */

/**
 * The scale of each score that a path may be of, and where it has nothing to say.
 * @type {Record<string, {low: number, high: number, base: number, kind: string}>}
 */
const SCALES = {
  effort: { low: 1, high: 7, base: 1, kind: "hardship" },
  valence: { low: -1, high: 1, base: 0, kind: "valence" },
};

/**
 * @param {string} conversation_id
 * @returns {Promise<{proofs: Proof[], failed: boolean}>}
 */
export async function proofsOf(conversation_id) {
  try {
    const answer = await ask(`/api/conversations/${encodeURIComponent(conversation_id)}`);
    if (answer.ok) return { proofs: (await answer.json()).alerts ?? [], failed: false };
  } catch {
    // Said on the page as well.
  }
  return { proofs: [], failed: true };
}

/**
 * Each alert with the sentence in which it was heard, everything that counted, and what would clear it.
 * @param {Proof[]} proofs
 * @param {Language} language
 */
export function proofList(proofs, language) {
  const ordered = [...proofs].sort((a, b) => b.opened_at - a.opened_at);
  return el("ol", { class: "proofs" }, ...ordered.map((proof) => one(proof, language)));
}

/**
 * @param {Proof} proof
 * @param {Language} language
 */
function one({ alert, title, opened_at }, language) {
  const causes = alert.causes?.length ? alert.causes : alert.cause ? [alert.cause] : [];
  const spoken = alert.sentence ? quoted(alert.sentence, alert.marks ?? []) : null;
  const over = alert.until
    ? [`${language.say("proof.clears")} `, el("code", {}, condition(alert.until, alert.numbers ?? {}, language))]
    : [language.say("proof.ends")];
  return el("li", { class: `proof ${severity(alert.severity)}`, "data-utterance": causes[0]?.utterance_id ?? "" },
    el("p", { class: "kind" }, shape(alert.severity), foreign(language.of(title)), moment(opened_at, "ago")),
    spoken,
    ...causes.map((found, i) => cause(spoken && (!i || alert.sentence?.includes(found.words ?? "")) ? { ...found, words: "" } : found, language)),
    path(alert.path_of ?? "", alert.path ?? [], language),
    el("p", { class: "clears" }, ...over),
    el("p", { class: "rule" }, language.say("proof.rule", { rule: alert.rule, version: alert.rule_version ?? "" })));
}

/**
 * A rule's condition with its own numbers put in.
 * @param {string} text
 * @param {Record<string, number>} numbers
 * @param {Language} language
 */
function condition(text, numbers, language) {
  return text.replace(/[A-Za-z_][\w.]*/g, (name) => (Object.hasOwn(numbers, name) ? language.number(numbers[name], digits(numbers[name])) : name));
}

/** @param {number} value */
function digits(value) {
  return Number.isInteger(value) ? 0 : String(value).split(".")[1].length;
}

/**
 * How the score came to where the rule took notice.
 * @param {string} of
 * @param {[number, number][]} points
 * @param {Language} language
 */
function path(of, points, language) {
  const scale = Object.hasOwn(SCALES, of) ? SCALES[of] : null;
  if (!scale || points.length < 2) return null;
  const name = language.say(of);
  const [first, last] = [points[0][1], points[points.length - 1][1]].map((value) => language.number(value, 1));
  return el("p", { class: "path" }, el("span", {}, `${name} ${first} → ${last}`),
    line({ points, ...scale, label: language.say(`picture.${of}`, { first, last }) }));
}
