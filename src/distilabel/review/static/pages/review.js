// /review: one row after the other, answered by keys; what models and judges are called stays hidden.
// @ts-check
import { html, signal, useEffect, useMemo, useRef } from "../vendor/preact.js";
import { get, post } from "../api.js";
import { Block, Text, raw, textOf } from "../blocks.js";
import { Difference } from "../diff.js";
import { keyFor, onKeys } from "../keys.js";
import { conflict, revealed, waiting } from "../outbox.js";
import { Session } from "../session.js";
import { notify, place, setQuery, source } from "../state.js";
import { Empty, Key, Modal } from "../parts.js";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const diff = signal(false);
const reveal = signal(false);
const guidelines = signal(false);
const tagging = signal(false);
const codes = signal(/** @type {any[] | null} */ (null));
/** The card that digits rate. */
const focused = signal(0);
const editing = signal(/** @type {number | null} */ (null));

export function ReviewPage() {
  const from = source();
  const queue = place.value.query.get("queue") ?? "random";
  const filters = place.value.query.getAll("f");
  const sort = place.value.query.get("sort") ?? "";
  const session = useMemo(
    () => (from ? new Session(from, queue, filters, sort) : null),
    [from?.name, queue, filters.join("&"), sort],
  );
  useEffect(() => {
    session?.start();
    get("codes").then((found) => (codes.value = found.codes)).catch(() => {});
    return () => session?.close();
  }, [session]);
  if (!from || !session) return html`<${Empty} title="There are no rows." />`;
  return html`<${Desk} key=${queue} session=${session} from=${from} queue=${queue} />`;
}

/** @param {{session: Session, from: any, queue: string}} props */
function Desk({ session, from, queue }) {
  const card = session.card.value;
  const draft = session.draft.value;
  const main = from.questions[0];
  const shown = useRef(null);

  useEffect(() => {
    focused.value = 0;
    editing.value = null;
    tagging.value = false;
    scrollTo(0, 0);
    for (const body of document.querySelectorAll(".card .body")) body.scrollTop = 0;
  }, [card?.uid]);
  useEffect(() => onKeys((action, event) => act(session, from, action, event)), [session, from]);

  if (card === undefined) {
    return html`<${Head} session=${session} from=${from} queue=${queue} />
      <${Empty} title="Nothing left in this queue.">
        <p>${session.decided.value} rows are decided. Rows that other people have on their screens come back when they leave them.</p>
        <p class="actions"><a class="button primary" href="/agree">See how far you agree</a> <a class="button" href="/export">Export</a></p>
        <${Last} session=${session} />
      </${Empty}>`;
  }
  if (!card) {
    return html`<${Head} session=${session} from=${from} queue=${queue} />
      ${session.error.value ? html`<${Empty} title="Rows cannot be read now."><p>${session.error.value}</p></${Empty}>` : html`<div class="waiting-row" aria-busy="true"></div>`}`;
  }
  const pair = card.candidates.length === 2;
  // Short values, such as a topic, take one line; a single text is what the answers are about.
  const facts = card.context.length > 1 ? card.context.filter((/** @type {any} */ block) => block.kind === "text" && block.text.length < 40) : [];
  return html`<${Head} session=${session} from=${from} queue=${queue} />
    <div class=${`desk ${card.candidates.length < 4 ? "fits" : ""}`} ref=${shown} data-uid=${card.uid}>
      ${session.elsewhere.value &&
      html`<p class="banner" role="status">You answered this row in another window: ${session.elsewhere.value}. What you answer here counts instead.</p>`}
      ${card.strategy === "repeat" && html`<p class="banner quiet">You have seen this row before: it measures how steady answers are.</p>`}
      ${facts.length > 0 &&
      html`<p class="shorts">${facts.map((/** @type {any} */ block) => html`<span key=${block.name}><b>${block.name.replaceAll("_", " ")}</b> <span dir="auto">${block.text}</span></span>`)}</p>`}
      ${card.context.filter((/** @type {any} */ block) => !facts.includes(block)).map(
        (/** @type {any} */ block) => html`<section class="context" key=${block.name}>
          <h2>${block.name.replaceAll("_", " ")}</h2>
          <div class="body" tabindex=${long(block) ? 0 : null} role=${long(block) ? "group" : null} aria-label=${long(block) ? block.name : null}><${Block} block=${block} uid=${card.uid} /></div>
        </section>`,
      )}
      ${card.candidates.length > 1 &&
      html`<div class="only-small tabs" role="tablist" aria-label="Cards">
        ${card.candidates.map(
          (/** @type {any} */ _, /** @type {number} */ i) => html`<button role="tab" aria-selected=${focused.value === i} onClick=${() => (focused.value = i)}>${LETTERS[i]}</button>`,
        )}
      </div>`}
      <div class=${`cards count-${Math.min(card.candidates.length, 4)}`}>
        ${card.candidates.map(
          (/** @type {any} */ block, /** @type {number} */ i) => html`<${Card}
            key=${`${card.uid}:${i}`} session=${session} from=${from} block=${block} i=${i}
            other=${pair && i === 1 ? card.candidates[0] : null} draft=${draft} card=${card} />`,
        )}
      </div>
      <${Side} session=${session} draft=${draft} />
      <${Answers} session=${session} from=${from} main=${main} draft=${draft} card=${card} />
      <${Last} session=${session} />
    </div>
    ${guidelines.value && html`<${Guidelines} from=${from} />`}
    ${conflict.value && html`<${Conflict} />`}`;
}

