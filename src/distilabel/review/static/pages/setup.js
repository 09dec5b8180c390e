// /setup: questions and guidelines, how rows are shared out, keys, and colors.
// @ts-check
import { html, useState } from "../vendor/preact.js";
import { personName, post, refresh, setPersonName } from "../api.js";
import { DEFAULTS, bind, enable, enabled, keyFor, resetKeys } from "../keys.js";
import { notify, overview, source } from "../state.js";
import { setTheme, theme } from "../theme.js";

export function SetupPage() {
  const from = source();
  if (!from) return null;
  const owner = overview.value.owner;
  return html`<div class="page narrow">
    <h1>Setup</h1>
    ${owner && html`<${You} /><${Sharing} key=${`s${from.name}`} from=${from} />${from.questions.map((q) => html`<${QuestionForm} key=${`${from.name}-${q.name}-${q.version}`} q=${q} />`)}`}
    <section class="panel"><h2>Colors</h2><div class="segmented" role="radiogroup" aria-label="Colors">${["auto", "light", "dark"].map((t) => html`<label class=${theme.value === t ? "on" : ""}><input type="radio" name="theme" checked=${theme.value === t} onChange=${() => setTheme(t)} /><span>${t === "auto" ? "as the system" : t}</span></label>`)}</div></section>
    <${Keys} />
  </div>`;
}

function You() {
  const [name, setName] = useState(personName() || overview.value.person);
  return html`<section class="panel"><h2>You</h2><form class="inline" onSubmit=${(/** @type {any} */ e) => { e.preventDefault(); setPersonName(name.trim()); overview.value = { ...overview.value, person: "" }; refresh(); notify("Your next answers are under this name."); }}>
    <label>name <input value=${name} maxlength="60" onInput=${(/** @type {any} */ e) => setName(e.target.value)} /></label><button class="button">Use it</button></form></section>`;
}

/** @param {any} props */
function Sharing({ from }) {
  const s = from.settings;
  const set = async (/** @type {any} */ settings) => {
    try {
      await post("setup", { settings });
      await refresh();
    } catch (problem) {
      notify(/** @type {Error} */ (problem).message, "error");
    }
  };
  return html`<section class="panel"><h2>Rows and people</h2>
    <label>people per row <select value=${s.per_row ?? ""} onChange=${(/** @type {any} */ e) => set({ per_row: e.target.value ? Number(e.target.value) : null })}><option value="">one; two for 10% once there are two people</option>${[1, 2, 3, 4, 5].map((n) => html`<option value=${n}>${n}</option>`)}</select></label>
    <label>rows shown to a person again <select value=${String(s.repeats ?? 0.05)} onChange=${(/** @type {any} */ e) => set({ repeats: Number(e.target.value) })}>${[0, 0.02, 0.05, 0.1, 0.2].map((r) => html`<option value=${String(r)}>${r * 100}%</option>`)}</select></label>
    <label class="check"><input type="checkbox" checked=${s.shuffle ?? true} onChange=${(/** @type {any} */ e) => set({ shuffle: e.target.checked })} /> shuffle the answers of a row, so that places tell nothing</label>
  </section>`;
}

/** @param {any} props */
function QuestionForm({ q }) {
  const [options, setOptions] = useState(q.options.join("\n"));
  const [text, setText] = useState(q.guidelines);
  const save = async (/** @type {any} */ e) => {
    e.preventDefault();
    const words = options.split("\n").map((/** @type {string} */ o) => o.trim()).filter(Boolean);
    const values = q.kind === "rating" ? words.map(Number) : words;
    try {
      await post("setup", { question: { name: q.name, guidelines: text, ...(q.kind === "choice" ? {} : { options: values }) } });
      await refresh();
      notify("Stored as the next version of the question. Earlier answers keep theirs.");
    } catch (problem) {
      notify(/** @type {Error} */ (problem).message, "error");
    }
  };
  return html`<section class="panel"><h2>Question: ${q.name} <span class="hint">version ${q.version}</span></h2><form onSubmit=${save}>
    ${q.kind !== "choice" && html`<label>${q.kind === "rating" ? "ratings, one per line" : "labels, one per line; digits answer in this order"}<textarea rows=${Math.min(8, q.options.length + 1)} value=${options} onInput=${(/** @type {any} */ e) => setOptions(e.target.value)}></textarea></label>`}
    <label>guidelines (Markdown)<textarea rows="5" value=${text} onInput=${(/** @type {any} */ e) => setText(e.target.value)}></textarea></label>
    <button class="button">Store</button></form></section>`;
}

function Keys() {
  const [open, setOpen] = useState("");
  return html`<section class="panel"><h2>Keys</h2>
    <label class="check"><input type="checkbox" checked=${enabled.value} onChange=${(/** @type {any} */ e) => enable(e.target.checked)} /> single keys work outside of text fields</label>
    <table class="keys"><tbody><tr><td><kbd>1</kbd>–<kbd>9</kbd></td><td>answer, or rate the card with the frame</td><td></td></tr><tr><td><kbd>Tab</kbd></td><td>next card or field</td><td></td></tr>
    ${Object.entries(DEFAULTS).map(([action, [, what]]) => html`<tr key=${action}><td>${open === action ? html`<input class="press" aria-label=${`New key for ${what}`} placeholder="press a key" ref=${(/** @type {any} */ el) => el?.focus()}
        onBlur=${() => setOpen("")} onKeyDown=${(/** @type {any} */ e) => { if (["Tab", "Shift", "Backspace", "Delete"].includes(e.key) || /^[1-9]$/.test(e.key)) return; e.preventDefault(); e.stopPropagation(); bind(action, e.key); setOpen(""); }} />` : html`<kbd>${keyFor(action)}</kbd>`}</td><td>${what}</td><td><button class="plain small" onClick=${() => setOpen(action)}>change<span class="sr"> the key for ${what}</span></button></td></tr>`)}</tbody></table>
    <button class="button" onClick=${resetKeys}>Reset all</button></section>`;
}
