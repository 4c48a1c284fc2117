// Every request of a page goes through here.

/**
 * @param {string} url
 * @param {RequestInit} [options]
 */
export function authorised(url, options = {}) {
  return fetch(url, { cache: "no-store", ...options });
}