/** @param {any} block */
const long = (block) => textOf(block).length > 600;

/** @param {{session: Session, from: any, queue: string}} props */
function Head({ session, from, queue }) {
  const names = /** @type {Record<string, string>} */ ({
    random: "random", spread: "spread over ratings", gaps: "small gaps first", clusters: "one per cluster",
    flagged: "flagged", later: "put off", filter: "filtered rows",
  });
  const queues = queue === "filter" ? [...from.queues, "filter"] : from.queues;
  const goal = Math.min(from.rows, Math.max(200, Math.ceil((session.decided.value + 1) / 100) * 100));
  return html`<div class="review-head">
    <h1 class="sr">Review</h1>
    <label>queue
      <select value=${queue} onChange=${(/** @type {any} */ e) => setQuery({ queue: e.target.value, ...(e.target.value === "filter" ? {} : { f: [], sort: "" }) })}>
        ${queues.map((/** @type {string} */ q) => html`<option value=${q}>${names[q] ?? q}</option>`)}
      </select>
    </label>
    <div class="progress" title="rows decided by you">
      <progress value=${session.decided.value} max=${goal} aria-label="Rows decided"></progress>
      <b>${session.decided.value}</b><span>/ ${goal}</span>
    </div>
    <button class="plain" onClick=${() => (guidelines.value = true)}>guidelines <${Key} action="guidelines" /></button>
    <button class="plain" aria-pressed=${raw.value} onClick=${() => (raw.value = !raw.value)}>raw <${Key} action="raw" /></button>
  </div>`;
}

/** @param {any} props */
function Card({ session, from, block, i, other, draft, card }) {
  const rating = from.questions.find((/** @type {any} */ q) => q.kind === "rating");
  const single = card.candidates.length === 1;
  const edit = draft.edits[String(i)];
  const isChosen = draft.choice === i;
  const name = single ? "Answer" : LETTERS[i];
  return html`<section class=${`card ${focused.value === i && !single ? "focused" : ""} ${isChosen ? "chosen" : ""}`}
      aria-label=${single ? "Answer" : `Card ${name}`} onFocusCapture=${() => (focused.value = i)}>
    <header>
      <h2>${name}</h2>
      <span class="words">${block.words.toLocaleString()} words</span>
      ${other && html`<button class="plain small" aria-pressed=${diff.value} onClick=${() => (diff.value = !diff.value)}>diff <${Key} action="diff" /></button>`}
      <button class="plain small" onClick=${() => startEdit(session, i, block)}>edit ${focused.value === i || single ? html`<${Key} action="edit" />` : ""}</button>
    </header>
    <div class="body" tabindex="0" role="group" aria-label=${`Text of ${name}`}>
      ${editing.value === i
        ? html`<${Editor} session=${session} i=${i} text=${edit?.text ?? textOf(block)} original=${textOf(block)} />`
        : edit
          ? html`<div class="edited"><span class="chip">edited</span><${Difference} from=${textOf(block)} to=${edit.text} /></div>`
          : diff.value && other
            ? html`<${Difference} from=${textOf(other)} to=${textOf(block)} />`
            : html`<${Block} block=${block} uid=${card.uid} index=${i} />`}
    </div>
    ${rating &&
    html`<footer><div class="rating" role="radiogroup" aria-label=${`Rating of ${name}`}>
      ${rating.options.map(
        (/** @type {any} */ value) => html`<label class=${draft.ratings[String(i)] === value ? "on" : ""}>
          <input type="radio" name=${`rating-${card.uid}-${i}`} value=${value} checked=${draft.ratings[String(i)] === value}
            onChange=${() => rate(session, i, value)} />
          <span>${value}</span>
        </label>`,
      )}
    </div></footer>`}
  </section>`;
}

