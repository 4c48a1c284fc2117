// The desk around the panel: messages to and from the page that frames it, if that page may frame it.

/**
 * @typedef {{type: string} & Record<string, unknown>} Message
 */

const TOKEN = /^[\w.~+/=-]{1,8192}$/;

/** The parent page, as far as its origin is one of those that the server lets frame this panel. */
export class Desk {
  /** @type {string[]} */
  #origins = [];
  /** @type {string | null} */
  #parent = null;
  #height = 0;

  /**
   * Learn who may frame us and listen to them; `onToken` gets each token that they send.
   * @param {(token: string) => void} onToken
   */
  async meet(onToken) {
    if (window.parent === window) return;
    this.#origins = await framing();
    addEventListener("message", (event) => {
      // Only the page that frames us, and only from where it may.
      if (event.source !== window.parent || !this.#origins.includes(event.origin)) return;
      this.#parent = event.origin;
      const { type, token } = event.data ?? {};
      if (type === "klankbord:token" && typeof token === "string" && TOKEN.test(token)) onToken(token);
    });
    this.tell({ type: "klankbord:ready" });
    new ResizeObserver(() => this.#measure()).observe(document.body);
  }

  /**
   * Tell the desk. Nobody else hears it: the browser drops a message whose target is not at that origin.
   * @param {Message} message
   */
  tell(message) {
    if (window.parent === window) return;
    for (const origin of this.#parent ? [this.#parent] : this.#origins) window.parent.postMessage(message, origin);
  }

  #measure() {
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    if (height === this.#height) return;
    this.#height = height;
    this.tell({ type: "klankbord:height", height });
  }
}

/**
 * The origins in this page's own frame-ancestors: who may frame it and who may speak to it is one list.
 * @returns {Promise<string[]>}
 */
async function framing() {
  const policy = (await fetch(location.pathname, { cache: "no-store" })).headers.get("Content-Security-Policy") ?? "";
  const listed = policy.split(";").map((part) => part.trim().split(/\s+/)).find(([name]) => name === "frame-ancestors");
  return (listed ?? []).filter((origin) => /^https?:\/\/[^/*\s]+$/.test(origin));
}
