// Two runs: the results that changed, one by one.

const CHANGES = { regressed: "Newly failing", fixed: "Newly passing", changed: "Failing or passing otherwise" };

function compareView(data, options) {
  const found = data.comparison;
  if (!found) return el("p", { class: "nothing" }, "This page has one run. `engine report RUN RUN2` compares two.");
  const words = parsed(options.q || "").filter((word) => !word.field).map((word) => word.value);
  const has = (one) => words.every((word) => `${one.address} ${one.title} ${one.heading} ${one.pairs.map((pair) => pair.after.target).join(" ")}`.toLowerCase().includes(word));
  const left = found.differences.filter(has);
  const list = (title, items) => items.length ? el("details", {}, el("summary", {}, `${title} (${items.length})`), el("ul", { class: "others" }, items.slice(0, 2000).map((item) => el("li", {}, item)))) : null;
  const dead = (title, items) => items.length ? el("section", {}, el("h2", {}, title), el("ul", {}, items.map((one) => el("li", {}, `${one.target}: ${one.failed}`)))) : null;
  return el("section", { "aria-labelledby": "compare-title" }, el("h1", { id: "compare-title" }, "Changes"),
    el("p", {}, `${found.before} (${found.servers.before.join(", ") || "no server"}) and ${found.after} (${found.servers.after.join(", ") || "no server"})`),
    el("p", { class: "quiet", role: "status" }, `${plural(found.compared, "result")} of both runs compared, ${plural(left.reduce((sum, one) => sum + one.pairs.length, 0), "change")}`),
    found.older.map((sentence) => el("p", { class: "note" }, sentence)),
    dead("Targets that no longer start", found.stopped), dead("Targets that start on neither side", found.on_neither),
    Object.entries(CHANGES).map(([change, title]) => {
      const own = left.filter((one) => one.change === change);
      const count = own.reduce((sum, one) => sum + one.pairs.length, 0);
      return el("section", {}, el("h2", {}, `${title} (${count})`), own.length ? gradually(own, (one) => differenceView(data, one)) : el("p", { class: "quiet" }, "none"));
    }),
    list("Targets that start now", found.started), list("Cases of the earlier run only", found.only_before), list("Cases of the later run only", found.only_after),
    list("Targets of the earlier run only", found.targets_only_before), list("Targets of the later run only", found.targets_only_after));
}

function differenceView(data, one) {
  return el("article", { class: `finding change-${one.change}` }, el("h3", {}, one.title || one.address),
    el("p", { class: "quiet" }, el("code", {}, one.address), one.risk ? ` · risk: ${one.risk}` : null, one.heading ? ` · cause: ${one.heading}` : null),
    el("div", { class: "scroll" }, el("table", { class: "pairs" }, el("thead", {}, el("tr", {}, ["target", "before", "after"].map((word) => el("th", { scope: "col" }, word)))),
      el("tbody", {}, one.pairs.map(({ before, after }) => el("tr", {}, el("th", { scope: "row" }, before.target === after.target ? after.target : `${before.target} → ${after.target}`),
        el("td", {}, badge(before.verdict), " ", before.detail >= 0 ? el("a", { href: beforeAddress(before.target, one.address) }, before.reason || "details") : before.reason),
        el("td", {}, badge(after.verdict), " ", after.result >= 0 ? el("a", { href: resultAddress(after.target, one.address) }, after.reason || "details") : after.reason)))))));
}

// The earlier run's result of a link, as an object like that of resultOf; null for none.
function beforeAt(data, link) {
  for (const one of data.comparison ? data.comparison.differences : []) {
    for (const { before } of one.pairs) {
      if (decoded(beforeAddress(before.target, one.address)) !== decoded(link)) continue;
      const at = data.caseNumber.get(one.address);
      const target = data.targets[data.targetNumber.get(before.target)] || { target: before.target, name: before.target, version: "", framework_name: "", framework_version: "", loop_name: "", gateway: "", runtime: "", python: "" };
      return { number: -1, address: one.address, title: one.title, level: at === undefined ? "" : data.cases.levels[data.cases.level[at]],
        category: at === undefined ? "" : data.cases.categories[data.cases.category[at]], cite: at === undefined ? [] : data.cases.cite[at],
        source: at === undefined ? -1 : data.cases.source[at], target, verdict: before.verdict, reason: before.reason, cause: one.heading, detail: before.detail, caseIndex: at, run: data.comparison.before };
    }
  }
  return null;
}
