// What all pages share: who asks, which source is open, and messages at the edge of the page.
// @ts-check
import { signal } from "./vendor/preact.js";

/** @typedef {{name: string, kind: string, options: any[], guidelines: string, version: number}} Question */
/** @typedef {{name: string, rows: number, task: string, questions: Question[], queues: string[], settings: any, [more: string]: any}} Source */

/** The reply of /api/overview; null before it arrived. */
export const overview = signal(/** @type {any} */ (null));
/** Path and query of the page. */
export const place = signal({ path: location.pathname, query: new URLSearchParams(location.search) });
/** Messages at the edge of the page. */
export const notices = signal(/** @type {{id: number, text: string, kind: string}[]} */ ([]));
/** Whether the token is missing or wrong. */
export const locked = signal(false);

/** @returns {Source | null} the source that the address names, or the first one */
export function source() {
  const all = overview.value?.sources ?? [];
  const name = place.value.query.get("source");
  return all.find((/** @type {Source} */ s) => s.name === name) ?? all[0] ?? null;
}

let lastNotice = 0;
/** Shows a message for some seconds. @param {string} text @param {string} [kind] */
export function notify(text, kind = "info") {
  const id = ++lastNotice;
  notices.value = [...notices.value.slice(-3), { id, text, kind }];
  setTimeout(() => dismiss(id), kind === "error" ? 12000 : 5000);
}
/** @param {number} id */
export function dismiss(id) {
  notices.value = notices.value.filter((n) => n.id !== id);
}

/** Goes to a page without loading it anew. @param {string} to @param {boolean} [replace] */
export function go(to, replace = false) {
  const url = new URL(to, location.origin);
  const name = place.value.query.get("source");
  if (name && !url.searchParams.has("source")) url.searchParams.set("source", name);
  history[replace ? "replaceState" : "pushState"](null, "", url.pathname + url.search);
  place.value = { path: url.pathname, query: url.searchParams };
  if (!replace) scrollTo(0, 0);
}
addEventListener("popstate", () => {
  place.value = { path: location.pathname, query: new URLSearchParams(location.search) };
});

/** Changes values of the query; empty ones are removed. @param {Record<string, any>} values @param {boolean} [replace] */
export function setQuery(values, replace = false) {
  const query = new URLSearchParams(place.value.query);
  for (const [name, value] of Object.entries(values)) {
    query.delete(name);
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== "" && each !== null && each !== undefined) query.append(name, String(each));
    }
  }
  const text = query.toString();
  go(place.value.path + (text ? `?${text}` : ""), replace);
}

/** A name for a key of localStorage that belongs to this review file. @param {string} name */
export const keyOf = (name) => `review:${overview.value?.id ?? ""}:${name}`;

/** Reads JSON from localStorage. @param {string} key @param {any} [fallback] */
export function load(key, fallback = null) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null") ?? fallback;
  } catch {
    return fallback;
  }
}
/** Writes JSON to localStorage. @param {string} key @param {any} value */
export function save(key, value) {
  if (value === null) localStorage.removeItem(key);
  else localStorage.setItem(key, JSON.stringify(value));
}
