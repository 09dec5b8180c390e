// /export: the rows with the columns human_*, and answers about rows that are gone.
// @ts-check
import { html, useEffect, useState } from "../vendor/preact.js";
import { get, request } from "../api.js";
import { waiting } from "../outbox.js";
import { count } from "../parts.js";
import { notify, source } from "../state.js";

export function ExportPage() {
  const from = source();
  const [options, setOptions] = useState({ resolve: "median", numbers: false, into_ratings: false, drop_flagged: false, reviewed_only: true, format: "parquet" });
  const [stale, setStale] = useState(/** @type {any[]} */ ([]));
  const [busy, setBusy] = useState(false);
  useEffect(() => { get("stale").then((found) => setStale(found.rows)).catch(() => {}); }, [from?.name]);
  if (!from) return null;
  const set = (/** @type {any} */ change) => setOptions({ ...options, ...change });
  const check = (/** @type {string} */ name, /** @type {any} */ text) => html`<label class="check"><input type="checkbox" checked=${/** @type {any} */ (options)[name]} onChange=${(/** @type {any} */ e) => set({ [name]: e.target.checked })} /><span>${text}</span></label>`;
  const run = async () => {
    setBusy(true);
    try {
      const blob = await (await request("export", {}, options)).blob();
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = `${from.name}-reviewed.${options.format}`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    } catch (problem) {
      notify(/** @type {Error} */ (problem).message, "error");
    }
    setBusy(false);
  };
  const command = ["distilabel review export DATA reviewed." + options.format, options.resolve !== "median" && `--resolve ${options.resolve}`, options.numbers && "--numbers", options.into_ratings && "--into-ratings", options.drop_flagged && "--drop-flagged", !options.reviewed_only && "--all"].filter(Boolean).join(" ");
  return html`<div class="page narrow">
    <h1>Export</h1>
    <p class="lead">${count(from.reviewed, "reviewed row")} of ${from.rows.toLocaleString("en")}, with people’s answers in the columns <code>human_*</code>.</p>
    ${waiting.value.count > 0 && html`<p class="banner">${count(waiting.value.count, "answer")} in this browser not stored yet.</p>`}
    <div class="options">
      <label>answers of several people become one by
        <select value=${options.resolve} onChange=${(/** @type {any} */ e) => set({ resolve: e.target.value })}><option value="median">median, and the most frequent</option><option value="majority">majority</option><option value="first">the first answer</option><option value="none">none: keep all</option></select></label>
      ${check("reviewed_only", "only reviewed rows")}
      ${check("into_ratings", html`<span><code>ratings</code> are those of people, and the judge’s where people gave none (kept as <code>judge_ratings</code>): steps that make pairs work unchanged</span>`)}
      ${check("drop_flagged", "leave out flagged rows")}
      ${check("numbers", "labels become numbers, lowest first")}
      <label>file <select value=${options.format} onChange=${(/** @type {any} */ e) => set({ format: e.target.value })}><option value="parquet">Parquet</option><option value="jsonl">JSON Lines</option></select></label>
    </div>
    <p class="actions"><button class="button primary" disabled=${busy || !from.reviewed && options.reviewed_only} onClick=${run}>${busy ? "Writing…" : "Download"}</button></p>
    <p class="hint">In a terminal: <code>${command}</code><br />In Python: <code>distiset.with_review("review.sqlite"${options.into_ratings ? ", into_ratings=True" : ""})</code></p>
    ${stale.length > 0 && html`<h2>Answers about rows that are gone</h2><p class="hint">The texts of these rows changed, or the rows were removed. Their answers are kept, and applied to nothing.</p>
      <ul class="notes">${stale.map((s) => html`<li key=${s.uid}><code>${s.uid.slice(0, 8)}</code> ${s.answers.map((/** @type {any} */ a) => html`<span class="chip tiny">${a.annotator}: ${a.question} ${typeof a.value === "object" ? "…" : String(a.value)}</span>`)}</li>`)}</ul>`}
  </div>`;
}
