// /row/<id>: everything about one row, what judges, models and people said included.
// @ts-check
import { html, useEffect, useState } from "../vendor/preact.js";
import { get } from "../api.js";
import { Block, raw } from "../blocks.js";
import { onKeys } from "../keys.js";
import { Empty, Key } from "../parts.js";
import { go, notify, place } from "../state.js";

/** @param {{uid: string}} props */
export function RowPage({ uid }) {
  const [row, setRow] = useState(/** @type {any} */ (null));
  const [error, setError] = useState("");
  const at = place.value.query.get("at") ?? "";
  useEffect(() => {
    get(`row/${uid}`, { at }).then((found) => { setRow(found); setError(""); }).catch((problem) => setError(problem.message));
  }, [uid, at]);
  const step = async (/** @type {number} */ by) => {
    const to = (row?.position ?? 0) + by;
    if (!row || to < 0 || to >= row.total) return;
    try {
      const found = await get("find", { at: to });
      go(`/row/${found.uid}?at=${found.position}`);
    } catch (problem) {
      notify(/** @type {Error} */ (problem).message, "error");
    }
  };
  useEffect(() => onKeys((action) => {
    if (action === "down") return step(1), true;
    if (action === "up") return step(-1), true;
    if (action === "raw") return (raw.value = !raw.value), true;
    return false;
  }), [row]);
  if (error) return html`<${Empty} title="This row cannot be shown."><p>${error}</p><p><a class="button" href="/rows">All rows</a></p></${Empty}>`;
  if (!row) return html`<div class="waiting-row" aria-busy="true"></div>`;
  const { ratings, models, rationales, label } = row.judged;
  const per = (/** @type {any} */ values, /** @type {number} */ i) => (Array.isArray(values) ? values[i] : row.candidates.length === 1 ? values : undefined);
  return html`<div class="page">
    <div class="toolbar">
      <a class="plain" href="/rows">‹ rows</a>
      <button class="plain" disabled=${row.position <= 0} onClick=${() => step(-1)}>row before <${Key} action="up" /></button>
      <h1>row ${row.position.toLocaleString("en")}</h1>
      <button class="plain" disabled=${row.position >= row.total - 1} onClick=${() => step(1)}>next row <${Key} action="down" /></button>
      <span class="grow"></span>
      <button class="plain" aria-pressed=${raw.value} onClick=${() => (raw.value = !raw.value)}>raw <${Key} action="raw" /></button>
    </div>
    ${row.context.map((/** @type {any} */ block) => html`<section class="context" key=${block.name}><h2>${block.name.replaceAll("_", " ")}</h2><div class="body"><${Block} block=${block} uid=${uid} /></div></section>`)}
    ${label !== undefined && html`<p><span class="chip">label: ${String(label)}</span></p>`}
    <div class=${`cards count-${Math.min(row.candidates.length, 4)} whole`}>
      ${row.candidates.map((/** @type {any} */ block, /** @type {number} */ i) => html`<section class="card">
        <header><h2>${row.candidates.length > 1 ? `#${i + 1}` : "Answer"}</h2><span class="words">${block.words.toLocaleString("en")} words</span>
          ${per(models, i) && html`<span class="fact">${per(models, i)}</span>`}
          ${per(ratings, i) !== undefined && per(ratings, i) !== null && html`<span class="chip tiny on">judge ${per(ratings, i)}</span>`}</header>
        <div class="body"><${Block} block=${block} uid=${uid} index=${i} /></div>
        ${per(rationales, i) && html`<footer class="rationale"><b>judge:</b> ${String(per(rationales, i))}</footer>`}
      </section>`)}
    </div>
    ${row.answers.length > 0 && html`<h2>Answers</h2><div class="wide" tabindex="0" role="region" aria-label="Answers"><table class="answers-table">
      <thead><tr><th>person</th><th>question</th><th>answer</th><th>judge</th><th>seconds</th><th>when</th></tr></thead>
      <tbody>${row.answers.map((/** @type {any} */ a) => html`<tr><td>${a.annotator}</td><td>${a.question}${a.unit ? ` #${Number(a.unit) + 1}` : ""}</td>
        <td dir="auto">${told(a, row.codes)}</td><td>${a.judge ?? ""}</td><td>${(a.ms / 1000).toFixed(1)}</td><td>${new Date(a.at * 1000).toLocaleString()}</td></tr>`)}</tbody></table></div>`}
    ${Object.keys(row.others).length > 0 && html`<details><summary>Other columns</summary><dl class="others">
      ${Object.entries(row.others).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl></details>`}
  </div>`;
}

/** @param {any} a @param {Record<string, string>} codes */
function told(a, codes) {
  if (a.status === "later") return "later";
  if (a.question === "codes") return (a.value ?? []).map((/** @type {number} */ c) => codes[c] ?? c).join(", ");
  if (a.question === "edit") return a.value?.text ?? "";
  if (a.question === "choice") return a.value === -1 ? "both good" : a.value === -2 ? "both bad" : `#${a.value + 1}`;
  return `${a.value}${a.status === "draft" ? " (draft)" : ""}`;
}
