// What a person has entered about a row but not submitted: kept in localStorage, so that a reload loses nothing.
// @ts-check
import { keyOf, load, save } from "./state.js";

/**
 * @typedef {{ratings: Record<string, number>, choice: number | null, labels: any[], note: string, flag: boolean,
 *   codes: number[], edits: Record<string, {text: string, base: number | null}>, known: Record<string, any>}} Draft
 */

const key = (/** @type {string} */ source, /** @type {string} */ uid) => keyOf(`draft:${source}:${uid}`);

/** Returns the draft of a row: what was entered last, else what is stored. @param {string} source @param {any} card @returns {Draft} */
export function draftOf(source, card) {
  /** @type {Draft} */
  const draft = { ratings: {}, choice: null, labels: [], note: "", flag: false, codes: [], edits: {}, known: {} };
  for (const { question, unit, value, seq, status } of card.stored) {
    if (status === "later") continue;
    draft.known[`${question}:${unit}`] = value;
    if (question === "rating") draft.ratings[unit] = value;
    else if (question === "choice") draft.choice = value;
    else if (question === "note") draft.note = value ?? "";
    else if (question === "flag") draft.flag = value === true;
    else if (question === "codes") draft.codes = value ?? [];
    else if (question === "edit" && value) draft.edits[unit] = { text: value.text, base: seq };
    else if (value !== null) draft.labels = Array.isArray(value) ? value : [value];
  }
  const own = card.strategy === "repeat" ? null : load(key(source, card.uid));
  return own ? { ...draft, ...own, known: draft.known } : draft;
}

/** @param {string} source @param {string} uid @param {Draft} draft */
export function keepDraft(source, uid, draft) {
  const { known: _, ...entered } = draft;
  try {
    save(key(source, uid), entered);
  } catch {
    // The storage is full: the draft lives as long as the page.
  }
}
/** @param {string} source @param {string} uid */
export const dropDraft = (source, uid) => save(key(source, uid), null);
/** Rows with a draft, which are shown again first. @param {string} source @returns {string[]} */
export function draftRows(source) {
  const start = key(source, "");
  return Object.keys(localStorage).filter((k) => k.startsWith(start)).map((k) => k.slice(start.length));
}
