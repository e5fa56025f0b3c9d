// The data of the page: unpacked once, with the tables that filters need.

function fromBase64(text) {
  if (typeof Uint8Array.fromBase64 === "function") return Uint8Array.fromBase64(text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

async function unpacked(text) {
  const stream = new Blob([fromBase64(text)]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return JSON.parse(await new Response(stream).text());
}

// A result by its number, as an object; the columns stay the only store.
function resultOf(data, number) {
  const { columns, cases, targets } = data;
  const index = columns.case[number];
  const reason = data.reasons[columns.reason[number]];
  const cause = columns.cause[number];
  return {
    number,
    caseIndex: index,
    address: data.addresses[index],
    title: cases.title[index],
    level: cases.levels[cases.level[index]],
    category: cases.categories[cases.category[index]],
    risk: cases.risks[cases.risk[index]],
    cite: cases.cite[index],
    source: cases.source[index],
    target: targets[columns.target[number]],
    verdict: data.verdicts[columns.verdict[number]],
    reason,
    cause: cause < 0 ? "" : data.causes[cause][0],
    ms: columns.ms[number],
    detail: columns.detail[number],
  };
}

const read = new Map();
let ends = [];

// A detail by its number; the last few stay unpacked.
async function detailOf(number) {
  if (number < 0) return null;
  if (!read.has(number)) {
    const text = (await detailText()).slice(number ? ends[number - 1] : 0, ends[number]);
    if (read.size > 50) read.clear();
    read.set(number, await unpacked(text));
  }
  return read.get(number);
}

// The details stand at the end of the page, which may still be read when a link opens one.
function detailText() {
  const own = () => document.getElementById("details").firstChild.data;
  if (document.readyState !== "loading") return Promise.resolve(own());
  return new Promise((done) => document.addEventListener("DOMContentLoaded", () => done(own()), { once: true }));
}

async function load() {
  const data = await unpacked(document.getElementById("summary").firstChild.data);
  const { cases } = data;
  data.addresses = cases.id.map((id, at) => `${cases.files[cases.file[at]]}::${id}`);
  data.count = data.columns.case.length;
  data.targetNumber = new Map(data.targets.map((one, at) => [one.target, at]));
  data.caseNumber = new Map(data.addresses.map((one, at) => [one, at]));
  for (const name of Object.keys(data.columns)) data.columns[name] = Int32Array.from(data.columns[name]);
  data.good = data.verdicts.map((one) => GOOD.has(one));
  data.ran = data.verdicts.map((one) => one !== "unsupported" && one !== "blocked");
  ends = data.ends;
  return data;
}

const GOOD = new Set(["pass", "warn", "info", "unexpected-pass"]);

// Signs and words of verdicts; a sign is never the only difference in colour.
const SIGNS = {
  pass: "✓", fail: "✗", timeout: "T", crash: "☠", error: "!", known: "K", flaky: "~", warn: "w", info: "i",
  "unexpected-pass": "X", unsupported: "u", blocked: "b",
};
const WORDS = {
  pass: "passed", fail: "failed", timeout: "timed out", crash: "crashed", error: "error", known: "known failure",
  flaky: "flaky", warn: "warning", info: "for information", "unexpected-pass": "unexpected pass",
  unsupported: "unsupported", blocked: "blocked",
};
// In the order of attention.
const ATTENTION = [
  "fail", "crash", "timeout", "error", "unexpected-pass", "flaky", "known", "warn", "info", "pass", "blocked", "unsupported",
];

function badge(verdict) {
  return el("span", { class: `badge v-${verdict}` }, el("span", { "aria-hidden": "true" }, SIGNS[verdict] || "?"), " ", verdict);
}
