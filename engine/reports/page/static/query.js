// The words of a search: server:granian level:must verdict:fail cause:server -loop:uvloop text "several words".

const FIELDS = [
  "server", "framework", "loop", "gateway", "http", "target", "category", "level", "verdict", "cause", "clause", "risk", "case",
];

function parsed(text) {
  const words = [];
  for (const found of text.matchAll(/(-?)(?:([a-z]+):)?(?:"([^"]*)"|(\S+))/g)) {
    const known = found[2] && FIELDS.includes(found[2]);
    const value = found[3] !== undefined ? found[3] : found[4];
    const word = known || !found[2] ? value : `${found[2]}:${value}`;
    if (word) words.push({ not: found[1] === "-", field: known ? found[2] : "", value: word.toLowerCase() });
  }
  return words;
}

function quoted(value) {
  return /[\s"]/.test(value) || value === "" ? `"${value.replace(/"/g, "")}"` : value;
}

// The text of a search with a field set to a value, or without it where the value is "".
function withWord(text, field, value) {
  const rest = text.replace(new RegExp(`(^|\\s)${field}:("[^"]*"|\\S+)`, "g"), " ").trim().replace(/\s+/g, " ");
  return [rest, value === "" ? "" : `${field}:${quoted(value)}`].filter(Boolean).join(" ");
}

// Fields of a target and of a case are compared in full; a name also stands for its releases and values.
function same(own, value) {
  const text = String(own).toLowerCase();
  return text === value || text.startsWith(`${value}==`) || text.startsWith(`${value}@`) || text.startsWith(`${value}~`);
}

const OF_TARGET = {
  server: (one, value) => same(one.name, value),
  framework: (one, value) => same(one.framework_name, value),
  loop: (one, value) => same(one.loop, value) || same(one.found_loop, value),
  gateway: (one, value) => same(one.gateway, value),
  http: (one, value) => same(one.http, value) || (value === "2" && one.http !== "1.1"),
  target: (one, value) => one.target.toLowerCase() === value,
};

// The results that meet every word, as a list of numbers. Words are decided once for each target, case or reason.
function matching(data, text) {
  const tests = parsed(text).map((word) => test(data, word));
  const found = [];
  for (let number = 0; number < data.count; number++) {
    let fits = true;
    for (let at = 0; at < tests.length && fits; at++) fits = tests[at](number);
    if (fits) found.push(number);
  }
  return found;
}

function test(data, word) {
  const { columns, cases } = data;
  const decided = (list, fits) => Uint8Array.from(list, (one, at) => (fits(one, at) ? 1 : 0));
  const on = (column, table) => (number) => table[column[number]] === (word.not ? 0 : 1);
  const { field, value } = word;
  if (field in OF_TARGET) return on(columns.target, decided(data.targets, (one) => OF_TARGET[field](one, value)));
  if (field === "verdict") {
    const failing = new Set(["fail", "timeout", "crash", "error"]);
    return on(columns.verdict, decided(data.verdicts, (one) => one === value || (value === "failing" && failing.has(one))));
  }
  if (field === "category") return on(columns.case, decided(cases.category, (one) => same(cases.categories[one], value)));
  if (field === "level") return on(columns.case, decided(cases.level, (one) => cases.levels[one] === value));
  if (field === "risk") return on(columns.case, decided(cases.risk, (one) => cases.risks[one] === value));
  if (field === "clause") return on(columns.case, decided(cases.cite, (one) => one.some((id) => id.toLowerCase() === value)));
  if (field === "case") {
    return on(columns.case, decided(data.addresses, (one) => ending(one.toLowerCase(), value)));
  }
  if (field === "cause") {
    const table = decided(data.causes, (one) => one[0].toLowerCase().includes(value) || one[1] === value);
    return (number) => (columns.cause[number] >= 0 && table[columns.cause[number]] === 1) !== word.not;
  }
  data.lower = data.lower || {
    cases: data.addresses.map((one, at) => `${one}\n${cases.title[at]}\n${cases.cite[at].join(" ")}`.toLowerCase()),
    targets: data.targets.map((one) => `${one.target} ${one.version}`.toLowerCase()),
    reasons: data.reasons.map((one) => one.toLowerCase()),
  };
  const has = (list) => decided(list, (one) => one.includes(value));
  const [ofCase, ofTarget, ofReason] = [has(data.lower.cases), has(data.lower.targets), has(data.lower.reasons)];
  const { case: at, target, reason } = columns;
  return (number) => (ofCase[at[number]] || ofTarget[target[number]] || ofReason[reason[number]] ? true : false) !== word.not;
}

// An address, its id, or its id without the value of a matrix.
function ending(address, value) {
  const bare = address.replace(/\[[^]*$/, "");
  return address === value || address.endsWith(`::${value}`) || bare === value || bare.endsWith(`::${value}`);
}
