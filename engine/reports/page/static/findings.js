// Findings: failures of one cause as one entry, those that fail the build first, then by risk.

function findingsView(data, options) {
  const query = options.q || "";
  const left = query ? new Set(matching(data, query)) : null;
  const found = data.findings.map((one) => ({ ...one, own: left ? one.results.filter((number) => left.has(number)) : one.results })).filter((one) => one.own.length);
  const groups = new Map();
  for (const one of found) {
    const name = BREAKS.has(one.verdict) ? "Failing" : { flaky: "Flaky", known: "Known failures", warn: "Warnings" }[one.verdict] || one.verdict;
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(one);
  }
  return el("section", { "aria-labelledby": "findings-title" }, el("h1", { id: "findings-title" }, "Findings"),
    el("p", { class: "quiet", role: "status" }, found.length ? plural(found.length, "finding") : query ? "No finding has all of these words." : "No result is failing."),
    [...groups].map(([name, list]) => el("section", {}, el("h2", {}, `${name} (${list.length.toLocaleString("en")})`), gradually(list, (one) => findingView(data, one)))));
}

// Entries in portions, so that thousands of them do not delay the first.
function gradually(list, view, portion = 50) {
  const box = el("div", {});
  let from = 0;
  const more = el("button", { type: "button", class: "more" });
  const next = () => {
    const parts = list.slice(from, from + portion).map(view);
    from += parts.length;
    more.before(...parts);
    more.textContent = `Show ${Math.min(portion, list.length - from)} more of ${list.length - from}`;
    if (from >= list.length) more.remove();
  };
  box.append(more);
  more.addEventListener("click", next);
  next();
  return box;
}

function findingView(data, one) {
  const cause = one.cause;
  const first = resultOf(data, one.own[0]);
  return el("article", { class: `finding s-${BREAKS.has(one.verdict) ? "failing" : one.verdict}` },
    el("h3", {}, badge(one.verdict), " ", el("a", { href: resultAddress(first.target.target, first.address) }, one.title || one.address)),
    el("p", { class: "quiet" }, el("code", {}, one.address), ` · ${one.level}`, one.risk ? [" · risk: ", el("strong", {}, one.risk)] : null, one.heading ? ` · cause: ${one.heading}` : null),
    one.reason ? el("p", {}, one.reason) : null,
    one.known ? el("p", { class: "note" }, one.known, one.link ? [" ", webLink(one.link)] : null) : null,
    cause ? el("p", {}, el("strong", {}, "cause: "), cause.because,
      cause.evidence.length ? el("span", { class: "quiet" }, ` (compared with ${cause.evidence.slice(0, 4).map((each) => `${each.target}: ${each.verdict}`).join(", ")})`) : null) : null,
    one.values.length ? el("details", {}, el("summary", {}, plural(one.values.length, "value")), el("p", {}, one.values.slice(0, 300).join(", "))) : null,
    targetsOf(data, one));
}

function targetsOf(data, one) {
  const links = (numbers) => el("ul", { class: "others" }, numbers.map((number) => {
    const each = resultOf(data, number);
    return el("li", {}, el("a", { href: resultAddress(each.target.target, each.address) }, one.values.length ? `${each.target.target} ${each.address.split("::").pop()}` : each.target.target));
  }));
  if (one.own.length <= 3) return links(one.own);
  const made = el("details", {}, el("summary", {}, plural(one.own.length, "result")));
  made.addEventListener("toggle", () => made.open && made.childElementCount === 1 && made.append(gradually(one.own, (number) => links([number]), 200)));
  return made;
}
