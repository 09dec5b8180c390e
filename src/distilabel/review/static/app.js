// The frame of all pages: which one the address names, the head of the page, messages and the list of keys.
// @ts-check
import { html, render, signal, useEffect } from "./vendor/preact.js";
import { ReplyError, refresh } from "./api.js";
import { DEFAULTS, keyFor, onKeys } from "./keys.js";
import { send, waiting } from "./outbox.js";
import { Modal } from "./parts.js";
import { dismiss, go, locked, notices, overview, place, setQuery, source } from "./state.js";
import "./theme.js";
import { AgreePage } from "./pages/agree.js";
import { CodesPage } from "./pages/codes.js";
import { ExportPage } from "./pages/export.js";
import { HomePage } from "./pages/home.js";
import { LivePage } from "./pages/live.js";
import { MapPage } from "./pages/map.js";
import { ReviewPage } from "./pages/review.js";
import { RowPage } from "./pages/row.js";
import { RowsPage } from "./pages/rows.js";
import { SetupPage } from "./pages/setup.js";

const problem = signal("");
const keysShown = signal(false);

function App() {
  useEffect(() => {
    const read = () => refresh().then(() => { problem.value = ""; send(); }).catch((error) => {
      problem.value = error.message;
      if (!(error instanceof ReplyError && error.status === 401)) setTimeout(read, 1500);
    });
    read();
    return onKeys((action) => {
      if (action === "help") return (keysShown.value = !keysShown.value), true;
      return false;
    });
  }, []);
  if (locked.value) return html`<main class="page narrow"><h1>Open the address from the terminal</h1><p class="lead">This page belongs to a review that only its owner may see. Open the address that <code>distilabel review</code> printed: it contains the token.</p></main>`;
  if (!overview.value) return html`<main class="page narrow">${problem.value && html`<p class="banner error" role="alert">${problem.value}</p>`}</main>`;
  return html`<${Head} /><main id="main"><${Page} /></main><${Notices} />
    ${keysShown.value && html`<${Modal} title="Keys" close=${() => (keysShown.value = false)}><table class="keys"><tbody>
      <tr><td><kbd>1</kbd>–<kbd>9</kbd></td><td>answer, or rate the card with the frame</td></tr><tr><td><kbd>Tab</kbd></td><td>next card or field</td></tr>
      ${Object.entries(DEFAULTS).map(([action, [, what]]) => html`<tr><td><kbd>${keyFor(action)}</kbd></td><td>${what}</td></tr>`)}</tbody></table>
      <p class="hint">Change them at <a href="/setup" onClick=${() => (keysShown.value = false)}>Setup</a>.</p></${Modal}>`}`;
}

function Head() {
  const here = place.value.path;
  const from = source();
  const links = [["/review", "Review"], ["/rows", "Rows"], ["/agree", "Agreement"], ["/codes", "Codes"], ...(from?.map ? [["/map", "Map"]] : []), ["/export", "Export"], ...(overview.value.live ? [["/live", "Live"]] : []), ["/setup", "Setup"]];
  const mine = overview.value.owner ? links : links.filter(([to]) => !["/agree", "/export", "/live"].includes(to));
  return html`<header class="head"><a class="skip" href="#main">Skip to the content</a>
    <a class="brand" href="/"><svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true"><rect width="32" height="32" rx="8" class="logo" /><path d="m8 16.5 5.5 5.5L24 10.5" class="tick" /></svg><span>distilabel</span></a>
    <nav aria-label="Pages">${mine.map(([to, name]) => html`<a href=${to} aria-current=${here === to || (to === "/rows" && here.startsWith("/row/")) ? "page" : null}>${name}</a>`)}</nav>
    <span class="grow"></span>
    ${overview.value.sources.length > 1 && html`<select aria-label="Source" value=${from?.name} onChange=${(/** @type {any} */ e) => setQuery({ source: e.target.value, f: [], q: "", start: "", sort: "" })}>${overview.value.sources.map((/** @type {any} */ s) => html`<option>${s.name}</option>`)}</select>`}
    <${Saved} /><a class="who" href="/setup" title="Your name">${overview.value.person || "who are you?"}</a></header>`;
}

function Saved() {
  const { count, offline } = waiting.value;
  const text = offline ? `${count} waiting` : count ? `saving ${count}` : "saved ✓";
  return html`<button class=${`saved ${offline ? "off" : ""}`} title=${offline || "All answers are stored."} onClick=${() => send()} role="status">${text}${offline ? html`<span class="why">${offline}</span>` : ""}</button>`;
}

function Page() {
  const path = place.value.path;
  const row = /^\/row\/([0-9a-f-]+)$/.exec(path);
  const live = /^\/live(?:\/([0-9a-z-]+))?$/.exec(path);
  useEffect(() => { document.title = `${titles[path] ?? (row ? "Row" : live ? "Live" : "Review")} · distilabel`; }, [path]);
  if (!overview.value.person && path === "/review") return html`<${SetupPage} />`;
  if (row) return html`<${RowPage} uid=${row[1]} />`;
  if (live) return html`<${LivePage} run=${live[1] ?? ""} />`;
  const Shown = pages[path] ?? HomePage;
  return html`<${Shown} />`;
}
/** @type {Record<string, any>} */
const pages = { "/": HomePage, "/review": ReviewPage, "/rows": RowsPage, "/agree": AgreePage, "/codes": CodesPage, "/map": MapPage, "/export": ExportPage, "/setup": SetupPage };
/** @type {Record<string, string>} */
const titles = { "/": "Review", "/review": "Review", "/rows": "Rows", "/agree": "Agreement", "/codes": "Codes", "/map": "Map", "/export": "Export", "/setup": "Setup" };

function Notices() {
  return html`<div class="notices" role="status" aria-live="polite">${notices.value.map((n) => html`<div key=${n.id} class=${`notice ${n.kind}`}><span>${n.text}</span><button class="plain" aria-label="Dismiss" onClick=${() => dismiss(n.id)}>✕</button></div>`)}</div>`;
}

// Links within the pages do not load them anew.
addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (!link || link.target || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  const to = new URL(link.href);
  if (to.origin !== location.origin || link.getAttribute("href")?.startsWith("#")) return;
  event.preventDefault();
  go(to.pathname + to.search);
});

render(html`<${App} />`, /** @type {Element} */ (document.getElementById("app")));
