// The proof of a conversation's alerts: asked for when somebody opens the conversation, because every look is noted down.

import { el, foreign } from "./dom.js";
import { cause, moment, quoted } from "./evidence.js";
import { shape } from "./pictures.js";
import { authorised } from "./session.js";

/**
 * @typedef {import("./language.js").Language} Language
 * @typedef {import("./evidence.js").Evidence} Evidence
 * @typedef {{alert: {alert_id: string, rule: string, severity: string, rule_version?: string, state: string, at: number,
 *   causes?: Evidence[], cause?: Evidence, sentence?: string, marks?: [number, number][], until?: string,
 *   clears?: Record<string, string>}, title: Record<string, string>, opened_at: number, cleared_at?: number}} Proof
 */

/**
 * @param {string} conversation_id
 * @returns {Promise<{proofs: Proof[], failed: boolean}>}
 */
export async function proofsOf(conversation_id) {
  try {
    const answer = await authorised(`/api/conversations/${encodeURIComponent(conversation_id)}`);
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
  const clears = alert.clears ? language.of(alert.clears) : (alert.until ?? "");
  return el("li", { class: `proof ${alert.severity}`, "data-utterance": causes[0]?.utterance_id ?? "" },
    el("p", { class: "kind" }, shape(alert.severity), foreign(language.of(title)), moment(opened_at, "ago")),
    spoken,
    ...causes.map((found, i) => cause(spoken && !i ? { ...found, words: "" } : found, language)),
    clears ? el("p", { class: "clears" }, `${language.say("proof.clears")} `, el("code", {}, clears)) : null,
    el("p", { class: "rule" }, language.say("proof.rule", { rule: alert.rule, version: alert.rule_version ?? "" })));
}
