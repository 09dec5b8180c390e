// /: the sources, how far each is, and what to do next.
// @ts-check
import { html, useEffect, useState } from "../vendor/preact.js";
import { get, refresh } from "../api.js";
import { count } from "../parts.js";
import { overview } from "../state.js";

export function HomePage() {
  const [runs, setRuns] = useState(/** @type {any[]} */ ([]));
  useEffect(() => {
    refresh().catch(() => {});
    // Only where the command serves the pages, and for the owner.
    get("live").then((found) => setRuns(found.runs)).catch(() => {});
  }, []);
  const { sources, matching } = overview.value;
  return html`<div class="page narrow">
    <h1>Review</h1>
    ${matching && html`<p class="banner" role="status">The data changed: answers are being matched with their rows…</p>`}
    ${sources.map((/** @type {any} */ s) => html`<${SourceCard} key=${s.name} s=${s} />`)}
    ${runs.length > 0 && html`<h2>Runs</h2><ul class="runs">${runs.map((/** @type {any} */ r) => html`<li><a href=${`/live/${r.id}`}>${r.pipeline}</a> <span class="hint">${r.id} · ${r.outcome}</span></li>`)}</ul>`}
  </div>`;
}

const TASKS = /** @type {Record<string, string>} */ ({
  generations: "Compare and rate the answers", pair: "Pick the better answer", generation: "Say good or bad", text: "Label the texts",
});

/** @param {{s: any}} props */
function SourceCard({ s }) {
  const at = `?source=${encodeURIComponent(s.name)}`;
  const people = Object.entries(s.people);
  const share = s.rows ? s.reviewed / s.rows : 0;
  return html`<section class="source">
    <header><h2>${s.name}</h2><span class="hint">${TASKS[s.task]}</span></header>
    <div class="tally">
      <div><b>${s.rows.toLocaleString("en")}</b><span>rows</span></div>
      <div><b>${s.reviewed.toLocaleString("en")}</b><span>reviewed</span></div>
      <div><b>${s.mine.toLocaleString("en")}</b><span>by you</span></div>
      ${s.flagged > 0 && html`<div><b>${s.flagged}</b><span>flagged</span></div>`}
      ${s.later > 0 && html`<div><b>${s.later}</b><span>put off</span></div>`}
    </div>
    <progress value=${share} max="1" aria-label="Share of rows reviewed"></progress>
    ${people.length > 1 && html`<p class="hint">${people.map(([name, n]) => `${name} ${n}`).join(" · ")}</p>`}
    ${s.stale > 0 && html`<p class="banner">${count(s.stale, "row")} that people saw ${s.stale === 1 ? "is" : "are"} not in the data any more. <a href=${`/export${at}`}>Look at them</a></p>`}
    <p class="actions">
      <a class="button primary" href=${`/review${at}`}>${s.mine ? "Go on reviewing" : "Start reviewing"}</a>
      <a class="button" href=${`/rows${at}`}>Browse rows</a>
      ${s.reviewed > 0 && overview.value.owner && html`<a class="button" href=${`/agree${at}`}>Agreement</a>`}
    </p>
  </section>`;
}
