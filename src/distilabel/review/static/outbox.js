// Answers wait in localStorage until the server has stored them: a reload, a crash or an outage loses none.
// @ts-check
import { signal } from "./vendor/preact.js";
import { ReplyError, post } from "./api.js";
import { keyOf, notify } from "./state.js";

/** @typedef {{key: string, source: string, answers: any[]}} Entry */

/** Number of entries that wait, and whether the last attempt failed. */
export const waiting = signal({ count: 0, offline: "" });
/** The last reply: what was hidden about rows that are answered now. */
export const revealed = signal(/** @type {Record<string, any>} */ ({}));
/** A text that was edited elsewhere meanwhile. */
export const conflict = signal(/** @type {any} */ (null));

const prefix = () => keyOf("out:");
let sending = false;
let attempt = 0;
/** @type {any} */
let timer;
/** Number of the stored answer of each edited text, of this tab. @type {Map<string, number>} */
export const bases = new Map();
/** Called with counts after each reply. @type {((counts: any) => void)[]} */
export const listeners = [];

/** @returns {Entry[]} waiting entries, oldest first */
function entries() {
  const found = [];
  for (let i = 0; i < localStorage.length; i++) {
    const key = localStorage.key(i);
    if (key?.startsWith(prefix())) found.push({ key, ...JSON.parse(localStorage.getItem(key) ?? "{}") });
  }
  return found.sort((a, b) => (a.key < b.key ? -1 : 1));
}

let counter = 0;
const tab = randomText(6);
/** @param {number} bytes */
function randomText(bytes) {
  return [...crypto.getRandomValues(new Uint8Array(bytes))].map((b) => b.toString(16).padStart(2, "0")).join("");
}
/** @returns {string} an id that no other answer has */
export const newId = () => `${tab}-${++counter}-${randomText(6)}`;

/** Stores answers in the outbox and sends them. @param {string} source @param {any[]} answers */
export function put(source, answers) {
  const time = Date.now().toString(36).padStart(9, "0");
  const key = `${prefix()}${time}:${String(++counter).padStart(6, "0")}:${tab}`;
  try {
    localStorage.setItem(key, JSON.stringify({ source, answers }));
  } catch {
    // Full, or switched off: the answers are sent all the same, and wait in memory.
    memory.push({ key, source, answers });
  }
  waiting.value = { ...waiting.value, count: waiting.value.count + 1 };
  attempt = 0;
  clearTimeout(timer);
  send();
}
/** @type {Entry[]} */
const memory = [];

/** Sends what waits, oldest first. */
export async function send() {
  if (sending) return;
  sending = true;
  clearTimeout(timer);
  timer = null;
  try {
    let all = [...entries(), ...memory];
    while (all.length) {
      waiting.value = { ...waiting.value, count: all.length };
      // Many at once after an outage; one source at a time.
      const batch = all.filter((e) => e.source === all[0].source).slice(0, 40);
      await sendBatch(batch);
      attempt = 0;
      waiting.value = { count: Math.max(0, all.length - batch.length), offline: "" };
      all = [...entries(), ...memory];
    }
    waiting.value = { count: 0, offline: "" };
  } catch (error) {
    const seconds = Math.min(8, 0.4 * 2 ** attempt++);
    const text = error instanceof ReplyError ? error.message : "The server cannot be reached.";
    waiting.value = { count: entries().length + memory.length, offline: text };
    clearTimeout(timer);
    timer = setTimeout(send, seconds * 1000);
  } finally {
    sending = false;
  }
}

/** @param {Entry[]} batch */
async function sendBatch(batch) {
  try {
    const answers = batch.flatMap((e) => e.answers);
    const reply = await post("answers", { answers }, { source: batch[0].source });
    for (const answer of answers) {
      if (answer.question === "edit") bases.set(`${answer.uid}:${answer.unit}`, reply.saved[answer.id]);
    }
    revealed.value = { ...revealed.value, ...reply.revealed };
    for (const listener of listeners) listener(reply);
    remove(batch);
  } catch (error) {
    const status = error instanceof ReplyError ? error.status : 0;
    if (status !== 400 && status !== 409) throw error;
    if (batch.length > 1) {
      for (const entry of batch) await sendBatch([entry]);
      return;
    }
    const body = /** @type {ReplyError} */ (error).body;
    remove(batch);
    if (status === 409) conflict.value = { entry: batch[0], current: body.current };
    else {
      // Kept for the person to see, but not sent again: it would be refused again.
      localStorage.setItem(batch[0].key.replace(":out:", ":refused:"), JSON.stringify(batch[0]));
      notify(`An answer was refused: ${body?.error}`, "error");
    }
  }
}

/** @param {Entry[]} batch */
function remove(batch) {
  for (const { key } of batch) {
    localStorage.removeItem(key);
    const at = memory.findIndex((e) => e.key === key);
    if (at >= 0) memory.splice(at, 1);
  }
}

/** @returns {Set<string>} rows whose answers wait */
export const waitingRows = () => new Set([...entries(), ...memory].flatMap((e) => e.answers.map((a) => a.uid)));

addEventListener("online", () => send());
addEventListener("beforeunload", (event) => {
  if (memory.length) event.preventDefault();
});
// Other tabs send their own; after a crash, this one sends what they left.
setInterval(() => entries().length && !sending && !timer && send(), 4000);
