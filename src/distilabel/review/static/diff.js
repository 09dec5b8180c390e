// Differences between two texts, word by word; line by line where they are long.
// @ts-check
import { html } from "./vendor/preact.js";

const MOST = 1500;

/** @param {string[]} a @param {string[]} b @returns {[string, string][]} pieces: same, only in a, only in b */
function compare(a, b) {
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * width + j] =
        a[i] === b[j]
          ? lengths[(i + 1) * width + j + 1] + 1
          : Math.max(lengths[(i + 1) * width + j], lengths[i * width + j + 1]);
    }
  }
  /** @type {[string, string][]} */
  const pieces = [];
  const add = (/** @type {string} */ kind, /** @type {string} */ text) => {
    const last = pieces[pieces.length - 1];
    if (last?.[0] === kind) last[1] += text;
    else pieces.push([kind, text]);
  };
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      add("same", a[i++]);
      j++;
    } else if (j >= b.length || (i < a.length && lengths[(i + 1) * width + j] >= lengths[i * width + j + 1])) add("old", a[i++]);
    else add("new", b[j++]);
  }
  return pieces;
}

/** The differences of B against A. @param {{from: string, to: string}} props */
export function Difference({ from, to }) {
  /** @type {string[]} */
  let a = from.match(/\s+|[^\s]+/g) ?? [];
  /** @type {string[]} */
  let b = to.match(/\s+|[^\s]+/g) ?? [];
  if (a.length > MOST || b.length > MOST) {
    a = from.match(/.*\n?/g)?.slice(0, MOST) ?? [];
    b = to.match(/.*\n?/g)?.slice(0, MOST) ?? [];
  }
  return html`<div class="prose verbatim" dir="auto">
    ${compare(a, b).map(([kind, text]) =>
      kind === "same" ? text : kind === "old" ? html`<del>${text}</del>` : html`<ins>${text}</ins>`,
    )}
  </div>`;
}
