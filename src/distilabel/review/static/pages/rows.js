// /rows: pages of rows, with filters, histograms and search; the address holds all of it.
// @ts-check
import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { get, post, refresh, stream } from "../api.js";
import { onKeys } from "../keys.js";
import { Key, Modal, count } from "../parts.js";
import { go, notify, overview, place, setQuery, source } from "../state.js";

const SIZE = 100;

export function RowsPage() {
  const query = place.value.query;
  const filters = query.getAll("f");
  const sort = query.get("sort") ?? "";
  const start = Number(query.get("start") ?? 0);
  const text = query.get("q") ?? "";
  const from = source();
  const [page, setPage] = useState(/** @type {any} */ (null));
  const [error, setError] = useState("");
  const [bars, setBars] = useState(/** @type {any[]} */ ([]));
  const [cursor, setCursor] = useState(0);
  const cache = useRef(new Map());
  const reading = useRef(/** @type {AbortController | null} */ (null));
  const key = JSON.stringify([from?.name, filters, sort]);

  useEffect(() => {
    cache.current.clear();
    const control = (reading.current = new AbortController());
    const timer = setTimeout(() => {
      get("histograms", { f: filters }, control.signal).then((found) => setBars(found.histograms)).catch(() => {});
    }, 60);
    return () => { control.abort(); clearTimeout(timer); };
  }, [key]);

  useEffect(() => {
    let left = false;
    const read = async (/** @type {number} */ at) => {
      const name = `${key}:${at}`;
      if (!cache.current.has(name)) cache.current.set(name, get("rows", { f: filters, sort, start: at, count: SIZE }, reading.current?.signal));
      return cache.current.get(name);
    };
    read(start).then((found) => {
      if (left) return;
      setPage(found);
      setError("");
      setCursor(0);
      // The next page is there before it is asked for.
      if (start + SIZE < found.matching) read(start + SIZE).catch(() => {});
    }).catch((problem) => { if (!left) setError(problem.message); cache.current.clear(); });
    return () => { left = true; };
  }, [key, start]);

  useEffect(() => onKeys((action) => {
    if (document.querySelector("dialog[open]")) return false;
    const rows = page?.rows ?? [];
    if (action === "down" || action === "up") {
      const next = Math.max(0, Math.min(rows.length - 1, cursor + (action === "down" ? 1 : -1)));
      setCursor(next);
      document.getElementById(`row-${next}`)?.focus();
      return true;
    }
    if (action === "search") return document.getElementById("search")?.focus(), true;
    if (action === "goto") return document.getElementById("goto")?.focus(), true;
    return false;
  }), [page, cursor]);

  if (!from) return null;
  const flip = (/** @type {number} */ by) => setQuery({ start: Math.max(0, start + by * SIZE) || "" });
  const add = (/** @type {string[]} */ more) => setQuery({ f: [...new Set([...filters, ...more])], start: "" });
  return html`<div class="page">
    <h1 class="sr">Rows</h1>
    <div class="toolbar">
      <form class="search" role="search" onSubmit=${(/** @type {any} */ e) => { e.preventDefault(); setQuery({ q: e.target.q.value }); }}>
        <input id="search" name="q" type="search" placeholder="search all texts" aria-label="Search all texts" value=${text} /><${Key} action="search" />
      </form>
      <${AddFilter} page=${page} add=${add} />
      <label>sort <select value=${sort} onChange=${(/** @type {any} */ e) => setQuery({ sort: e.target.value, start: "" })}>
        <option value="">as in the data</option>
        ${(page?.facts ?? []).flatMap((/** @type {any} */ f) => [html`<option value=${f.name}>${f.name} ↑</option>`, html`<option value=${`-${f.name}`}>${f.name} ↓</option>`])}
      </select></label>
      <span class="grow"></span>
      ${page && page.matching > 0 && html`<a class="button" href=${`/review?${new URLSearchParams([["source", from.name], ["queue", "filter"], ["sort", sort], ...filters.map((f) => ["f", f])])}`}>Review these</a>`}
      ${page && filters.length > 0 && overview.value.owner && html`<${AnswerAll} filters=${filters} page=${page} from=${from} done=${() => { cache.current.clear(); setQuery({ start: start || "" }, true); }} />`}
    </div>
    <div class="filters" aria-label="Filters">
      ${filters.map((f) => html`<span class="chip on" key=${f}>
        <button title="Turn the filter around" onClick=${() => setQuery({ f: filters.map((x) => (x === f ? (f.startsWith("!") ? f.slice(1) : `!${f}`) : x)), start: "" })}>${f.startsWith("!") ? html`<b>not</b> ` : ""}${f.replace(/^!/, "").replace(/^is:/, "")}</button>
        <button aria-label=${`Remove the filter ${f}`} onClick=${() => setQuery({ f: filters.filter((x) => x !== f), start: "" })}>×</button></span>`)}
      <span class="hint" role="status">${page ? `${page.matching.toLocaleString("en")} of ${page.total.toLocaleString("en")}` : ""}</span>
    </div>
    ${bars.length > 0 && html`<div class="histograms">${bars.map((each) => html`<${Histogram} key=${each.name} each=${each} add=${add} />`)}</div>`}
    ${text ? html`<${Hits} text=${text} from=${from} />` : html`
      ${error && html`<p class="banner error" role="alert">${error}</p>`}
      <${Pager} page=${page} start=${start} flip=${flip} />
      <div class="rows" role="list">
        ${(page?.rows ?? []).map((/** @type {any} */ row, /** @type {number} */ i) => html`<${Row} key=${row.position} row=${row} i=${i} />`)}
      </div>
      <${Pager} page=${page} start=${start} flip=${flip} second=${true} />`}
  </div>`;
}

