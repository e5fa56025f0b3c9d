// A list of results that builds only the rows near the screen. Spare rows on both sides hide fast scrolling.

const ROW = 58;
const SPARE = 80;

function resultsView(data, options) {
  const query = options.q || "";
  const numbers = ordered(data, matching(data, query));
  const status = el("p", { class: "quiet", role: "status" },
    numbers.length === data.count ? plural(numbers.length, "result") : `${numbers.length.toLocaleString("en")} of ${plural(data.count, "result")}`);
  return el("section", { "aria-labelledby": "results-title" }, el("h1", { id: "results-title" }, "Results"), verdictChoice(data, query), status,
    numbers.length ? virtual(numbers, (number) => rowOfResult(data, number)) : el("p", { class: "nothing" }, "No result has all of these words."));
}

// Failing results first, otherwise in the order of the run.
function ordered(data, numbers) {
  const rank = Int32Array.from(data.verdicts, (verdict) => ATTENTION.indexOf(verdict));
  const { verdict } = data.columns;
  const groups = ATTENTION.map(() => []);
  for (const number of numbers) groups[rank[verdict[number]]].push(number);
  return groups.flat();
}

function verdictChoice(data, query) {
  const counts = new Int32Array(data.verdicts.length);
  for (const number of matching(data, withWord(query, "verdict", ""))) counts[data.columns.verdict[number]] += 1;
  const current = parsed(query).find((word) => word.field === "verdict" && !word.not);
  const links = ATTENTION.filter((verdict) => counts[data.verdicts.indexOf(verdict)]).map((verdict) => {
    const on = current && current.value === verdict;
    return el("a", { class: "chip", href: viewAddress("results", { q: withWord(query, "verdict", on ? "" : verdict) }), "aria-current": on ? "true" : null },
      badge(verdict), el("span", { class: "number" }, counts[data.verdicts.indexOf(verdict)].toLocaleString("en")));
  });
  return el("nav", { class: "chips", "aria-label": "Verdicts" }, links);
}

function rowOfResult(data, number) {
  const one = resultOf(data, number);
  const name = one.address.split("::").slice(1).join("::");
  return el("a", { class: "result", href: resultAddress(one.target.target, one.address) },
    badge(one.verdict),
    el("span", { class: "what" }, el("span", { class: "case" }, name), el("span", { class: "reason" }, one.reason || one.title)),
    el("span", { class: "where" }, one.target.target));
}

function virtual(numbers, row) {
  const list = el("div", { class: "list", role: "list" });
  list.style.setProperty("height", `${numbers.length * ROW}px`);
  const box = el("div", { class: "listbox", tabindex: "0", role: "group", "aria-label": "Results" }, list);
  let from = -1;
  let to = -1;
  const draw = () => {
    const height = box.clientHeight || 800;
    const first = Math.max(0, Math.floor(box.scrollTop / ROW) - SPARE);
    const last = Math.min(numbers.length, Math.ceil((box.scrollTop + height) / ROW) + SPARE);
    // Nothing is built as long as half of the spare rows are left.
    const near = (first === 0 || box.scrollTop / ROW - from > SPARE / 2) && (last === numbers.length || to - (box.scrollTop + height) / ROW > SPARE / 2);
    if (from >= 0 && near && first >= from - SPARE / 2 && last <= to + SPARE / 2 && (first > 0 || from === 0) && (last < numbers.length || to === numbers.length)) return;
    const kept = document.activeElement && list.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    from = first;
    to = last;
    const rows = [];
    for (let at = first; at < last; at++) {
      const item = el("div", { class: "item", role: "listitem", "aria-setsize": String(numbers.length), "aria-posinset": String(at + 1) }, row(numbers[at]));
      item.style.setProperty("top", `${at * ROW}px`);
      rows.push(item);
    }
    list.replaceChildren(...rows);
    if (kept) list.querySelectorAll("a").forEach((one) => one.getAttribute("href") === kept && one.focus({ preventScroll: true }));
  };
  box.addEventListener("scroll", draw, { passive: true });
  box.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const links = [...list.querySelectorAll("a.result")];
    const at = links.indexOf(document.activeElement);
    const next = at < 0 ? links.find((one) => one.getBoundingClientRect().bottom > box.getBoundingClientRect().top + 4) : links[at + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
  list.replaceChildren();
  queueMicrotask(draw);
  return box;
}