/** @param {Session} session @param {number} i @param {any} block */
function startEdit(session, i, block) {
  if (block.kind !== "text") return notify("Only texts can be edited, not conversations.");
  focused.value = i;
  editing.value = i;
}

/** @param {any} props */
function Editor({ session, i, text, original }) {
  const field = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  useEffect(() => {
    field.current?.focus();
    grow(field.current);
  }, []);
  const set = (/** @type {string} */ value) => {
    const edits = { ...session.draft.value.edits };
    const base = edits[String(i)]?.base ?? null;
    if (value === original && base === null) delete edits[String(i)];
    else edits[String(i)] = { text: value, base };
    session.change({ edits });
  };
  return html`<textarea ref=${field} class="editor" dir="auto" aria-label="Edited text" value=${text}
      onInput=${(/** @type {any} */ e) => { set(e.target.value); grow(e.target); }}></textarea>
    <p class="hint"><button class="plain small" onClick=${() => (editing.value = null)}>done <kbd>Esc</kbd></button>
      <button class="plain small" onClick=${() => { set(original); editing.value = null; }}>discard the edit</button></p>`;
}
/** @param {HTMLTextAreaElement | null} field */
function grow(field) {
  if (field) field.style.height = `${Math.min(field.scrollHeight + 4, innerHeight * 0.6)}px`;
}

/** @param {Session} session @param {number} i @param {number} value */
function rate(session, i, value) {
  session.change({ ratings: { ...session.draft.value.ratings, [String(i)]: value } });
}

/** Flag, codes and note. @param {any} props */
function Side({ session, draft }) {
  const known = codes.value ?? [];
  return html`<div class="side">
    <button class=${`chip ${draft.flag ? "on warn" : ""}`} aria-pressed=${draft.flag} onClick=${() => session.change({ flag: !draft.flag })}>
      ⚑ ${draft.flag ? "flagged" : "flag"} <${Key} action="flag" /></button>
    ${known.filter((c) => draft.codes.includes(c.id)).map(
      (c) => html`<button class="chip on" title="Remove this code" onClick=${() => session.change({ codes: draft.codes.filter((/** @type {number} */ id) => id !== c.id) })}>${c.name} ×</button>`,
    )}
    ${tagging.value
      ? html`<${Tagger} session=${session} draft=${draft} known=${known} />`
      : html`<button class="chip" onClick=${() => (tagging.value = true)}>+ code <${Key} action="tags" /></button>`}
    <label class="note"><span class="sr">Note</span>
      <input id="note" placeholder="note: the first fault you see" autocomplete="off" dir="auto" value=${draft.note}
        onInput=${(/** @type {any} */ e) => session.change({ note: e.target.value })}
        onKeyDown=${(/** @type {any} */ e) => e.key === "Enter" && e.target.blur()} /><${Key} action="note" /></label>
  </div>`;
}

/** @param {any} props */
function Tagger({ session, draft, known }) {
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => field.current?.focus(), []);
  const add = async (/** @type {string} */ name) => {
    tagging.value = false;
    if (!name.trim()) return;
    let code = known.find((/** @type {any} */ c) => c.name.toLowerCase() === name.trim().toLowerCase());
    if (!code) {
      try {
        const { id } = await post("codes", { name });
        code = { id, name: name.trim(), count: 0 };
        codes.value = [...known, code];
      } catch (error) {
        return notify(/** @type {Error} */ (error).message, "error");
      }
    }
    const now = session.draft.value.codes;
    if (!now.includes(code.id)) session.change({ codes: [...now, code.id] });
  };
  return html`<span class="tagger"><input ref=${field} list="codes" aria-label="Name of a code" placeholder="code" autocomplete="off" maxlength="60"
      onBlur=${(/** @type {any} */ e) => add(e.target.value)}
      onKeyDown=${(/** @type {any} */ e) => { if (e.key === "Enter") e.target.blur(); if (e.key === "Escape") { e.target.value = ""; e.target.blur(); } }} />
    <datalist id="codes">${known.map((/** @type {any} */ c) => html`<option value=${c.name} />`)}</datalist></span>`;
}

