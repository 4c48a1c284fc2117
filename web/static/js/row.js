// One conversation on the board: its line, and its details when it is opened.

import { el, foreign } from "./dom.js";
import { amount, moment, short } from "./evidence.js";
import { bar, gauge, line, severity, shape } from "./pictures.js";
import { proofList, proofsOf } from "./proof.js";
import { story } from "./story.js";

const NAMED = 2; // emotions and effort parts that a line names
const AGAIN_MS = 5000; // after a failure, before the proof is asked for once more
const VISIBLE = 0.05; // less than this is nothing a person should act on

/**
 * @typedef {import("./language.js").Language} Language
 * @typedef {import("./evidence.js").Evidence} Evidence
 * @typedef {{alert_id: string, rule: string, severity: string, title: Record<string, string>}} Badge
 * @typedef {{
 *   tenant: string, conversation_id: string, channel: string, state: "open" | "ended", at: number, started_at: number,
 *   valence: number, effort: number, risk: number, emotions?: Record<string, number>,
 *   effort_parts?: Record<string, number>, churn?: number, needs?: string[], evidence?: Evidence[], timeline?: [number, number, number][],
 *   alerts?: Badge[], reason?: Record<string, string>, waiting_since?: number, queue?: string, team?: string, agent_id?: string, language?: string}} Row
 */

/** The view of one row. Its frame stays, so that focus does; what it holds is written anew. */
export class RowView {
  /**
   * @param {string} key
   * @param {number} number makes ids that no conversation can choose
   */
  constructor(key, number) {
    this.key = key;
    const details = `details-${number}`;
    this.toggle = el("button", { type: "button", class: "toggle", "aria-expanded": "false", "aria-controls": details });
    this.toggle.append(el("span", { class: "chevron", "aria-hidden": "true" }));
    this.line = el("div", { class: "cells" });
    this.details = el("div", { class: "details", id: details });
    this.details.hidden = true;
    const head = el("div", { class: "head" }, this.line, this.toggle);
    head.addEventListener("click", () => {
      if (!getSelection()?.toString()) this.open(this.details.hidden);
    });
    this.node = el("li", { class: "row", "data-key": key }, head, this.details);
    /** @type {Row | null} */
    this.row = null;
    /** @type {Language | null} */
    this.language = null;
    /** @type {import("./proof.js").Proof[]} */
    this.proofs = [];
    this.proofFailed = false;
    this.#askedFor = "";
  }

  #askedFor;
  #failedAt = 0;
  #turn = "";
  #sought = false;

  /**
   * @param {Row} row
   * @param {Language} language
   */
  show(row, language) {
    this.row = row;
    this.language = language;
    const worst = worstOf(row.alerts ?? []);
    this.node.className = `row ${worst ?? "calm"}${row.state === "ended" ? " ended" : ""}`;
    this.toggle.setAttribute("aria-label", language.say("row.expand", { id: short(row.conversation_id) }));
    this.line.replaceChildren(...cells(row, language));
    this.#write();
  }

  /**
   * @param {boolean} open
   * @param {string} [turn] the utterance whose alert is meant
   */
  open(open, turn = "") {
    this.#turn = turn;
    this.#sought = !turn;
    this.details.hidden = !open;
    this.toggle.setAttribute("aria-expanded", String(open));
    if (!open) this.#askedFor = "";
    this.#write();
    this.#tell(open);
  }

