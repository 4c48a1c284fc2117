// Who looks at this page: the token, kept in memory only, and a new one before it ends.

const PARENT_WAIT_MS = 3000;
const EARLY = 0.8; // of its life, then a new one is asked for
const LEAST_MS = 5000;

/** @typedef {{login: string, replayed: boolean, version: string, parents: string[]}} About */

let token = fromAddress();
/** @type {ReturnType<typeof setTimeout> | undefined} */
let alarm;
/** @type {Promise<void> | null} */
let renewing = null;
let name = "";
const framed = window.parent !== window;
const asked = new URLSearchParams(location.search);

/** What the server says of itself; asked once. */
export const about = /** @type {Promise<About>} */ (known());

/**
 * `fetch` as whoever looks at this page; with one new try when the token was no longer good.
 * @param {string} url
 * @param {RequestInit} [init]
 */
export async function ask(url, init = {}) {
  if (!token) await renew();
  const response = await send(url, init);
  if (response.status !== 401) return response;
  const before = token;
  await renew();
  return token === before ? response : send(url, init);
}

/**
 * The same for what changes something: JSON, and the header that no other site can send.
 * @param {string} url
 * @param {unknown} body
 */
export function write(url, body) {
  const headers = { "Content-Type": "application/json", "X-Klankbord": "1" };
  return ask(url, { method: "POST", headers, body: JSON.stringify(body) });
}

/**
 * @param {string} url
 * @param {RequestInit} init
 */
function send(url, init) {
  const headers = new Headers(init.headers);
  if (token) headers.set("Authorization", `Bearer ${token}`);
  return fetch(url, { ...init, headers });
}

/** A token in the fragment never reaches a server; it leaves the address before anybody can read it there. */
function fromAddress() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const given = fragment.get("token") ?? "";
  fragment.delete("token");
  // What else stands there, such as the conversation that a link is to, stays.
  const rest = fragment.size ? `#${fragment}` : "";
  if (given) history.replaceState(null, "", location.pathname + location.search + rest);
  return given;
}

async function known() {
  const panel = /^\/agent\/([^/]+)$/.exec(location.pathname);
  const response = await fetch(`/api/about${panel ? `?tenant=${panel[1]}` : ""}`);
  return response.ok ? response.json() : { login: "", replayed: false, version: "", parents: [] };
}

/** Get a new token where this page's come from; many who ask at once get the same. */
function renew() {
  renewing ??= renewed().finally(() => (renewing = null));
  return renewing;
}

async function renewed() {
  const { login, parents } = await about;
  if (login === "demo") await fromDemo();
  else if (login === "token" && framed) await fromParent(parents);
  if (token) plan();
}

async function fromDemo() {
  const panel = location.pathname.startsWith("/agent");
  const wish = new URLSearchParams({ role: panel ? "agent" : "supervisor" });
  if (panel) wish.set("agent_id", asked.get("agent") ?? "agent-07");
  if (asked.has("tenant")) wish.set("tenant", asked.get("tenant") ?? "");
  // Not `team`: that is what the reader filters by, and a filter can be taken off again.
  for (const team of asked.getAll("teams")) wish.append("team", team);
  if (name) wish.set("name", name);
  const response = await fetch(`/demo/token?${wish}`, { cache: "no-store" });
  if (response.ok) ({ token, name } = await response.json());
}

/**
 * Ask the desk that frames us; who may frame us the server says, to the browser as well.
 * @param {string[]} parents
 */
function fromParent(parents) {
  const before = token;
  for (const origin of parents) window.parent.postMessage({ type: "klankbord:token-wanted" }, origin);
  return new Promise((resolve) => {
    const until = performance.now() + PARENT_WAIT_MS;
    const look = () => (token !== before || performance.now() > until ? resolve(undefined) : setTimeout(look, 50));
    look();
  });
}

/** A desk may also give a new token by itself, at any time. */
addEventListener("message", async (event) => {
  const { parents } = await about;
  if (!framed || event.source !== window.parent || !parents.includes(event.origin)) return;
  if (event.data?.type !== "klankbord:token" || typeof event.data.token !== "string") return;
  token = event.data.token;
  plan();
});

/** Renew before it ends. Only the server decides what a token is worth; its times are read for this alone. */
function plan() {
  clearTimeout(alarm);
  try {
    const { iat, exp } = JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));
    const left_ms = 1000 * (exp - (exp - iat) * (1 - EARLY)) - Date.now();
    alarm = setTimeout(() => void renew(), Math.max(LEAST_MS, Math.min(left_ms, 2 ** 31 - 1)));
  } catch {
    // No token of this shape is ever accepted: the next answer says so.
  }
}
if (token) plan();
