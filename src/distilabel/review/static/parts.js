// Small parts that several pages use.
// @ts-check
import { html, useEffect, useRef } from "./vendor/preact.js";
import { enabled, keyFor } from "./keys.js";

/** The key of an action, if single keys are on. @param {{action: string}} props */
export function Key({ action }) {
  const key = keyFor(action);
  return enabled.value ? html`<kbd aria-hidden="true">${key === "Z" ? "⇧z" : key}</kbd>` : null;
}

/** @param {{title: string, children?: any}} props */
export function Empty({ title, children }) {
  return html`<div class="empty-page"><h2>${title}</h2>${children}</div>`;
}

/** @param {{title: string, close: () => void, children?: any}} props */
export function Modal({ title, close, children }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => before instanceof HTMLElement && before.focus();
  }, []);
  return html`<dialog ref=${dialog} aria-label=${title} onCancel=${(/** @type {any} */ e) => { e.preventDefault(); close(); }}>
    <header><h2>${title}</h2><button class="plain" onClick=${close} aria-label="Close">✕</button></header>
    <div class="inside">${children}</div>
  </dialog>`;
}

/** A share with its interval. @param {{of: any, percent?: boolean}} props */
export function Figure({ of, percent = false }) {
  if (!of) return html`<span class="figure none">–</span>`;
  const show = (/** @type {number} */ v) => (percent ? `${Math.round(v * 100)}%` : v.toFixed(2));
  return html`<span class="figure"><b>${show(of.value)}</b> <span class="range">${show(of.low)} – ${show(of.high)}</span></span>`;
}

/** @param {number} n @param {string} one @param {string} [many] */
export const count = (n, one, many) => `${n.toLocaleString("en")} ${n === 1 ? one : (many ?? `${one}s`)}`;