/** The buttons of the main question. @param {any} props */
function Answers({ session, main, draft, card }) {
  const n = card.candidates.length;
  const button = (/** @type {string} */ label, /** @type {string} */ key, /** @type {() => void} */ press, kind = "") =>
    html`<button class=${`answer ${kind}`} onClick=${press}><kbd>${key}</kbd><span>${label}</span></button>`;
  const rest = html`${button("later", keyFor("later"), () => later(session), "quiet")}`;
  if (main.kind === "choice") {
    return html`<div class="answers" role="group" aria-label="Answer">
      ${card.candidates.map((/** @type {any} */ _, /** @type {number} */ i) =>
        button(n === 2 ? `${LETTERS[i]} is better` : LETTERS[i], String(i + 1), () => choose(session, i), draft.choice === i ? "on" : ""))}
      ${n > 1 && html`${button("both good", keyFor("both_good"), () => choose(session, -1), draft.choice === -1 ? "on" : "")}
      ${button("both bad", keyFor("both_bad"), () => choose(session, -2), draft.choice === -2 ? "on" : "")}`}
      ${rest}
    </div>`;
  }
  if (main.kind === "rating") {
    const missing = n - Object.keys(draft.ratings).length;
    return html`<div class="answers" role="group" aria-label="Answer">
      <span class="hint">${missing ? html`<kbd>1</kbd>–<kbd>${main.options.length}</kbd> rate card ${n > 1 ? LETTERS[focused.value] : ""}` : "all rated"}</span>
      ${button("submit", "↵", () => submit(session, main), missing ? "" : "on")} ${rest}
    </div>`;
  }
  return html`<div class="answers" role="group" aria-label="Answer">
    ${main.options.map((/** @type {any} */ option, /** @type {number} */ i) =>
      button(String(option), i < 9 ? (main.name === "verdict" && i < 2 ? keyFor(i ? "bad" : "good") : String(i + 1)) : "", () => label(session, main, option), draft.labels.includes(option) ? "on" : ""))}
    ${rest}
  </div>`;
}

/** @param {any} props */
function Last({ session }) {
  const done = session.done.value;
  if (!done.length) return html`<div class="last hint">Answers are stored as you go. <kbd>?</kbd> lists all keys.</div>`;
  const last = done[done.length - 1];
  const told = revealed.value[last.card.uid];
  return html`<div class="last">
    <span class="trail">last: ${done.slice(-5).reverse().map((/** @type {any} */ d, /** @type {number} */ i) => html`<span key=${d.card.uid} class=${i ? "old" : ""}>${d.label}</span>`)}</span>
    ${told && reveal.value && html`<span class="told">${describe(told)}</span>`}
    <span class="grow"></span>
    <button class="plain small" aria-pressed=${reveal.value} onClick=${() => (reveal.value = !reveal.value)}>models and judge, after you answer <${Key} action="reveal" /></button>
    <button class="plain small" onClick=${() => session.undo()}>undo <${Key} action="undo" /></button>
  </div>`;
}

/** @param {any} told */
function describe(told) {
  const letters = (/** @type {any[]} */ list) => list.map((v, i) => html`<span class="fact"><b>${LETTERS[i]}</b> ${v === null ? "–" : String(v)}</span>`);
  return html`${Array.isArray(told.models) ? letters(told.models) : told.models && html`<span class="fact">${told.models}</span>`}
    ${told.ratings !== undefined && html`<span class="fact">judge</span>${Array.isArray(told.ratings) ? letters(told.ratings) : String(told.ratings)}`}
    ${told.label !== undefined && html`<span class="fact">label ${String(told.label)}</span>`}`;
}

/** @param {any} props */
function Guidelines({ from }) {
  return html`<${Modal} title="Guidelines" close=${() => (guidelines.value = false)}>
    ${from.questions.map((/** @type {any} */ q) => html`<section key=${q.name}><h3>${q.name}</h3>
      ${q.guidelines ? html`<${Text} text=${q.guidelines} tree=${q.tree ?? null} />` : html`<p class="hint">There are none yet. Write them at <a href="/setup">Setup</a>.</p>`}</section>`)}
  </${Modal}>`;
}

function Conflict() {
  const { entry, current } = conflict.value;
  const mine = entry.answers.find((/** @type {any} */ a) => a.question === "edit");
  const again = async (/** @type {boolean} */ keep) => {
    const { put, newId } = await import("../outbox.js");
    const answers = entry.answers
      .filter((/** @type {any} */ a) => keep || a !== mine)
      .map((/** @type {any} */ a) => ({ ...a, id: newId(), ...(a === mine ? { value: { text: a.value.text, base: current.seq } } : {}) }));
    conflict.value = null;
    if (answers.length) put(entry.source, answers);
  };
  return html`<${Modal} title="This text was edited in another window" close=${() => {}}>
    <div class="cards count-2">
      <section class="card"><header><h2>Stored</h2></header><div class="body"><div class="prose verbatim">${current.text}</div></div></section>
      <section class="card"><header><h2>Yours</h2></header><div class="body"><${Difference} from=${current.text} to=${mine?.value.text ?? ""} /></div></section>
    </div>
    <p class="actions"><button class="button primary" onClick=${() => again(true)}>Keep yours</button> <button class="button" onClick=${() => again(false)}>Keep the stored one</button></p>
  </${Modal}>`;
}

