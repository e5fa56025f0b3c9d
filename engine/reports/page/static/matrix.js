// The matrix: a row for each target, a column for each category, in groups with sums.

const GROUPINGS = {
  server: { words: "server", key: (one) => [one.name, one.version] },
  framework: { words: "framework", key: (one) => [one.framework_name, one.framework_version] },
  loop: { words: "loop", key: (one) => [one.loop_name, ""] },
  gateway: { words: "gateway", key: (one) => [one.gateway, ""] },
  http: { words: "version of HTTP", key: (one) => [one.http === "1.1" ? "1.1" : `2 (${one.http})`, ""] },
};

// The counts of verdicts by target and category, of the results that a search leaves.
function counted(data, numbers) {
  const { columns, cases } = data;
  const width = cases.categories.length;
  const kinds = data.verdicts.length;
  const counts = new Int32Array(data.targets.length * width * kinds);
  for (const number of numbers) {
    const at = columns.target[number] * width + cases.category[columns.case[number]];
    counts[at * kinds + columns.verdict[number]] += 1;
  }
  return { counts, width, kinds };
}

function sumOf(data, { counts, width, kinds }, targets, category) {
  const sum = new Int32Array(kinds);
  for (const target of targets) {
    const [first, last] = category < 0 ? [0, width] : [category, category + 1];
    for (let column = first; column < last; column++) {
      for (let kind = 0; kind < kinds; kind++) sum[kind] += counts[(target * width + column) * kinds + kind];
    }
  }
  return sum;
}

// The figures of a cell: passed and applicable results, and the other verdicts with their signs.
function figures(data, sum) {
  let passed = 0;
  let applicable = 0;
  const others = [];
  data.verdicts.forEach((verdict, kind) => {
    if (!sum[kind]) return;
    if (data.ran[kind]) applicable += sum[kind];
    if (data.good[kind]) passed += sum[kind];
    if (verdict !== "pass") others.push([verdict, sum[kind]]);
  });
  others.sort((a, b) => ATTENTION.indexOf(a[0]) - ATTENTION.indexOf(b[0]));
  return { passed, applicable, others, any: applicable > 0 || others.length > 0 };
}

const BREAKS = new Set(["fail", "crash", "timeout", "error", "unexpected-pass"]);

function stateOf({ applicable, others }) {
  if (others.some(([verdict]) => BREAKS.has(verdict))) return "failing";
  if (others.some(([verdict]) => verdict === "flaky")) return "flaky";
  if (others.some(([verdict]) => verdict === "known")) return "known";
  return applicable ? "good" : "none";
}

function cellOf(data, sum, words, query) {
  const made = figures(data, sum);
  if (!made.any) return el("td", { class: "empty" }, "–");
  const said = made.others.map(([verdict, count]) => `${count} ${WORDS[verdict] || verdict}`).join(", ");
  const counts = made.applicable ? `${made.passed}/${made.applicable}` : "–";
  const marks = made.others.filter(([verdict]) => verdict !== "info").map(([verdict, count]) =>
    el("span", { class: `mark v-${verdict}` }, `${count}${SIGNS[verdict] || "?"}`));
  const link = el(
    "a",
    {
      class: "cell", href: viewAddress("results", { q: query }), tabindex: "-1", title: said || null,
      "aria-label": `${words}: ${made.passed} of ${made.applicable} passed${said ? `, ${said}` : ""}`,
    },
    el("span", { class: "count" }, counts), marks,
  );
  return el("td", { class: `s-${stateOf(made)}` }, link);
}

function matrixView(data, options) {
  const query = options.q || "";
  const by = GROUPINGS[options.by] ? options.by : "server";
  const numbers = matching(data, query);
  const table = counted(data, numbers);
  const shownTargets = new Set();
  for (const number of numbers) shownTargets.add(data.columns.target[number]);
  data.targets.forEach((one, at) => one.failed && !query && shownTargets.add(at));
  const used = data.cases.categories
    .map((name, column) => [name, column])
    .filter(([, column]) => [...shownTargets].some((at) => sumOf(data, table, [at], column).some(Boolean)));
  used.sort((a, b) => data.categories.indexOf(a[0]) - data.categories.indexOf(b[0]));
  const head = el("tr", {}, el("th", { scope: "col", class: "corner" }, GROUPINGS[by].words),
    el("th", { scope: "col" }, "total"), used.map(([name]) => el("th", { scope: "col" }, name)));
  const groups = new Map();
  for (const at of [...shownTargets].sort((a, b) => a - b)) {
    const [name, detail] = GROUPINGS[by].key(data.targets[at]);
    if (!groups.has(name)) groups.set(name, { detail, rows: [] });
    groups.get(name).rows.push(at);
  }
  const bodies = [...groups].map(([name, group]) => groupOf(data, table, used, by, name, group, query));
  const count = plural(numbers.length, "result");
  return el("section", { "aria-labelledby": "matrix-title" },
    el("h1", { id: "matrix-title" }, "Matrix"),
    el("div", { class: "bar" }, groupingChoice(by, query), levelChoice(query, options),
      el("span", { class: "quiet", role: "status" }, query ? `${count} of ${data.count.toLocaleString("en")}` : count)),
    legendOf(data),
    bodies.length
      ? scrolling(el("table", { class: "matrix" }, el("caption", { class: "offscreen" }, "Results by target and category; arrow keys move between cells"), el("thead", {}, head), bodies))
      : el("p", { class: "nothing" }, "No result has all of these words."));
}

