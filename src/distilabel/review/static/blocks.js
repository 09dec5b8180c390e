// Values of rows as elements: texts with Markdown, conversations, lists and images. No HTML is parsed.
// @ts-check
import { h, html, signal, useEffect, useState } from "./vendor/preact.js";
import { request } from "./api.js";

const TAGS = new Set(
  "p h1 h2 h3 h4 h5 h6 ul ol li blockquote pre code em strong s a br hr table thead tbody tr th td span".split(" "),
);
/** Whether texts are shown as they are. */
export const raw = signal(false);

// Zero-width characters, marks that change the direction of text, tags and control characters.
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** @param {any} node */
function element(node) {
  if (typeof node === "string") return node;
  const [tag, attributes, children] = node;
  const inner = children.map(element);
  if (!TAGS.has(tag)) return inner;
  if (tag === "a") {
    if (!attributes.href) return inner;
    // Where a link leads is told beside it.
    return html`<a href=${attributes.href} target="_blank" rel="noopener noreferrer nofollow">${inner}</a
      ><span class="host">${attributes.host}</span>`;
  }
  if (tag === "span") return h("span", { class: `code-${attributes.kind}` }, inner);
  if (tag === "pre") {
    return html`<pre tabindex="0" data-lang=${attributes.lang || null}><code>${inner}</code></pre>`;
  }
  if (tag === "table") return html`<div class="wide" tabindex="0"><table>${inner}</table></div>`;
  const level = /^h([1-6])$/.exec(tag);
  // Headings of a text are below those of the page.
  if (level) return h("div", { class: `heading level-${level[1]}` }, inner);
  return h(tag, attributes.align ? { class: `to-${attributes.align}` } : {}, inner);
}

/** @param {string} text */
function marked(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(HIDDEN)) {
    parts.push(text.slice(end, match.index));
    const code = `U+${(match[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
    parts.push(html`<mark class="invisible" title="invisible character">${code}</mark>`);
    end = match.index + match[0].length;
  }
  parts.push(text.slice(end));
  return parts;
}

/** A text, with Markdown or as it is. @param {{text: string, tree: any, words?: any}} props */
export function Text({ text, tree }) {
  if (raw.value) return html`<div class="prose raw" dir="auto">${marked(text)}</div>`;
  if (!text) return html`<div class="prose empty">empty</div>`;
  if (!tree) return html`<div class="prose verbatim" dir="auto">${text}</div>`;
  return html`<div class="prose" dir="auto">${tree.map(element)}</div>`;
}

/** Any block. @param {{block: any, uid?: string, index?: number}} props @returns {any} */
export function Block({ block, uid = "", index = 0 }) {
  if (block.kind === "text") return html`<${Text} text=${block.text} tree=${block.tree} />`;
  if (block.kind === "none") return html`<div class="prose empty">no value</div>`;
  if (block.kind === "image") return html`<${Picture} uid=${uid} column=${block.column} index=${index} />`;
  if (block.kind === "list") {
    return html`<ol class="items">
      ${block.items.map((/** @type {any} */ item, /** @type {number} */ i) => html`<li><${Block} block=${item} uid=${uid} index=${i} /></li>`)}
    </ol>`;
  }
  return html`<div class="chat">
    ${block.turns.map(
      (/** @type {any} */ turn) => html`<div class=${`turn ${turn.role}`}>
        <div class="role">${turn.role}</div>
        <${Text} text=${turn.text} tree=${turn.tree} />
      </div>`,
    )}
  </div>`;
}

/** @param {{uid: string, column: string, index: number}} props */
function Picture({ uid, column, index }) {
  const [url, setUrl] = useState("");
  useEffect(() => {
    let made = "";
    request(`image/${uid}`, { column, i: index })
      .then((response) => response.blob())
      .then((blob) => setUrl((made = URL.createObjectURL(blob))))
      .catch(() => {});
    return () => URL.revokeObjectURL(made);
  }, [uid, column, index]);
  return url ? html`<img class="picture" src=${url} alt=${`Image of the column ${column}`} />` : null;
}

/** @returns {string} the text of a block @param {any} block */
export function textOf(block) {
  if (block.kind === "text") return block.text;
  if (block.kind === "chat") return block.turns.map((/** @type {any} */ t) => `${t.role}: ${t.text}`).join("\n\n");
  if (block.kind === "list") return block.items.map(textOf).join("\n\n");
  return "";
}
