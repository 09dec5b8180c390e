// The rows of one person at /review: the one on the page, those fetched ahead, and those that are done.
// @ts-check
import { batch, signal } from "./vendor/preact.js";
import { get } from "./api.js";
import { draftOf, draftRows, dropDraft, keepDraft } from "./drafts.js";
import { bases, listeners, newId, put, waitingRows } from "./outbox.js";
import { notify } from "./state.js";

/** @typedef {import("./drafts.js").Draft} Draft */
/** @typedef {{card: any, draft: Draft, label: string, answers: any[]}} Done */

const AHEAD = 5;

export class Session {
  /** @param {any} source @param {string} queue @param {string[]} filters @param {string} sort */
  constructor(source, queue, filters, sort) {
    this.source = source;
    this.queue = queue;
    this.query = { queue, f: filters, sort };
    /** The row on the page; null while the first one arrives, undefined if there are no more. */
    this.card = signal(/** @type {any} */ (null));
    this.draft = signal(/** @type {Draft} */ (/** @type {any} */ (null)));
    this.done = signal(/** @type {Done[]} */ ([]));
    this.decided = signal(source.mine);
    this.error = signal("");
    /** Told by another tab that it answered the row on this page. */
    this.elsewhere = signal("");
    /** @type {any[]} */
    this.ahead = [];
    /** @type {Done[]} */
    this.undone = [];
    this.fetching = false;
    this.exhausted = false;
    this.closed = false;
    this.begun = performance.now();
    /** @type {any} */
    this.saving = null;
    this.listener = (/** @type {any} */ counts) => {
      if (typeof counts.decided === "number") this.decided.value = Math.max(counts.decided, 0);
    };
    listeners.push(this.listener);
    this.channel = new BroadcastChannel("review");
    this.channel.onmessage = ({ data }) => this.heard(data);
    this.flush = () => this.keep();
    addEventListener("pagehide", this.flush);
  }

  close() {
    this.keep();
    this.closed = true;
    this.channel.close();
    listeners.splice(listeners.indexOf(this.listener), 1);
    removeEventListener("pagehide", this.flush);
  }

  /** @param {any} data */
  heard(data) {
    if (data.source !== this.source.name || data.queue === undefined) return;
    this.ahead = this.ahead.filter((card) => card.uid !== data.uid);
    if (this.card.value?.uid === data.uid && !data.draft) this.elsewhere.value = data.label;
  }

  async start() {
    // What was half done before a reload comes first.
    const half = draftRows(this.source.name);
    for (const uid of half.slice(0, 3)) {
      try {
        this.ahead.push(await get(`card/${uid}`, { strategy: this.queue }));
      } catch {
        dropDraft(this.source.name, uid);
      }
    }
    if (this.ahead.length) this.show(this.ahead.shift());
    await this.fill();
  }

  /** Fetches rows until five are ahead. */
  async fill() {
    if (this.fetching || this.exhausted || this.closed) return;
    this.fetching = true;
    try {
      while (this.ahead.length < AHEAD && !this.exhausted && !this.closed) {
        const have = new Set([...this.ahead.map((c) => c.uid), ...waitingRows()]);
        if (this.card.value) have.add(this.card.value.uid);
        // The first row alone: it is on the page while others are read.
        const count = this.card.value || this.ahead.length ? AHEAD - this.ahead.length : 1;
        const found = await get("next", { ...this.query, count, have: [...have].join(",") });
        this.error.value = "";
        const late = waitingRows();
        const fresh = found.cards.filter((/** @type {any} */ c) => !late.has(c.uid) || c.strategy === "repeat");
        this.ahead.push(...fresh);
        if (!found.cards.length) this.exhausted = true;
        if (!this.card.value && this.ahead.length) this.show(this.ahead.shift());
      }
      if (!this.card.value) this.card.value = undefined;
    } catch (error) {
      this.error.value = /** @type {Error} */ (error).message;
      setTimeout(() => this.fill(), 2000);
    } finally {
      this.fetching = false;
    }
  }

  /** @param {any} card @param {Draft} [draft] */
  show(card, draft) {
    batch(() => {
      this.draft.value = draft ?? draftOf(this.source.name, card);
      this.card.value = card;
      this.elsewhere.value = "";
    });
    this.begun = performance.now();
  }

