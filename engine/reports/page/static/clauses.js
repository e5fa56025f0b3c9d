// Coverage by clause: the results of all cases that cite a clause, and the servers that fail one.

function clausesPage(data, options) {
  const query = options.q || "";
  const byClause = new Map();
  const { columns, cases } = data;
  for (const number of matching(data, query)) {
    for (const id of cases.cite[columns.case[number]]) {
      if (!byClause.has(id)) byClause.set(id, { cases: new Set(), sum: new Int32Array(data.verdicts.length), failing: new Set() });
      const own = byClause.get(id);
      own.cases.add(columns.case[number]);
      own.sum[columns.verdict[number]] += 1;
      if (!data.good[columns.verdict[number]] && data.ran[columns.verdict[number]]) own.failing.add(data.targets[columns.target[number]].name);
    }
  }
  const ids = [...byClause.keys()].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  const rows = (list) => list.map((id) => clauseRow(data, id, byClause.get(id), query));
  const head = el("thead", {}, el("tr", {}, ["clause", "level", "risk", "cases", "passed", "not met by"].map((word) => el("th", { scope: "col" }, word))));
  return el("section", { "aria-labelledby": "clauses-title" }, el("h1", { id: "clauses-title" }, "Clauses"),
    el("p", { class: "quiet", role: "status" }, `${plural(ids.length, "clause")} cited by the cases of this run`),
    ids.length ? el("div", { class: "scroll" }, el("table", { class: "clauses-table" }, head, el("tbody", {}, rows(ids)))) : el("p", { class: "nothing" }, "No result has all of these words."));
}

function clauseRow(data, id, own, query) {
  const clause = data.clauses[id] || { id };
  const made = figures(data, own.sum);
  return el("tr", {},
    el("th", { scope: "row" }, el("a", { href: viewAddress("results", { q: withWord(query, "clause", id) }) }, id),
      clause.statement ? el("span", { class: "statement" }, clause.statement) : null, clause.url ? webLink(clause.url, clause.source) : null),
    el("td", {}, clause.level || ""), el("td", {}, clause.risk || ""), el("td", {}, String(own.cases.size)),
    el("td", { class: `s-${stateOf(made)}` }, `${made.passed}/${made.applicable}`, made.others.map(([verdict, count]) => [" ", el("span", { class: `mark v-${verdict}` }, `${count}${SIGNS[verdict]}`)])),
    el("td", {}, [...own.failing].sort().join(", ")));
}
