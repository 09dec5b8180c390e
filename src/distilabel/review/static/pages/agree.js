// /agree: how far people agree with the judge, with each other and with themselves.
// @ts-check
import { html, useEffect, useState } from "../vendor/preact.js";
import { get } from "../api.js";
import { Empty, Figure, count } from "../parts.js";
import { place, setQuery, source } from "../state.js";

export function AgreePage() {
  const [found, setFound] = useState(/** @type {any} */ (null));
  const [error, setError] = useState("");
  const all = place.value.query.get("all") === "1";
  const name = source()?.name;
  useEffect(() => {
    setFound(null);
    get("agree", { all: all ? 1 : "" }).then(setFound).catch((problem) => setError(problem.message));
  }, [all, name]);
  if (error) return html`<${Empty} title="Agreement cannot be shown."><p>${error}</p></${Empty}>`;
  if (!found) return html`<${Empty} title="Counting…"><p>Intervals come from drawing your rows again and again.</p></${Empty}>`;
  return html`<div class="page narrow">
    <div class="toolbar"><h1>Agreement</h1><span class="grow"></span>
      <label class="check"><input type="checkbox" checked=${all} onChange=${(/** @type {any} */ e) => setQuery({ all: e.target.checked ? 1 : "" })} /> all rows, not only random ones</label></div>
    ${found.reports.length === 0
      ? html`<${Empty} title="There are no answers about random rows yet."><p>Agreement counts rows of the random queue, which stand for all rows.</p><p class="actions"><a class="button primary" href="/review">Review some</a></p></${Empty}>`
      : found.reports.map((/** @type {any} */ r) => html`<${Report} key=${r.question} r=${r} all=${all} />`)}
    ${found.stale > 0 && html`<p class="banner">${count(found.stale, "reviewed row")} not counted: not in the data any more.</p>`}
  </div>`;
}

/** @param {any} v */
const shown = (v) => (v === null || v === undefined ? "–" : v === "tie" ? "tie" : typeof v === "number" && Number.isInteger(v) && v < 2 ? String(v) : String(v));

/** @param {any} props */
function Report({ r, all }) {
  const name = (/** @type {any} */ v) => (r.kind === "choice" && typeof v === "number" ? `#${v + 1}` : shown(v));
  return html`<section class="report">
    <h2>${r.question}</h2>
    <p class="lead">${count(r.rows, "row")}, ${all ? "all queues" : "random sample"} · ${count(r.answers, "answer")}</p>
    ${r.judge
      ? html`<div class="figures">
          <div><span class="what">agreement with the judge</span><${Figure} of=${r.judge.raw} percent=${true} /></div>
          <div><span class="what">${r.judge.weights === "none" ? "kappa" : "weighted kappa"}, chance taken out</span><${Figure} of=${r.judge.kappa} /></div>
          ${r.judge.more > 0 && html`<div><span class="what">for ± 0.07</span><span class="figure"><b>~${r.judge.more}</b> <span class="range">more rows</span></span></div>`}
        </div>
        <div class="beside"><${Matrix} labels=${r.judge.labels} matrix=${r.judge.matrix} name=${name} />
        ${r.judge.rates.length > 0 && html`<div class="wide" tabindex="0" role="region" aria-label="Rates"><table><thead><tr><th>label</th><th>judge finds it<br /><small>true positive rate</small></th><th>judge leaves it out<br /><small>true negative rate</small></th></tr></thead>
          <tbody>${r.judge.rates.map((/** @type {any} */ t) => html`<tr><td>${name(t.label)}</td><td><${Figure} of=${t.true_positive} percent=${true} /></td><td><${Figure} of=${t.true_negative} percent=${true} /></td></tr>`)}</tbody></table></div>`}</div>`
      : html`<p class="hint">The rows have no answers of a judge to this question.</p>`}
    ${r.bias.length > 0 && html`<h3>What the judge prefers more often than people</h3>
      <div class="bias">${r.bias.map((/** @type {any} */ b) => html`<${Bias} key=${b.name} b=${b} />`)}</div>`}
    ${r.people && html`<h3>People with each other</h3>
      <p>${r.people.shared ? html`Krippendorff’s alpha <b>${r.people.alpha === null ? "–" : r.people.alpha.toFixed(2)}</b> on ${count(r.people.shared, "shared item")}` : "No row has answers of two people yet. Rows for two are 10% of the random queue, or all with --per-row 2."}</p>
      ${r.people.pairs.length > 0 && html`<div class="wide" tabindex="0" role="region" aria-label="Pairs of people"><table><tbody>${r.people.pairs.map((/** @type {any} */ p) => html`<tr><td>${p.people.join(" – ")}</td><td>${count(p.n, "item")}</td><td><${Figure} of=${p.raw} percent=${true} /></td><td>kappa ${p.kappa === null ? "–" : p.kappa.toFixed(2)}</td></tr>`)}</tbody></table></div>`}`}
    ${r.self.length > 0 && html`<h3>People with themselves</h3>${r.self.map((/** @type {any} */ s) => html`<p>${s.person}: <${Figure} of=${s.share} percent=${true} /> of ${s.share?.n} rows seen again</p>`)}`}
    ${r.gaps.length > 0 && html`<h3>Widest gaps</h3><ul class="gaps">${r.gaps.map((/** @type {any} */ g) => html`<li><a href=${`/row/${g.uid}`}>${g.annotator} says <b>${name(g.person)}</b>, the judge <b>${name(g.judge)}</b>${g.unit !== "" ? ` about #${Number(g.unit) + 1}` : ""}</a></li>`)}</ul>`}
  </section>`;
}

/** @param {any} props */
function Matrix({ labels, matrix, name }) {
  const most = Math.max(...matrix.flat(), 1);
  return html`<table class="matrix"><caption>rows: people · columns: judge</caption><thead><tr><td></td>${labels.map((/** @type {any} */ l) => html`<th scope="col">${name(l)}</th>`)}</tr></thead>
    <tbody>${matrix.map((/** @type {number[]} */ row, /** @type {number} */ i) => html`<tr><th scope="row">${name(labels[i])}</th>
      ${row.map((n, j) => html`<td class=${i === j ? "same" : "differs"} style=${{ "--share": n / most }}>${n || ""}</td>`)}</tr>`)}</tbody></table>`;
}

/** @param {any} props */
function Bias({ b }) {
  const x = (/** @type {number} */ v) => 50 + 50 * Math.max(-1, Math.min(1, v / 0.6));
  const clear = b.low > 0 || b.high < 0;
  return html`<div class=${`bias-row ${clear ? "clear" : ""}`}><span>${b.name}</span>
    <svg viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true"><line x1="50" x2="50" y1="0" y2="12" class="zero" /><line x1=${x(b.low)} x2=${x(b.high)} y1="6" y2="6" class="whisker" /><rect x=${x(b.value) - 0.8} y="2" width="1.6" height="8" class="dot" /></svg>
    <span class="figure"><b>${b.value > 0 ? "+" : ""}${Math.round(b.value * 100)} pts</b> <span class="range">${Math.round(b.low * 100)} – ${Math.round(b.high * 100)}, n ${b.n}</span></span></div>`;
}