/** @param {any} props */
function Row({ row, i }) {
  const told = row.answers.filter((/** @type {any} */ a) => a.status === "submitted" && !["note", "codes", "edit"].includes(a.question));
  return html`<div role="listitem"><a class="row" id=${`row-${i}`} href=${`/row/${row.uid}?at=${row.position}`}>
    <span class="number">${row.position.toLocaleString("en")}</span>
    <span class="texts"><span class="title" dir="auto">${row.title || "–"}</span>
      <span class="previews">${row.candidates.slice(0, 4).map((/** @type {string} */ c) => html`<span dir="auto">${c}</span>`)}</span></span>
    <span class="marks">
      ${told.map((/** @type {any} */ a) => html`<span class=${`chip tiny ${a.question === "flag" ? "warn" : "on"}`}>${a.question === "flag" ? "⚑" : `${a.annotator}: ${nice(a)}`}</span>`)}
      ${Object.entries(row.facts).slice(0, 4).map(([name, value]) => html`<span class="fact" title=${name}>${short(value)}</span>`)}
    </span>
  </a></div>`;
}
/** @param {any} a */
const nice = (a) => (a.question === "choice" ? (a.value === -1 ? "both good" : a.value === -2 ? "both bad" : `#${a.value + 1}`) : `${a.unit ? `#${Number(a.unit) + 1} ` : ""}${a.value}`);
/** @param {any} value @returns {string} */
const short = (value) => (Array.isArray(value) ? value.map(short).join(" · ") : typeof value === "number" ? String(Math.round(value * 1000) / 1000) : String(value)).slice(0, 40);

/** @param {any} props */
function Pager({ page, start, flip, second = false }) {
  if (!page) return html`<div class="pager"></div>`;
  const last = Math.min(start + SIZE, page.matching);
  return html`<nav class="pager" aria-label=${second ? "Pages, below" : "Pages"}>
    <button class="plain" disabled=${start <= 0} onClick=${() => flip(-1)} aria-label="Page before">‹</button>
    <span>${page.matching ? `${(start + 1).toLocaleString("en")}–${last.toLocaleString("en")}` : "no rows"}</span>
    <button class="plain" disabled=${last >= page.matching} onClick=${() => flip(1)} aria-label="Next page">›</button>
    ${!second && html`<form onSubmit=${(/** @type {any} */ e) => { e.preventDefault(); open(e.target.n.value); }}>
      <label>go to row <input id="goto" name="n" type="number" min="0" max=${page.total - 1} placeholder="0" /></label></form>`}
  </nav>`;
  /** @param {string} n */
  async function open(n) {
    if (n === "") return;
    try {
      const { uid, position } = await get("find", { at: n });
      go(`/row/${uid}?at=${position}`);
    } catch (problem) {
      notify(/** @type {Error} */ (problem).message, "error");
    }
  }
}

/** @param {any} props */
function Histogram({ each, add }) {
  const most = Math.max(...each.bars.map((/** @type {any} */ b) => b.count), 1);
  const width = 150 / each.bars.length;
  return html`<figure class="histogram"><figcaption>${each.name}</figcaption>
    <svg viewBox="0 0 150 48" role="group" aria-label=${`Histogram of ${each.name}`}>
      ${each.bars.map((/** @type {any} */ b, /** @type {number} */ i) => {
        const height = b.count ? Math.max(1.5, (b.count / most) * 44) : 0;
        return html`<g tabindex="0" role="button" aria-label=${`${b.label}: ${b.count} rows`} onClick=${() => add(b.filter)}
            onKeyDown=${(/** @type {any} */ e) => (e.key === "Enter" || e.key === " ") && (e.preventDefault(), add(b.filter))}>
          <title>${b.label}: ${b.count.toLocaleString("en")}</title>
          <rect class="hit" x=${i * width} y="0" width=${width} height="48" /><rect class="bar" x=${i * width + 0.75} y=${48 - height} width=${width - 1.5} height=${height} rx="1.5" /></g>`;
      })}
    </svg>
    <div class="ends"><span>${each.bars[0].label}</span><span>${each.bars.length > 1 ? each.bars[each.bars.length - 1].label : ""}</span></div>
  </figure>`;
}

const CONDITIONS = ["is:reviewed", "!is:reviewed", "is:flagged", "is:noted", "is:later", "is:mixed", "is:overruled"];
/** @param {any} props */
function AddFilter({ page, add }) {
  const [open, setOpen] = useState(false);
  const people = Object.keys(source()?.people ?? {});
  return html`<button class="button" onClick=${() => setOpen(true)}>+ filter</button>
    ${open && html`<${Modal} title="Add a filter" close=${() => setOpen(false)}>
      <h3>By answers</h3>
      <p class="chips">${[...CONDITIONS, ...people.map((p) => `by:${p}`)].map((c) => html`<button class="chip" onClick=${() => { add([c]); setOpen(false); }}>${c.replace("!is:", "not ").replace("is:", "").replace("mixed", "people differ").replace("overruled", "judge overruled").replace("by:", "by ")}</button>`)}</p>
      <h3>By a column</h3>
      <form class="filter-form" onSubmit=${(/** @type {any} */ e) => {
        e.preventDefault();
        const f = e.target;
        add([`${f.not.checked ? "!" : ""}${f.column.value}${f.op.value}${f.value.value}`]);
        setOpen(false);
      }}>
        <label class="check"><input type="checkbox" name="not" /> not</label>
        <select name="column" aria-label="Column">${(page?.facts ?? []).map((/** @type {any} */ f) => html`<option>${f.name}</option>`)}</select>
        <select name="op" aria-label="Comparison">${["=", ">=", "<=", ">", "<", "~"].map((o) => html`<option value=${o}>${o === "~" ? "contains" : o}</option>`)}</select>
        <input name="value" aria-label="Value" required />
        <button class="button primary">Add</button>
      </form>
    </${Modal}>`}`;
}

/** @param {any} props */
function AnswerAll({ filters, page, from, done }) {
  const [open, setOpen] = useState(false);
  const run = async (/** @type {string} */ question, /** @type {any} */ value) => {
    setOpen(false);
    try {
      const { strategy, rows } = await post("all", { question, value, count: page.matching }, { f: filters });
      sessionStorage.setItem("bulk", strategy);
      notify(`${count(rows, "row")} answered. Undo it from “answer all”.`);
      await refresh();
      done();
    } catch (problem) {
      notify(/** @type {Error} */ (problem).message, "error");
    }
  };
  const last = sessionStorage.getItem("bulk");
  return html`<button class="button" onClick=${() => setOpen(true)}>answer all ${page.matching.toLocaleString("en")}…</button>
    ${open && html`<${Modal} title=${`Answer ${count(page.matching, "row")} at once`} close=${() => setOpen(false)}>
      <p>These answers count like others in exports. They are left out of agreement, which uses random rows.</p>
      ${from.questions.map((/** @type {any} */ q) => html`<p class="chips">${(q.kind === "choice" ? [[-1, "both good"], [-2, "both bad"]] : q.options.map((/** @type {any} */ o) => [o, String(o)])).map((/** @type {[any, string]} */ [value, name]) => html`<button class="chip" onClick=${() => run(q.name, value)}>${q.name}: ${name}</button>`)}</p>`)}
      <p class="chips"><button class="chip warn" onClick=${() => run("flag", true)}>flag all</button></p>
      ${last && html`<p><button class="button" onClick=${async () => { setOpen(false); const { cleared } = await post("all/undo", { strategy: last }); sessionStorage.removeItem("bulk"); notify(`${count(cleared, "answer")} taken back.`); await refresh(); done(); }}>Undo the last one</button></p>`}
    </${Modal}>`}`;
}

/** @param {any} props */
function Hits({ text, from }) {
  const [state, setState] = useState(/** @type {any} */ ({ rows: [], read: 0, hits: 0, done: false }));
  const control = useRef(/** @type {AbortController | null} */ (null));
  useEffect(() => {
    const abort = (control.current = new AbortController());
    /** @type {any} */
    let now = { rows: [], read: 0, hits: 0, done: false, error: "" };
    setState(now);
    stream("search", { q: text }, (line) => {
      now = { ...now, ...line, rows: line.rows ? [...now.rows, ...line.rows] : now.rows };
      setState(now);
    }, abort.signal).catch((problem) => !abort.signal.aborted && setState({ ...now, done: true, error: problem.message }));
    return () => abort.abort();
  }, [text, from.name]);
  const stop = () => { control.current?.abort(); setState({ ...state, done: true, stopped: true }); };
  const open = async (/** @type {number} */ position) => {
    const { uid } = await get("find", { at: position });
    go(`/row/${uid}?at=${position}`);
  };
  return html`<div class="hits">
    <p role="status"><b>${state.hits.toLocaleString("en")}</b> rows contain “${text}”
      ${state.done ? (state.stopped ? html` · stopped` : state.index ? html` · whole words, by the index` : "") : html` · ${Math.round((100 * state.read) / from.rows)}% read <button class="plain" onClick=${stop}>stop</button>`}
      <button class="plain" onClick=${() => setQuery({ q: "" })}>leave the search</button></p>
    ${state.error && html`<p class="banner error" role="alert">${state.error}</p>`}
    <div class="rows" role="list">${state.rows.slice(0, 300).map((/** @type {any} */ hit) => html`<div role="listitem" key=${hit.position}><button class="row" onClick=${() => open(hit.position)}>
      <span class="number">${hit.position.toLocaleString("en")}</span><span class="texts"><span class="title" dir="auto">${highlight(hit.snippet, text)}</span></span></button></div>`)}</div>
    ${state.rows.length > 300 && html`<p class="hint">The first 300 are shown. Search for more words to narrow them down.</p>`}
  </div>`;
}
/** @param {string} snippet @param {string} text */
function highlight(snippet, text) {
  const at = snippet.toLowerCase().indexOf(text.toLowerCase());
  return at < 0 ? snippet : [snippet.slice(0, at), html`<mark>${snippet.slice(at, at + text.length)}</mark>`, snippet.slice(at + text.length)];
}