  /** Changes the draft and keeps it. @param {Partial<Draft>} changes */
  change(changes) {
    this.draft.value = { ...this.draft.value, ...changes };
    clearTimeout(this.saving);
    this.saving = setTimeout(() => this.keep(), 150);
  }

  keep() {
    clearTimeout(this.saving);
    this.saving = null;
    const card = this.card.value;
    if (card && this.draft.value && this.dirty()) keepDraft(this.source.name, card.uid, this.draft.value);
  }

  /** @returns {boolean} whether something was entered that is not stored */
  dirty() {
    return this.entered(this.card.value, this.draft.value).length > 0;
  }

  /** Returns what a draft has that is not stored, as answers. @param {any} card @param {Draft} draft */
  entered(card, draft) {
    /** @type {any[]} */
    const found = [];
    const add = (/** @type {string} */ question, /** @type {any} */ value, unit = "") => {
      const before = draft.known[`${question}:${unit}`] ?? null;
      if (JSON.stringify(before) !== JSON.stringify(value)) found.push({ question, value, unit });
    };
    for (const question of this.source.questions) {
      if (question.kind === "rating") {
        for (const [unit, value] of Object.entries(draft.ratings)) add(question.name, value, unit);
      } else if (question.kind === "choice") {
        if (draft.choice !== null) add(question.name, draft.choice);
      } else if (draft.labels.length) {
        add(question.name, draft.labels.length === 1 ? draft.labels[0] : draft.labels);
      }
    }
    if (draft.note || draft.known["note:"]) add("note", draft.note || null);
    if (draft.flag || draft.known["flag:"]) add("flag", draft.flag);
    if (draft.codes.length || draft.known["codes:"]) add("codes", draft.codes);
    for (const [unit, edit] of Object.entries(draft.edits)) {
      if (draft.known[`edit:${unit}`]?.text !== edit.text) {
        const base = bases.get(`${card.uid}:${unit}`) ?? edit.base;
        found.push({ question: "edit", value: { text: edit.text, base }, unit });
      }
    }
    return found;
  }

  /** Sends answers about the row on the page, and shows the next one at once. @param {any[]} extra @param {string} label */
  finish(extra, label) {
    const card = this.card.value;
    if (!card) return;
    const ms = Math.round(performance.now() - this.begun);
    const draft = this.draft.value;
    const questions = new Set(extra.map((a) => `${a.question}:${a.unit ?? ""}`));
    const all = [...extra, ...this.entered(card, draft).filter((a) => !questions.has(`${a.question}:${a.unit}`))];
    const answers = all.map((a) => ({
      unit: "", status: "submitted", ...a, id: newId(), uid: card.uid, strategy: card.strategy, ms,
    }));
    clearTimeout(this.saving);
    put(this.source.name, answers);
    dropDraft(this.source.name, card.uid);
    this.channel.postMessage({ source: this.source.name, queue: this.queue, uid: card.uid, label });
    this.undone = [];
    this.done.value = [...this.done.value.slice(-49), { card, draft, label, answers }];
    if (this.ahead.length) this.show(this.ahead.shift());
    else this.card.value = this.exhausted ? undefined : null;
    this.fill();
  }

  /** Takes back the last answer and shows its row again. */
  undo() {
    const last = this.done.value[this.done.value.length - 1];
    if (!last) return notify("There is nothing to undo.");
    this.keep();
    if (this.card.value) this.ahead.unshift(this.card.value);
    this.done.value = this.done.value.slice(0, -1);
    this.undone.push(last);
    put(
      this.source.name,
      last.answers.map((a) => ({
        id: newId(), uid: a.uid, question: a.question, unit: a.unit, strategy: a.strategy, ms: 0,
        value: null, status: "cleared",
      })),
    );
    // As it was when it was submitted, with nothing stored.
    this.show({ ...last.card, stored: [] }, { ...last.draft, known: {} });
  }

  /** Gives the answer again that was taken back. */
  redo() {
    const last = this.undone[this.undone.length - 1];
    if (!last || this.card.value?.uid !== last.card.uid) return notify("There is nothing to redo.");
    const rest = this.undone.slice(0, -1);
    this.finish(
      last.answers.map(({ question, unit, value, status }) => ({ question, unit, value, status })),
      last.label,
    );
    this.undone = rest;
  }
}
