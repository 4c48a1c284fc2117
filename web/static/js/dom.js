// Makes elements. Text enters the page here only, and only as text.

/**
 * @typedef {Node | string | null} Child
 */

/**
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {...Child} children
 */
export function el(tag, attributes, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...Child} children
 */
export function svg(tag, attributes, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

/**
 * Somebody else's words or names: isolated, so that their direction marks stay with them.
 * @param {string} text
 * @param {string} [className]
 */
export function foreign(text, className = "foreign") {
  return el("bdi", { class: className }, text);
}

/**
 * @template {Element} T
 * @param {T} element
 * @param {Record<string, string | number>} attributes
 * @param {Child[]} children
 * @returns {T}
 */
function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  for (const child of children) if (child !== null) element.append(child);
  return element;
}

/**
 * The element of the page with this id; a page without it is broken.
 * @param {string} id
 */
export function the(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no element '${id}'`);
  return element;
}