// -- actions ------------------------------------------------------------------------------------

/** @param {Session} session @param {number} value */
function choose(session, value) {
  const names = /** @type {Record<string, string>} */ ({ "-1": "both good", "-2": "both bad" });
  session.finish([{ question: "choice", value }], names[String(value)] ?? LETTERS[value]);
}
/** @param {Session} session */
function later(session) {
  session.finish([{ question: "row", value: null, status: "later" }], "later");
}
/** @param {Session} session @param {any} question @param {any} option */
function label(session, question, option) {
  session.finish([{ question: question.name, value: option }], String(option));
}
/** @param {Session} session @param {any} main */
function submit(session, main) {
  const draft = session.draft.value;
  const n = session.card.value.candidates.length;
  if (main.kind === "rating") {
    const ratings = Object.entries(draft.ratings);
    if (ratings.length < n) return notify(`Rate ${n === 1 ? "the answer" : "every card"} first, or put the row off.`);
    return session.finish(ratings.map(([unit, value]) => ({ question: main.name, unit, value })), ratings.map(([, v]) => v).join(" "));
  }
  if (main.kind === "choice" && draft.choice !== null) return choose(session, draft.choice);
  if (main.kind === "label" && draft.labels.length) return label(session, main, draft.labels.length > 1 ? draft.labels : draft.labels[0]);
  return notify("Answer first, or put the row off.");
}

/** @param {Session} session @param {any} from @param {string} action @param {KeyboardEvent} event */
function act(session, from, action, event) {
  const card = session.card.value;
  const main = from.questions[0];
  if (action === "leave") {
    if (guidelines.value) guidelines.value = false;
    else if (editing.value !== null) editing.value = null;
    else if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    return true;
  }
  if (document.querySelector("dialog[open]")) return false;
  if (action === "undo") return session.undo(), true;
  if (action === "redo") return session.redo(), true;
  if (action === "guidelines") return (guidelines.value = true), true;
  if (action === "reveal") return (reveal.value = !reveal.value), true;
  if (action === "raw") return (raw.value = !raw.value), true;
  if (!card) return false;
  const n = card.candidates.length;
  const digit = /^answer:([1-9])$/.exec(action);
  // A digit inside the ratings of a card rates it, whatever the main question is.
  const inRating = event.target instanceof Element && event.target.closest(".rating");
  const rating = from.questions.find((/** @type {any} */ q) => q.kind === "rating");
  if (digit && (main.kind === "rating" || (inRating && rating))) {
    const value = rating.options[Number(digit[1]) - 1];
    if (value === undefined) return true;
    rate(session, focused.value, value);
    const next = [...Array(n).keys()].find((i) => session.draft.value.ratings[String(i)] === undefined);
    if (main.kind === "rating" && next !== undefined) focused.value = next;
    return true;
  }
  if (digit && main.kind === "choice") {
    const i = Number(digit[1]) - 1;
    if (i < n) choose(session, i);
    return true;
  }
  if (digit && main.kind === "label") {
    const option = main.options[Number(digit[1]) - 1];
    if (option !== undefined) label(session, main, option);
    return true;
  }
  if (main.kind === "label" && main.name === "verdict" && (action === "good" || action === "bad")) {
    label(session, main, main.options[action === "good" ? 0 : 1]);
    return true;
  }
  if (n > 1 && from.questions.some((/** @type {any} */ q) => q.kind === "choice")) {
    if (action === "both_good") return choose(session, -1), true;
    if (action === "both_bad") return choose(session, -2), true;
  }
  if (action === "submit") return submit(session, main), true;
  if (action === "later") return later(session), true;
  if (action === "flag") return session.change({ flag: !session.draft.value.flag }), true;
  if (action === "note") return document.getElementById("note")?.focus(), true;
  if (action === "tags") return (tagging.value = true), true;
  if (action === "edit") return startEdit(session, focused.value, card.candidates[focused.value]), true;
  if (action === "diff") return (diff.value = !diff.value), true;
  return false;
}
