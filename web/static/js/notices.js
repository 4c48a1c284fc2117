// Sound and desktop notices of new alerts: off until the reader asks for them, and never with a customer's words.

import { the } from "./dom.js";

/** @typedef {import("./language.js").Language} Language */

const KEPT_AS = "klankbord.notices";
const TONE_HZ = 660;
const TONE_S = 0.18;
const LOUDNESS = 0.08;
const QUIET_MS = 2000;

/** Whether the reader wants to be called. */
export class Notices {
  #on = kept();
  /** @type {AudioContext | null} */
  #audio = null;
  #soundedAt = -QUIET_MS;
  /** @type {Language | null} */
  #language = null;

  constructor() {
    the("notices").addEventListener("click", () => void this.#toggle());
  }

  /** @param {Language} language */
  speak(language) {
    this.#language = language;
    this.#show();
  }

  /**
   * A new alert came; the page itself announces it to screen readers.
   * @param {string} title
   * @param {string} where
   */
  call(title, where) {
    if (!this.#on) return;
    this.#sound();
    if (document.hidden && "Notification" in window && Notification.permission === "granted") {
      new Notification(title, { body: where, tag: "klankbord", icon: "/static/icon.svg" });
    }
  }

  async #toggle() {
    this.#on = !this.#on;
    keep(this.#on);
    this.#show();
    if (!this.#on) return;
    this.#sound();
    if ("Notification" in window && Notification.permission === "default") await Notification.requestPermission();
  }

  #show() {
    the("notices").textContent = this.#language?.say(this.#on ? "notices.on" : "notices.off") ?? "";
  }

  #sound() {
    // A browser lets a page make a sound only after the reader has touched it; and of many at once, one is enough.
    if (!navigator.userActivation.hasBeenActive || performance.now() - this.#soundedAt < QUIET_MS) return;
    this.#soundedAt = performance.now();
    this.#audio ??= new AudioContext();
    const tone = new OscillatorNode(this.#audio, { frequency: TONE_HZ });
    const volume = new GainNode(this.#audio, { gain: LOUDNESS });
    tone.connect(volume).connect(this.#audio.destination);
    tone.start();
    tone.stop(this.#audio.currentTime + TONE_S);
  }
}

function kept() {
  try {
    return localStorage.getItem(KEPT_AS) === "on";
  } catch {
    return false;
  }
}

/** @param {boolean} on */
function keep(on) {
  try {
    localStorage.setItem(KEPT_AS, on ? "on" : "off");
  } catch {
    // Storage may be forbidden; then the choice lasts as long as the page.
  }
}
