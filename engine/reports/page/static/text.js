// Text and elements. Everything foreign becomes a text node or a listed attribute; no HTML is made from text.

const HIDDEN =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}\ud800-\udfff]/gu;
const NAMED = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
const MARKS = /(\p{M}{4})\p{M}+/gu;
const MOST = 600;

// A text of one line with its hidden characters written out; the same function as shown.py.
function shown(value, most = MOST) {
  const whole = String(value);
  const count = whole.length > most ? Array.from(whole.slice(0, 2 * most + 2)) : null;
  const cut = count !== null && Array.from(whole).length > most ? count.slice(0, most).join("") : whole;
  const text = cut.replace(MARKS, "$1").replace(HIDDEN, written);
  return cut === whole ? text : `${text}… (${Array.from(whole).length.toLocaleString("en")} characters)`;
}

function written(char) {
  if (NAMED[char]) return NAMED[char];
  const code = char.codePointAt(0);
  const hex = code.toString(16);
  if (code < 0x100) return "\\x" + hex.padStart(2, "0");
  return code < 0x10000 ? "\\u" + hex.padStart(4, "0") : `\\u{${hex}}`;
}

const ATTRIBUTES = new Set([
  "class", "id", "title", "type", "role", "tabindex", "scope", "colspan", "value", "placeholder", "for", "hidden", "open",
  "rel", "lang", "name", "selected", "disabled", "autocomplete", "spellcheck", "enterkeyhint",
]);

// An address that a link may have: a place in this page, or a page of the web.
function safeAddress(url) {
  const text = String(url);
  if (text.startsWith("#")) return text;
  return /^https?:\/\/[^\s"'<>\\^`{|}\u0000-\u0020\u007f-\u009f\ud800-\udfff]+$/.test(text) ? text : "";
}

// An element with listed attributes and children: elements, texts of one line, or nothing (null, false).
function el(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "href") {
      const safe = safeAddress(value);
      if (safe) made.setAttribute("href", safe);
    } else if (ATTRIBUTES.has(name) || name.startsWith("aria-")) {
      made.setAttribute(name, value === true ? "" : shown(value, 4000));
    } else {
      throw new Error(`no such attribute here: ${name}`);
    }
  }
  add(made, children);
  return made;
}

function add(parent, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) add(parent, child);
    else parent.append(child instanceof Node ? child : document.createTextNode(shown(child)));
  }
}

// A text of several lines, which keeps its line feeds and tabs.
function block(text, attributes = {}) {
  const lines = String(text).split("\n").map((line) => shown(line.replace(/\t/g, "    "), 20000));
  const made = el("pre", { tabindex: "0", ...attributes });
  made.append(document.createTextNode(lines.join("\n")));
  return made;
}

function webLink(url, text) {
  const safe = safeAddress(url);
  return safe ? el("a", { href: safe, rel: "noreferrer noopener" }, text || url) : el("span", {}, text || url);
}

function copyButton(text, what, words = "Copy") {
  const said = el("span", { class: "said", role: "status" });
  const button = el("button", { type: "button", class: "copy", "aria-label": words === "Copy" ? `Copy ${what}` : null }, words);
  button.addEventListener("click", async () => {
    said.textContent = (await copied(text)) ? "Copied" : "Select the text and copy it";
  });
  return el("span", { class: "copying" }, button, said);
}

// A page from a file has no clipboard in some browsers, so a selection is the second way.
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = el("textarea", { class: "offscreen", "aria-label": "to copy" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

function plural(number, word) {
  return `${number.toLocaleString("en")} ${word}${number === 1 ? "" : "s"}`;
}

function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  const [unit, by] = bytes < 1024 * 1024 ? ["KiB", 1024] : ["MiB", 1024 * 1024];
  return `${(bytes / by).toFixed(1).replace(/\.0$/, "")} ${unit}`;
}
