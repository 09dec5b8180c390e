// Requests to the server. The token comes with the address, moves to localStorage and is sent as a header.
// @ts-check
import { load, locked, overview, save, source } from "./state.js";

const TOKEN = "review-token";
const NAME = "review-name";

const given = new URLSearchParams(location.hash.slice(1)).get("t");
if (given) {
  save(TOKEN, given);
  history.replaceState(null, "", location.pathname + location.search);
}

/** @returns {string} the name under which this person answers */
export const personName = () => load(NAME, "");
/** @param {string} name */
export const setPersonName = (name) => save(NAME, name);

/** An error that the server explains. */
export class ReplyError extends Error {
  /** @param {number} status @param {any} body */
  constructor(status, body) {
    super(body?.error ?? `The server replied ${status}.`);
    this.status = status;
    this.body = body;
  }
}

/**
 * Sends a request and returns the response.
 * @param {string} path @param {Record<string, any>} [query] @param {any} [body] @param {AbortSignal} [signal]
 */
export async function request(path, query = {}, body = undefined, signal = undefined) {
  const params = new URLSearchParams();
  const all = { source: source()?.name, ...query };
  for (const [name, value] of Object.entries(all)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined && each !== null && each !== "") params.append(name, String(each));
    }
  }
  const text = params.toString();
  /** @type {Record<string, string>} */
  const headers = { "X-Review-Token": load(TOKEN, "") };
  const name = overview.value?.person || personName();
  if (name) headers["X-Annotator"] = encodeURIComponent(name);
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const response = await fetch(`/api/${path}${text ? `?${text}` : ""}`, {
    method: body === undefined ? "GET" : "POST",
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    signal,
    // Pages that are closed still send what was answered.
    keepalive: body !== undefined && JSON.stringify(body).length < 60000,
  });
  if (response.status === 401) locked.value = true;
  if (!response.ok) throw new ReplyError(response.status, await response.json().catch(() => null));
  return response;
}

/** Gets JSON. @param {string} path @param {Record<string, any>} [query] @param {AbortSignal} [signal] @returns {Promise<any>} */
export async function get(path, query = {}, signal = undefined) {
  return (await request(path, query, undefined, signal)).json();
}
/** Posts JSON and gets JSON. @param {string} path @param {any} body @param {Record<string, any>} [query] @returns {Promise<any>} */
export async function post(path, body, query = {}) {
  return (await request(path, query, body)).json();
}

/** Reads the overview again. */
export async function refresh() {
  const found = await get("overview");
  locked.value = false;
  overview.value = found;
  return found;
}

/**
 * Reads lines of JSON as they arrive.
 * @param {string} path @param {Record<string, any>} query @param {(line: any) => void} take @param {AbortSignal} signal
 */
export async function stream(path, query, take, signal) {
  const response = await request(path, query, undefined, signal);
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line) take(JSON.parse(line));
  }
}
