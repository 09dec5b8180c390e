// /codes: kinds of faults, how often each was seen, and the notes that are not grouped yet.
// @ts-check
import { html, useEffect, useState } from "../vendor/preact.js";
import { get, post } from "../api.js";
import { newId, put } from "../outbox.js";
import { Empty, count } from "../parts.js";
import { notify, source } from "../state.js";

export function CodesPage() {
  const [found, setFound] = useState(/** @type {any} */ (null));
  const [open, setOpen] = useState(false);
  const from = source();
  const read = () => get("codes").then(setFound).catch((problem) => notify(problem.message, "error"));
  useEffect(() => { read(); }, [from?.name]);
  const change = async (/** @type {any} */ body) => {
    try {
      await post("codes", body);
    } catch (problem) {
      notify(/** @type {Error} */ (problem).message, "error");
    }
    read();
  };
  if (!found || !from) return html`<div class="waiting-row" aria-busy="true"></div>`;
  const most = Math.max(...found.codes.map((/** @type {any} */ c) => c.count), 1);
  const notes = open ? found.notes.filter((/** @type {any} */ n) => !n.codes.length) : found.notes;
  const assign = (/** @type {any} */ note, /** @type {number[]} */ codes) => {
    put(from.name, [{ id: newId(), uid: note.uid, question: "codes", unit: "", value: codes, status: "submitted", strategy: "codes", ms: 0 }]);
    setFound({ ...found, notes: found.notes.map((/** @type {any} */ n) => (n === note ? { ...n, codes } : n)) });
  };
  return html`<div class="page narrow">
    <h1>Codes</h1>
    <p class="lead">Read rows, note the first fault of each, then group the notes to codes and count them.</p>
    <form class="add" onSubmit=${(/** @type {any} */ e) => { e.preventDefault(); if (e.target.name.value.trim()) change({ name: e.target.name.value, description: e.target.description.value }); e.target.reset(); }}>
      <input name="name" placeholder="new code" aria-label="Name of a new code" maxlength="60" /><input class="grow" name="description" placeholder="what it means" aria-label="What it means" /><button class="button">Add</button></form>
    ${found.codes.length === 0 && html`<${Empty} title="There are no codes yet." />`}
    <ul class="codes">${[...found.codes].sort((a, b) => b.count - a.count).map((c) => html`<li key=${c.id}>
      <a class="code-name" href=${`/rows?f=code:${c.id}`}>${c.name}</a>
      <span class="meter"><span style=${{ width: `${(100 * c.count) / most}%` }}></span></span><b class="n">${c.count}</b>
      <details class="menu"><summary aria-label=${`Change ${c.name}`}>⋯</summary><form onSubmit=${(/** @type {any} */ e) => { e.preventDefault(); change({ id: c.id, name: e.target.name.value, description: e.target.description.value }); }}>
        <label>name <input name="name" value=${c.name} maxlength="60" /></label><label>means <input name="description" value=${c.description} /></label><button class="button">Rename</button>
        <label>merge into <select onChange=${(/** @type {any} */ e) => e.target.value && change({ id: c.id, into: Number(e.target.value) })}><option value="">…</option>${found.codes.filter((/** @type {any} */ o) => o.id !== c.id).map((/** @type {any} */ o) => html`<option value=${o.id}>${o.name}</option>`)}</select></label></form></details>
      ${c.description && html`<p class="hint">${c.description}</p>`}</li>`)}</ul>
    <div class="toolbar"><h2>Notes</h2><span class="hint">${count(found.notes.length, "note")} on ${count(found.reviewed, "reviewed row")}</span><span class="grow"></span>
      <label class="check"><input type="checkbox" checked=${open} onChange=${(/** @type {any} */ e) => setOpen(e.target.checked)} /> without a code</label></div>
    <ul class="notes">${notes.map((/** @type {any} */ n) => html`<li key=${n.uid + n.annotator}>
      <a href=${`/row/${n.uid}`} dir="auto">${n.text}</a> <span class="hint">${n.annotator}</span>
      <span class="chips">${found.codes.filter((/** @type {any} */ c) => n.codes.includes(c.id)).map((/** @type {any} */ c) => html`<button class="chip tiny on" onClick=${() => assign(n, n.codes.filter((/** @type {number} */ id) => id !== c.id))}>${c.name} ×</button>`)}
        <select aria-label="Add a code to this note" value="" onChange=${(/** @type {any} */ e) => { const id = Number(e.target.value); e.target.value = ""; if (id) assign(n, [...n.codes, id]); }}><option value="">+ code</option>${found.codes.filter((/** @type {any} */ c) => !n.codes.includes(c.id)).map((/** @type {any} */ c) => html`<option value=${c.id}>${c.name}</option>`)}</select></span></li>`)}</ul>
  </div>`;
}
