// Keys: one table of actions, which people can change; single keys can be turned off (WCAG 2.1.4).
// @ts-check
import { signal } from "./vendor/preact.js";
import { load, save } from "./state.js";

/** Action → its key and what it does. @type {Record<string, [string, string]>} */
export const DEFAULTS = {
  both_good: ["=", "both are good"],
  both_bad: ["0", "both are bad"],
  good: ["a", "good"],
  bad: ["x", "bad"],
  submit: ["Enter", "submit and go to the next row"],
  later: ["s", "later"],
  undo: ["z", "undo, across rows"],
  redo: ["Z", "redo"],
  flag: ["f", "flag the row"],
  note: ["n", "write a note"],
  tags: ["t", "add a code"],
  edit: ["e", "edit the text of the card"],
  leave: ["Escape", "leave a field or a window"],
  raw: ["m", "raw text, with invisible characters marked"],
  diff: ["d", "differences between the cards"],
  reveal: ["r", "models and judge of the last row"],
  guidelines: ["i", "guidelines"],
  down: ["j", "next row"],
  up: ["k", "previous row"],
  search: ["/", "search"],
  goto: ["g", "go to a row"],
  help: ["?", "these keys"],
};

/** Keys as this person set them. */
export const bindings = signal(/** @type {Record<string, string>} */ (load("review-keys", {})));
/** Whether single keys work. */
export const enabled = signal(load("review-keys-on", true));

/** @param {string} action */
export const keyFor = (action) => bindings.value[action] ?? DEFAULTS[action][0];
/** @param {string} action @param {string} key */
export function bind(action, key) {
  bindings.value = { ...bindings.value, [action]: key };
  save("review-keys", bindings.value);
}
export function resetKeys() {
  bindings.value = {};
  save("review-keys", null);
}
/** @param {boolean} on */
export function enable(on) {
  enabled.value = on;
  save("review-keys-on", on);
}

/** @type {((action: string, event: KeyboardEvent) => boolean | void)[]} */
const handlers = [];
/** Handles actions until the returned function is called; the last one added comes first. @param {(action: string, event: KeyboardEvent) => boolean | void} handler */
export function onKeys(handler) {
  handlers.unshift(handler);
  return () => handlers.splice(handlers.indexOf(handler), 1);
}

/** @param {EventTarget | null} target */
function isText(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !["radio", "checkbox", "button", "range"].includes(target.type);
  return target.isContentEditable || ["TEXTAREA", "SELECT"].includes(target.tagName);
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
  if (event.key === "Backspace" || event.key === "Delete") return;
  const inText = isText(event.target);
  if (inText && event.key !== "Escape") return;
  if (!enabled.value && event.key !== "Escape" && event.key.length === 1) return;
  // Enter on a button or a link presses it.
  const pressed = event.target instanceof Element && event.target.closest("button, a, summary");
  if (event.key === "Enter" && pressed) return;
  let action = "";
  for (const name of Object.keys(DEFAULTS)) if (keyFor(name) === event.key) action = name;
  if (/^[1-9]$/.test(event.key) && !action) action = `answer:${event.key}`;
  if (!action) return;
  for (const handler of [...handlers]) {
    if (handler(action, event)) {
      event.preventDefault();
      return;
    }
  }
});
