// Reads server-sent events with fetch: unlike EventSource it survives a 503, notices silence and can wait politely.

import { authorised } from "./session.js";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const SILENCE_MS = 40_000; // the server sends at least a comment every 15 s

/**
 * @typedef {{event: string, id: string | null, data: any}} Message
 * @typedef {{onMessage: (message: Message) => void, onLost: () => void}} Listener
 */

/**
 * Follow `url` for as long as the page lives; after a loss it comes back with the last id it saw.
 * @param {string} url
 * @param {Listener} listener
 */
export async function follow(url, { onMessage, onLost }) {
  let lastId = "";
  let losses = 0;
  for (;;) {
    try {
      for await (const message of read(url, lastId)) {
        losses = 0;
        if (message.id !== null) lastId = message.id;
        onMessage(message);
      }
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof DOMException)) throw error;
    }
    onLost();
    await patience(losses++);
  }
}

/**
 * @param {string} url
 * @param {string} lastId
 * @returns {AsyncGenerator<Message>}
 */
async function* read(url, lastId) {
  const stop = new AbortController();
  let alarm = setTimeout(() => stop.abort(), SILENCE_MS);
  try {
    const headers = lastId ? { "Last-Event-ID": lastId } : undefined;
    const response = await authorised(url, { headers, signal: stop.signal, cache: "no-store" });
    if (!response.ok || !response.body) return;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(alarm);
      alarm = setTimeout(() => stop.abort(), SILENCE_MS);
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const message = parse(block);
        if (message) yield message;
      }
    }
  } finally {
    clearTimeout(alarm);
    stop.abort();
  }
}

/**
 * @param {string} block
 * @returns {Message | null}
 */
function parse(block) {
  /** @type {Record<string, string>} */
  const fields = {};
  for (const line of block.split("\n")) {
    const colon = line.indexOf(": ");
    if (colon > 0) fields[line.slice(0, colon)] = line.slice(colon + 2);
  }
  if (!fields.data) return null;
  return { event: fields.event ?? "message", id: fields.id ?? null, data: JSON.parse(fields.data) };
}

/**
 * Wait twice as long after each loss, with chance in it so that a hundred pages do not return at once.
 * @param {number} losses
 */
function patience(losses) {
  const ms = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** losses) * (0.5 + Math.random() / 2);
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
    addEventListener("online", resolve, { once: true });
  });
}
