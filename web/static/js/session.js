// Who asks: a token that lives in this page's memory and nowhere else.

let token = "";

/**
 * `fetch`, with the token where there is one.
 * @param {string} url
 * @param {RequestInit} [options]
 */
export function authorised(url, options = {}) {
  const headers = new Headers(options.headers);
  if (token) headers.set("Authorization", `Bearer ${token}`);
  return fetch(url, { ...options, headers, credentials: "same-origin" });
}

/**
 * Another token from here on, as a desk sends it before the old one ends.
 * @param {string} next
 */
export function useToken(next) {
  token = next;
}