function groupOf(data, table, used, by, name, group, query) {
  const own = withWord(query, by, name === "" ? "" : ["loop", "http"].includes(by) ? data.targets[group.rows[0]][by] : name);
  const cells = [["", -1], ...used].map(([category, column]) =>
    cellOf(data, sumOf(data, table, group.rows, column), `${name}, ${category || "total"}`, category ? withWord(own, "category", category) : own));
  const head = el("tr", { class: "group" },
    el("th", { scope: "rowgroup" }, el("span", { class: "name" }, name || "–"), 
      el("span", { class: "detail" }, [group.detail, plural(group.rows.length, "target")].filter(Boolean).join(" · "))), cells);
  return el("tbody", {}, head, group.rows.map((at) => rowOf(data, table, used, by, at, query)));
}

function rowOf(data, table, used, by, at, query) {
  const one = data.targets[at];
  const words = by === "framework" ? [one.name, one.loop_name] : by === "server" ? [one.framework_name, one.loop_name] : [one.name, one.framework_name];
  if (by !== "gateway" && one.gateway !== "direct") words.push(one.gateway);
  if (by !== "http" && one.http !== "1.1") words.push(`HTTP/2 (${one.http})`);
  if (one.runtime !== "local") words.push(one.runtime);
  const head = el("th", { scope: "row", title: one.target }, el("span", { class: "name" }, words[0]), el("span", { class: "detail" }, words.slice(1).join(" · ")));
  if (one.failed) {
    const link = el("a", { class: "cell", href: viewAddress("run") , tabindex: "-1" }, `did not start: ${one.failed}`);
    return el("tr", {}, head, el("td", { class: "s-failing dead", colspan: String(used.length + 1) }, link));
  }
  const own = withWord(query, "target", one.target);
  const cells = [["", -1], ...used].map(([category, column]) =>
    cellOf(data, sumOf(data, table, [at], column), `${one.target}, ${category || "total"}`, category ? withWord(own, "category", category) : own));
  return el("tr", {}, head, cells);
}

function groupingChoice(by, query) {
  const choice = el("select", { id: "grouping", autocomplete: "off" },
    Object.entries(GROUPINGS).map(([value, { words }]) => el("option", { value, selected: value === by }, words)));
  choice.addEventListener("change", () => go(viewAddress("matrix", { q: query, by: choice.value === "server" ? "" : choice.value })));
  return el("label", { class: "choice" }, "group by ", choice);
}

function levelChoice(query, options) {
  const level = parsed(query).find((word) => word.field === "level" && !word.not);
  const choice = el("select", { id: "level", autocomplete: "off" },
    ["", "must", "should", "may"].map((value) => el("option", { value, selected: value === (level ? level.value : "") }, value || "all levels")));
  choice.addEventListener("change", () => go(viewAddress("matrix", { ...options, q: withWord(query, "level", choice.value) })));
  return el("label", { class: "choice" }, "level ", choice);
}

function legendOf(data) {
  const there = new Set(data.columns.verdict);
  const found = ATTENTION.filter((verdict) => verdict !== "pass" && there.has(data.verdicts.indexOf(verdict)));
  return el("p", { class: "legend" }, "passed/applicable",
    found.map((verdict) => [" ", el("span", { class: `mark v-${verdict}` }, SIGNS[verdict]), ` ${WORDS[verdict]}`]));
}

// A box that scrolls in both directions, so that the head and the first column stay.
function scrolling(table) {
  const cells = () => [...table.querySelectorAll("a.cell")];
  const first = table.querySelector("a.cell");
  if (first) first.setAttribute("tabindex", "0");
  table.addEventListener("keydown", (event) => {
    const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0], Home: [0, -Infinity], End: [0, Infinity] }[event.key];
    const from = document.activeElement.closest("td");
    if (!step || !from || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const to = neighbour(table, from, step);
    if (!to) return;
    for (const cell of cells()) cell.setAttribute("tabindex", "-1");
    to.setAttribute("tabindex", "0");
    to.focus();
  });
  return el("div", { class: "scroll" }, table);
}

// The next cell with a link in a direction: [rows, columns].
function neighbour(table, from, [down, right]) {
  const lines = [...table.querySelectorAll("tbody tr")];
  let line = lines.indexOf(from.parentElement);
  let column = from.cellIndex;
  if (Math.abs(right) === Infinity) {
    const row = [...lines[line].cells].filter((cell) => cell.querySelector("a.cell"));
    return row[right > 0 ? row.length - 1 : 0].querySelector("a.cell");
  }
  for (;;) {
    line += down;
    column += right;
    const cell = lines[line] && (lines[line].cells[column] || (down ? lines[line].cells[lines[line].cells.length - 1] : undefined));
    if (!cell || column < 1) return null;
    const link = cell.querySelector("a.cell");
    if (link) return link;
  }
}