  /** @param {boolean} open */
  #tell(open) {
    const opened = open ? (this.row?.conversation_id ?? "") : "";
    this.node.dispatchEvent(new CustomEvent("opened", { bubbles: true, detail: { opened, turn: this.#turn } }));
  }

  #write() {
    if (this.details.hidden || !this.row || !this.language) {
      this.details.replaceChildren();
      return;
    }
    // What the reader has opened inside stays open when the numbers change.
    const unfolded = this.details.querySelector("details[open]") !== null;
    const focused = this.details.querySelector("summary:focus") !== null;
    this.details.replaceChildren(...details(this.row, this, this.language));
    if (unfolded) this.details.querySelector("details")?.setAttribute("open", "");
    if (focused) this.details.querySelector("summary")?.focus({ preventScroll: true });
    this.#seek();
    void this.#prove(this.row);
  }

  /** The turn that a link is to stands out, and comes into view once. */
  #seek() {
    const meant = this.#turn ? this.details.querySelector(`[data-utterance="${CSS.escape(this.#turn)}"]`) : null;
    meant?.classList.add("meant");
    if (meant && !this.#sought) meant.scrollIntoView({ block: "center" });
    this.#sought ||= meant !== null;
  }

  /**
   * Ask for the proof when it is not that of the alerts that are open now.
   * @param {Row} row
   */
  async #prove(row) {
    const wanted = `${row.conversation_id} ${(row.alerts ?? []).map(({ alert_id }) => alert_id).join(" ")}`;
    if (wanted === this.#askedFor && (!this.proofFailed || performance.now() - this.#failedAt < AGAIN_MS)) return;
    this.#askedFor = wanted;
    const { proofs, failed } = await proofsOf(row.conversation_id);
    if (wanted !== this.#askedFor) return;
    [this.proofs, this.proofFailed, this.#failedAt] = [proofs, failed, performance.now()];
    this.#write();
    this.node.dispatchEvent(new Event("proved", { bubbles: true }));
  }
}

/** @param {Badge[]} badges */
function worstOf(badges) {
  return ["critical", "warning", "info"].find((word) => badges.some((badge) => severity(badge.severity) === word));
}

/**
 * The largest first, without what is too small to mean anything.
 * @param {Record<string, number>} [values]
 * @returns {[string, number][]}
 */
function largest(values = {}) {
  return Object.entries(values)
    .filter(([, value]) => value >= VISIBLE)
    .sort((a, b) => b[1] - a[1]);
}

/**
 * @param {Row} row
 * @param {Language} language
 */
function cells(row, language) {
  return [risk(row, language), who(row, language), emotion(row, language), effort(row, language), badges(row, language)];
}

/**
 * @param {Row} row
 * @param {Language} language
 */
function risk(row, language) {
  return el(
    "div",
    { class: "cell risk" },
    el("span", { class: "label" }, language.say("risk")),
    el("strong", {}, language.number(100 * row.risk, 0)),
    gauge(row.risk, "gauge"),
  );
}

/**
 * @param {Row} row
 * @param {Language} language
 */
function who(row, language) {
  return el(
    "div",
    { class: "cell who" },
    el("p", { class: "first" }, shape(row.channel), el("span", {}, language.name("channel", row.channel)),
      foreign(row.queue ?? language.say("row.no_queue"), "queue")),
    row.reason ? el("p", { class: "reason" }, foreign(language.of(row.reason))) : null,
    el("p", { class: "second" },
      el("bdi", { class: "id", title: row.conversation_id }, short(row.conversation_id)),
      row.agent_id ? foreign(row.agent_id, "agent") : el("span", { class: "agent none" }, language.say("row.no_agent")),
      row.state === "ended" ? el("span", {}, language.say("row.ended")) : moment(row.started_at, "for", "row.since"),
      row.language ? el("abbr", { title: tongue(row.language, language) }, row.language.toUpperCase()) : null,
      row.waiting_since ? el("span", { class: "waits" }, moment(row.waiting_since, "for", "row.waiting")) : null),
  );
}

/**
 * A language by its name; what is no language's code is shown as it is.
 * @param {string} code
 * @param {Language} language
 */
function tongue(code, language) {
  try {
    return language.names.of(code) ?? code;
  } catch {
    return code;
  }
}

/**
 * @param {Row} row
 * @param {Language} language
 */
function emotion(row, language) {
  const felt = largest(row.emotions).slice(0, NAMED);
  const names = felt.map(([kind, value], i) =>
    el("span", { class: i ? "lesser" : "strongest" }, `${language.name("emotion", kind)} `, el("data", {}, language.number(value, 2))));
  /** @type {[number, number][]} */
  const points = (row.timeline ?? []).map(([after_s, valence]) => [after_s, valence]);
  const label = language.say("picture.valence", ends(points, row.valence, language));
  return el(
    "div",
    { class: "cell emotion" },
    el("p", { class: "picture" },
      el("span", { class: "value" }, el("span", { class: "label" }, language.say("valence")), el("strong", {}, language.number(row.valence, 1))),
      line({ points, low: -1, high: 1, base: 0, kind: "valence", label })),
    el("p", { class: "names" }, ...(names.length ? names : [el("span", { class: "lesser" }, language.say("row.neutral"))])),
  );
}

/**
 * @param {Row} row
 * @param {Language} language
 */
function effort(row, language) {
  const parts = largest(row.effort_parts);
  const named = parts.slice(0, NAMED).map(([kind]) => language.name("signal", kind));
  /** @type {[number, number][]} */
  const points = (row.timeline ?? []).map(([after_s, , value]) => [after_s, value]);
  const label = language.say("picture.effort", ends(points, row.effort, language));
  const said = parts.map(([kind, value]) => `${language.name("signal", kind)} ${language.number(value, 1)}`).join(", ");
  return el(
    "div",
    { class: "cell effort" },
    el("p", { class: "picture" },
      el("span", { class: "value" }, el("span", { class: "label" }, language.say("effort")), el("strong", {}, language.number(row.effort, 1))),
      line({ points, low: 1, high: 7, base: 1, kind: "hardship", label })),
    bar({ parts, whole: 6, label: language.say("picture.parts", { parts: said || "–" }) }),
    el("p", { class: "names" }, el("span", { class: "lesser" },
      named.length ? named.join(" · ") + (parts.length > NAMED ? ` +${parts.length - NAMED}` : "") : language.say("row.effortless"))),
  );
}

/**
 * @param {Row} row
 * @param {Language} language
 */
function badges(row, language) {
  const all = (row.alerts ?? []).map((badge) =>
    el("li", { class: `badge ${severity(badge.severity)}` }, shape(badge.severity),
      el("span", { class: "unseen" }, `${language.name("severity", badge.severity)}: `), foreign(language.of(badge.title))));
  const needs = (row.needs ?? []).map((kind) => el("li", { class: "badge need" }, language.name("signal", kind)));
  return el("ul", { class: "cell badges" }, ...all, ...needs);
}

/**
 * @param {[number, number][]} points
 * @param {number} now where it stands when there is no point yet
 * @param {Language} language
 */
function ends(points, now, language) {
  const [first, last] = [points.at(0)?.[1] ?? now, points.at(-1)?.[1] ?? now];
  return { first: language.number(first, 1), last: language.number(last, 1) };
}

/**
 * @param {Row} row
 * @param {RowView} view
 * @param {Language} language
 */
function details(row, { proofs, proofFailed }, language) {
  const moments = proofs.map(({ alert, title, opened_at }) => ({
    after_s: opened_at - row.started_at, severity: severity(alert.severity), title: language.of(title) }));
  return [
    el("section", { class: "all-story" }, el("h2", {}, language.say("story.title")), story({ timeline: row.timeline ?? [], moments }, language)),
    el("section", { class: "all-proofs" }, el("h2", {}, language.say("proof.title")),
      proofs.length ? proofList(proofs, language) : nothing(proofFailed ? "proof.failed" : "proof.none", language)),
    el("section", { class: "all-emotions" }, el("h2", {}, language.say("emotions")),
      measures(largest(row.emotions), "emotion", 1, language) ?? nothing("details.no_emotions", language),
      (row.churn ?? 0) < VISIBLE ? null : el("p", { class: "churn" }, language.say("details.churn", { share: language.share(row.churn ?? 0) }))),
    el("section", { class: "all-parts" }, el("h2", {}, language.say("effort")), ...allParts(row, language)),
    el("section", { class: "all-evidence" }, el("h2", {}, language.say("evidence")), evidence(row, language)),
    el("p", { class: "whole" }, `${language.say("details.conversation")} `, foreign(row.conversation_id, "id"),
      row.agent_id ? el("span", {}, language.say("row.agent", { id: row.agent_id })) : null,
      row.team ? foreign(row.team, "team") : null),
  ];
}

/**
 * @param {Row} row
 * @param {Language} language
 */
function allParts(row, language) {
  // Every part, also the smallest: these are the numbers that must add up.
  const parts = Object.entries(row.effort_parts ?? {}).filter(([, value]) => value > 0).sort((a, b) => b[1] - a[1]);
  const table = measures(parts, "signal", Math.max(1.5, parts[0]?.[1] ?? 0), language);
  if (!table) return [nothing("details.no_parts", language)];
  const values = { sum: language.number(row.effort - 1, 2), effort: language.number(row.effort, 2) };
  return [table, el("p", { class: "sum" }, language.say("details.sum", values))];
}

/**
 * @param {[string, number][]} values
 * @param {string} family
 * @param {number} whole
 * @param {Language} language
 */
function measures(values, family, whole, language) {
  if (!values.length) return null;
  const rows = values.map(([kind, value]) =>
    el("div", {}, el("dt", {}, language.name(family, kind)), el("dd", {}, gauge(value / whole, family), el("data", {}, language.number(value, 2)))));
  return el("dl", { class: "measures" }, ...rows);
}

/**
 * @param {Row} row
 * @param {Language} language
 */
function evidence(row, language) {
  const found = [...(row.evidence ?? [])].sort((a, b) => b.at - a.at);
  if (!found.length) return nothing("details.no_evidence", language);
  return el("ol", { class: "evidence" }, ...found.map((one) => {
    const fact = amount(one, language);
    return el("li", {},
      el("p", { class: "signal" }, el("strong", {}, language.name("signal", one.signal)), fact ? el("span", {}, fact) : null, moment(one.at, "ago")),
      one.words ? el("blockquote", {}, foreign(one.words, "words")) : null);
  }));
}

/**
 * @param {string} key
 * @param {Language} language
 */
function nothing(key, language) {
  return el("p", { class: "nothing" }, language.say(key));
}
