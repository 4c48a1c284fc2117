// Event time: a replay runs ahead of or behind the wall clock, so ages count from the newest event we saw.

/** Seconds since 1970 as the stream lives them. */
export class Clock {
  #newest = 0;
  #seenAt = 0;

  /** Start over, as with every snapshot: another recording may lie earlier. */
  reset() {
    this.#newest = 0;
  }

  /**
   * An event happened at `at`; time only moves on.
   * @param {number} at
   */
  saw(at) {
    if (Number.isFinite(at) && at > this.now()) {
      this.#newest = at;
      this.#seenAt = performance.now();
    }
  }

  /** The newest event's time, moved on by this browser's clock since it came. */
  now() {
    return this.#newest === 0 ? 0 : this.#newest + (performance.now() - this.#seenAt) / 1000;
  }
}
