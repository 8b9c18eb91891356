// Small doors to the document, for the page and the notebook. Text is always set as text, so a file name can never become markup.

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/** A new element: `make("button", { class: "plain", onclick: go, text: "Go" }, child, …)`. */
export function make(tag, given = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "text") node.textContent = value;
    else if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** Show a text in an element, or hide the element where there is none. */
export function say(node, text) {
  node.textContent = text || "";
  node.hidden = !text;
}

/** Tell screen readers something that sighted people see anyway. */
export function announce(text) {
  const live = $("#live"); // the page's; a notebook has none
  if (live && live.textContent !== text) live.textContent = text;
}

/** Bring an element into view, without motion for those who want none. */
export function reveal(node, block) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  node.scrollIntoView({ behavior: calm ? "auto" : "smooth", block });
}

export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** "1.9 s", "1 min 20 s". */
export function duration(seconds) {
  if (seconds < 10) return `${Math.max(0, seconds).toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min${whole % 60 ? ` ${whole % 60} s` : ""}`;
}

/** "640 kB", "3.2 MB". */
export function size(bytes) {
  return bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
