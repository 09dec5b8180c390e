// /live/<run>: a run while it goes on: rows, steps, money, failures.
// @ts-check
import { html, useEffect, useState } from "../vendor/preact.js";
import { get } from "../api.js";
import { Empty } from "../parts.js";

/** @param {{run: string}} props */
export function LivePage({ run }) {
  const [found, setFound] = useState(/** @type {any} */ (null));
  const [error, setError] = useState("");
  useEffect(() => {
    let timer = 0;
    let open = true;
    const read = async () => {
      try {
        const next = await get(`live/${run || "last"}`);
        if (!open) return;
        setFound(next);
        setError("");
        if (next.over) return;
      } catch (problem) {
        setError(/** @type {Error} */ (problem).message);
      }
      if (open) timer = window.setTimeout(read, 1000);
    };
    read();
    return () => { open = false; clearTimeout(timer); };
  }, [run]);
  if (!found) return error ? html`<${Empty} title="This run cannot be shown."><p>${error}</p></${Empty}>` : html`<div class="waiting-row" aria-busy="true"></div>`;
  return html`<div class="page narrow">
    <div class="toolbar"><h1>${found.pipeline}</h1><span class=${`chip ${found.over ? "" : "on"}`}>${found.outcome}</span></div>
    <div class="tally">
      <div><b>${found.rows.toLocaleString("en")}</b><span>rows done</span></div>
      <div><b>${found.speed.toLocaleString("en")}</b><span>rows/s</span></div>
      <div><b>${found.cost}</b><span>spent</span></div>
      <div><b>${found.time}</b><span>running</span></div>
      ${found.left && html`<div><b>~${found.left}</b><span>left</span></div>`}
      ${found.failures > 0 && html`<div class="warn"><b>${found.failures}</b><span>failed rows</span></div>`}
    </div>
    <ul class="steps">${found.steps.map((/** @type {any} */ s) => html`<li key=${s.name}><span class="step-name">${s.name}</span>
      <progress value=${s.done} max=${Math.max(s.expected, 1)} aria-label=${`Rows of ${s.name}`}></progress><span class="n">${s.done.toLocaleString("en")}${s.expected > s.done ? ` / ${s.expected.toLocaleString("en")}` : ""}</span>
      ${s.failed > 0 && html`<span class="chip tiny warn">${s.failed} failed</span>`}${s.asked > 0 && html`<span class="hint">${s.answered.toLocaleString("en")} answers${s.in_flight ? `, ${s.in_flight} in flight` : ""}</span>`}</li>`)}</ul>
    ${error && html`<p class="banner error">${error}</p>`}
  </div>`;
}
