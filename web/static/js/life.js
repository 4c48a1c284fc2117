// The life of an alert, which all supervisors share: who took it, until when it sleeps, and whether it was right.

import { el, foreign, the } from "./dom.js";
import { ask, write } from "./session.js";

/**
 * @typedef {import("./language.js").Language} Language
 * @typedef {{alert_id: string, revision: number, state: "new" | "acknowledged" | "snoozed" | "cleared", by?: string | null,
 *   assigned_to?: string | null, snoozed_until?: number | null, mark?: "right" | "wrong" | null, reason?: string, at: number}} Life
 * @typedef {"acknowledge" | "release" | "assign" | "snooze" | "right" | "wrong"} Act
 */

const SNOOZE_S = 600;

/** @param {string} id an alert nobody has touched */
export const untouched = (id) => /** @type {Life} */ ({ alert_id: id, revision: 0, state: "new", at: 0 });

/**
 * Whether an alert sleeps now.
 * @param {Life} life
 */
export function sleeps(life) {
  return life.state === "snoozed" && (life.snoozed_until ?? 0) * 1000 > Date.now();
}

/**
 * Do something about an alert as it was seen; what stands afterwards, also where somebody else was first.
 * @param {Life} life
 * @param {Act} action
 * @param {Record<string, string | number>} [more]
 * @returns {Promise<{life: Life | null, said: string}>} `said` is the key of what to tell the reader
 */
export async function act(life, action, more = {}) {
  const url = `/api/alerts/${encodeURIComponent(life.alert_id)}/life`;
  try {
    const to = action === "assign" && !more.to ? { to: await myName() } : {};
    const answer = await write(url, { action, revision: life.revision, ...to, ...more });
    if (answer.ok) return { life: await answer.json(), said: `life.done.${more.to ? "give" : action}` };
    if (answer.status === 409) return { life: await answer.json(), said: "life.first" };
    return { life: null, said: answer.status === 403 ? "life.refused" : answer.status === 404 ? "life.gone" : "life.failed" };
  } catch {
    return { life: null, said: "life.failed" };
  }
}

/** @type {Promise<string> | null} */
let me = null;

/** Who looks at this page, by the name that the others see. */
function myName() {
  me ??= ask("/api/me").then(async (answer) => (answer.ok ? (await answer.json()).name : ""));
  return me;
}

/**
 * How the alert stands, in words; nothing while nobody has touched it.
 * @param {Life} life
 * @param {Language} language
 */
export function standing(life, language) {
  const parts = [];
  const who = foreign(life.by ?? "", "by");
  if (life.assigned_to) parts.push(el("span", {}, `${language.say("life.assigned")} `, foreign(life.assigned_to, "by")));
  else if (life.state === "acknowledged") parts.push(el("span", {}, `${language.say("life.acknowledged")} `, who));
  if (sleeps(life)) parts.push(el("span", { "data-until": String(life.snoozed_until) }, asleep(life.snoozed_until ?? 0, language)));
  if (life.mark) parts.push(el("span", {}, language.say(`life.${life.mark}`)));
  return parts.length ? el("p", { class: "life" }, ...parts) : null;
}

/**
 * Say anew how long what sleeps will do so.
 * @param {ParentNode} root
 * @param {Language} language
 */
export function tellSleep(root, language) {
  for (const node of root.querySelectorAll("[data-until]")) {
    const text = asleep(Number(node.getAttribute("data-until")), language);
    if (node.textContent !== text) node.textContent = text;
  }
}

/**
 * @param {number} until by the wall clock: a person sets it, not an event
 * @param {Language} language
 */
function asleep(until, language) {
  return language.say("life.snoozed", { for: language.duration(until - Date.now() / 1000) });
}

/**
 * What can be done about it.
 * @param {Life} life
 * @param {Language} language
 * @param {(action: Act, more?: Record<string, string | number>) => void} onAct
 */
export function actions(life, language, onAct) {
  /** @param {string} name @param {() => void} onClick */
  const asking = (name, onClick) => {
    const made = el("button", { type: "button", class: "act", "data-act": name }, language.say(`life.do.${name}`));
    made.addEventListener("click", onClick);
    return made;
  };
  /** @param {Act} action @param {Record<string, string | number>} [more] */
  const button = (action, more) => asking(action, () => onAct(action, more));
  const taken = life.state === "acknowledged" || life.state === "snoozed";
  const made = [];
  if (life.state !== "cleared") {
    made.push(taken ? button("release") : button("acknowledge"));
    made.push(button("assign"));
    made.push(asking("give", async () => {
      const to = await askName();
      if (to) onAct("assign", { to });
    }));
    if (!sleeps(life)) made.push(button("snooze", { for_s: SNOOZE_S }));
  }
  if (life.mark !== "right") made.push(button("right"));
  if (life.mark !== "wrong") {
    made.push(asking("wrong", async () => {
      const reason = await askReason(language);
      if (reason) onAct("wrong", { reason });
    }));
  }
  return el("p", { class: "acts", role: "group", "aria-label": language.say("life.actions") }, ...made);
}

const REASONS = ["not_upset", "joking", "solved", "misread", "known", "unimportant"];

/**
 * Why an alert was wrong: one of a few reasons, or words of one's own.
 * @param {Language} language
 * @returns {Promise<string>} empty when the reader went back
 */
async function askReason(language) {
  const list = the("wrong-reasons");
  list.replaceChildren(
    ...REASONS.map((reason, i) => {
      const radio = el("input", { type: "radio", name: "reason", value: reason, id: `reason-${i}` });
      if (!i) radio.setAttribute("checked", "");
      return el("label", { for: `reason-${i}` }, radio, language.say(`wrong.${reason}`));
    }),
  );
  const words = await answered("wrong", "wrong-words");
  if (words === null) return "";
  const chosen = /** @type {HTMLInputElement | null} */ (list.querySelector("input:checked"))?.value ?? "";
  return words || chosen;
}

/**
 * Who is to take it, by the name that person logs in with.
 * @returns {Promise<string>} empty when the reader went back or named nobody
 */
async function askName() {
  return (await answered("give", "give-to")) ?? "";
}

/**
 * What is written in the one field of a dialog when it is sent; null when the reader went back.
 * @param {string} id
 * @param {string} field
 */
async function answered(id, field) {
  const dialog = /** @type {HTMLDialogElement} */ (the(id));
  const words = /** @type {HTMLInputElement} */ (the(field));
  words.value = "";
  dialog.returnValue = "";
  const over = new AbortController();
  the(`${id}-back`).addEventListener("click", () => dialog.close(), { signal: over.signal });
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  over.abort();
  return dialog.returnValue === "send" ? words.value.trim() : null;
}
