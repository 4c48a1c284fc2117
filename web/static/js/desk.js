// The desk around the panel: messages to and from the page that frames it, if that page may frame it.

import { about } from "./session.js";

/**
 * @typedef {{type: string} & Record<string, unknown>} Message
 */

/** The parent page, as far as its origin is one of those that the server lets frame this panel. */
export class Desk {
  /** @type {string[]} */
  #origins = [];
  /** @type {string | null} */
  #parent = null;
  #height = 0;

  /** Learn who may frame us; that we are there, how high we are and what we show is told to nobody else. */
  async meet() {
    if (window.parent === window) return;
    this.#origins = (await about).parents;
    addEventListener("message", (event) => {
      // From the first word of a parent that may frame us, only that one is told.
      if (event.source === window.parent && this.#origins.includes(event.origin)) this.#parent = event.origin;
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
