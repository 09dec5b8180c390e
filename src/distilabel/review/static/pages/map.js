// /map: a sample of the rows as points, by their embeddings.
// @ts-check
import { html, useEffect, useState } from "../vendor/preact.js";
import { get } from "../api.js";
import { Empty } from "../parts.js";
import { go, source } from "../state.js";

export function MapPage() {
  const [found, setFound] = useState(/** @type {any} */ (null));
  const [error, setError] = useState("");
  const [over, setOver] = useState(/** @type {any} */ (null));
  const from = source();
  useEffect(() => { get("map").then(setFound).catch((problem) => setError(problem.message)); }, [from?.name]);
  if (error) return html`<${Empty} title="There is no map of these rows."><p>${error}</p></${Empty}>`;
  if (!found) return html`<div class="waiting-row" aria-busy="true"></div>`;
  const xs = found.points.map((/** @type {any} */ p) => p.x);
  const ys = found.points.map((/** @type {any} */ p) => p.y);
  const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const clusters = [...new Set(found.points.map((/** @type {any} */ p) => p.cluster))].filter(Boolean);
  const open = async (/** @type {any} */ p) => {
    const { uid } = await get("find", { at: p.position });
    go(`/row/${uid}?at=${p.position}`);
  };
  return html`<div class="page"><div class="toolbar"><h1>Map</h1><span class="hint">${found.points.length.toLocaleString("en")} rows by ${found.by}</span></div>
    <p class="map-title" role="status">${over ? `${over.cluster ? `${over.cluster}: ` : ""}${over.title}` : "Point at a row; click to open it."}</p>
    <svg class="map" viewBox="0 0 1000 640" role="img" aria-label="Rows as points">
      ${found.points.map((/** @type {any} */ p) => html`<circle class=${`point color-${clusters.indexOf(p.cluster) % 8}`} cx=${20 + (960 * (p.x - x0)) / (x1 - x0 || 1)} cy=${20 + (600 * (p.y - y0)) / (y1 - y0 || 1)} r="4.5"
        onMouseEnter=${() => setOver(p)} onClick=${() => open(p)} />`)}
    </svg>
    ${clusters.length > 0 && html`<p class="legend">${clusters.slice(0, 16).map((c, i) => html`<span class=${`color-${i % 8}`}>● <span>${c}</span></span>`)}</p>`}</div>`;
}
