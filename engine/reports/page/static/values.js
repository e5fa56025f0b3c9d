// Typed values of a record as text, and two of them side by side.

// Tagged JSON as an indented text. Tags: $b bytes, $t tuple, $d pairs, $blob long bytes, $o another class, $text, $absent.
function valueText(data, indent = "") {
  const inner = `${indent}  `;
  if (data === null) return "null";
  if (typeof data === "string") return JSON.stringify(data);
  if (typeof data !== "object") return String(data);
  if (Array.isArray(data)) return listText(data, "[]", indent);
  if ("$b" in data) return `b${JSON.stringify(data.$b)}`;
  if ("$blob" in data) return `b${JSON.stringify(String(data.$blob[2]))}… ${size(Number(data.$blob[0]))}, SHA-256 ${String(data.$blob[1]).slice(0, 12)}`;
  if ("$text" in data) return `${JSON.stringify(String(data.$text[1]))}… (${data.$text[0]} characters)`;
  if ("$absent" in data) return data.$absent ? `unclear: ${data.$absent}` : "absent";
  if ("$o" in data) return `${data.$o}: ${data.repr}`;
  if ("$t" in data) return listText(data.$t, "()", indent);
  const pairs = "$d" in data ? data.$d.map(([key, item]) => [valueText(key, inner), item]) : Object.entries(data).map(([key, item]) => [key, item]);
  if (!pairs.length) return "{}";
  const lines = pairs.map(([key, item]) => `${inner}${key}: ${valueText(item, inner)}`);
  const flat = `{${lines.map((line) => line.trim()).join(", ")}}`;
  return flat.length < 70 && !flat.includes("\n") ? flat : `{\n${lines.join("\n")}\n${indent}}`;
}

function listText(items, [open, close], indent) {
  if (!Array.isArray(items) || !items.length) return `${open}${close}`;
  const inner = `${indent}  `;
  const parts = items.map((item) => valueText(item, inner));
  const flat = `${open}${parts.join(", ")}${close}`;
  return flat.length < 90 && !flat.includes("\n") ? flat : `${open}\n${parts.map((part) => inner + part).join("\n")}\n${indent}${close}`;
}

// The bytes of a value, if it is text or bytes; else null.
function bytesOf(data) {
  if (typeof data === "string") return new TextEncoder().encode(data);
  if (data && typeof data === "object") {
    const raw = "$b" in data ? data.$b : "$blob" in data ? data.$blob[2] : undefined;
    if (typeof raw === "string") return Uint8Array.from(raw, (char) => char.charCodeAt(0) & 0xff);
    if ("$text" in data) return new TextEncoder().encode(String(data.$text[1]));
  }
  return null;
}

function firstDifference(left, right) {
  const most = Math.min(left.length, right.length);
  for (let at = 0; at < most; at++) if (left[at] !== right[at]) return at;
  return left.length === right.length ? -1 : most;
}

// A mismatch: the expected and the actual value, bytes as hex with the first difference marked.
function mismatchView(one) {
  const expected = "expected_value" in one ? one.expected_value : undefined;
  const actual = "actual_value" in one ? one.actual_value : undefined;
  const [left, right] = [bytesOf(expected), bytesOf(actual)];
  const head = el("p", { class: "mismatch" }, el("strong", {}, one.warning ? "should: " : "expected: "), one.sentence,
    el("br"), el("strong", {}, "actual: "), one.got, one.why ? [el("br"), el("span", { class: "quiet" }, one.why)] : null);
  if (left && right && (one.operator === "equals" || one.operator === "bytes" || left.length > 12 || right.length > 12)) {
    const at = firstDifference(left, right);
    const where = at < 0 ? "no difference in what was kept" : `first difference at byte ${at}`;
    return el("div", {}, head, el("div", { class: "sides" },
      side("expected", left, at, cutsOf(one.expected_cut)), side("actual", right, at, cutsOf(one.actual_cut))), el("p", { class: "quiet" }, where));
  }
  if (actual !== undefined && typeof actual === "object" && actual !== null) {
    return el("div", {}, head, el("div", { class: "sides" },
      expected === undefined || typeof expected === "boolean" ? null : el("figure", {}, el("figcaption", {}, "expected"), block(valueText(expected))),
      el("figure", {}, el("figcaption", {}, "actual", cutsOf(one.actual_cut)), block(valueText(actual)))));
  }
  return el("div", {}, head);
}

function cutsOf(cuts) {
  return cuts && cuts.length ? el("span", { class: "quiet" }, ` (kept: ${cuts.join("; ")})`) : null;
}

function side(name, bytes, mark, cuts) {
  return el("figure", {}, el("figcaption", {}, `${name}, ${size(bytes.length)}`, cuts), bytes.length ? hexView(bytes, mark) : el("p", { class: "quiet" }, "nothing"));
}
