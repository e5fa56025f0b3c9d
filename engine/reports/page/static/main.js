// The page: one address, one view. The search field and the address always say the same.

const VIEWS = { matrix: "Matrix", findings: "Findings", results: "Results", clauses: "Clauses", compare: "Changes", run: "Run" };
const app = document.getElementById("app");
let data = null;
let drawing = 0;

function go(address, { replace = false } = {}) {
  if (replace) {
    history.replaceState(null, "", address);
    draw();
  } else if (location.hash === address) {
    draw();
  } else {
    location.hash = address;
  }
}

function frame() {
  const field = el("input", { id: "search", type: "search", placeholder: "server:granian verdict:fail text", autocomplete: "off", spellcheck: "false", enterkeyhint: "search" });
  field.addEventListener("input", () => {
    const { view, options } = place();
    const own = view in VIEWS && view !== "run" ? view : "results";
    go(viewAddress(own, { ...(own === view ? options : {}), q: field.value.trim() }), { replace: own === view });
  });
  const links = Object.entries(VIEWS).filter(([view]) => view !== "compare" || data.comparison);
  return [
    el("a", { class: "skip", href: "#content" }, "Skip to the content"),
    el("header", { class: "top" },
      el("p", { class: "title" }, el("a", { href: viewAddress("matrix") }, "Conformance")),
      el("nav", { "aria-label": "Views" }, links.map(([view, words]) => el("a", { id: `to-${view}`, href: viewAddress(view) }, words))),
      el("form", { role: "search", class: "search" }, el("label", { for: "search", class: "offscreen" }, "Search results"), field),
      el("p", { class: "sentence" }, `${data.run}: ${data.sentence}`, data.early ? el("strong", {}, ` ${data.early}`) : null)),
    el("main", { id: "content", tabindex: "-1" }),
  ];
}

async function draw() {
  const turn = ++drawing;
  const { view, options, link } = place();
  const main = document.getElementById("content");
  let made;
  if (view === "result" || view === "before") {
    made = await opened(view, link);
    if (turn !== drawing) return;
  } else if (view === "content") {
    main.focus();
    return;
  } else {
    made = (PAGES[view] || unknown)(data, options);
  }
  const field = document.getElementById("search");
  const words = options.q || "";
  if (document.activeElement !== field || field.value.trim() !== words) field.value = words;
  for (const name of Object.keys(VIEWS)) {
    const own = document.getElementById(`to-${name}`);
    if (!own) continue;
    own.setAttribute("href", viewAddress(name, name === "run" ? {} : { q: words }));
    if (name === view || (view === "result" && name === "results") || (view === "before" && name === "compare")) own.setAttribute("aria-current", "page");
    else own.removeAttribute("aria-current");
  }
  const title = made.querySelector("h1");
  document.title = `${title ? title.textContent : "Run"} · ${shown(data.run)}`;
  main.replaceChildren(made);
}

const PAGES = { matrix: matrixView, findings: findingsView, results: resultsView, clauses: clausesPage, compare: compareView, run: runView };

async function opened(view, link) {
  let one = null;
  if (view === "before") one = beforeAt(data, link);
  else {
    const number = resultAt(data, link);
    if (number >= 0) one = resultOf(data, number);
  }
  if (!one) return unknown();
  const [detail, source] = await Promise.all([detailOf(one.detail), detailOf(one.source)]);
  const others = [];
  for (let number = 0; number < data.count; number++) if (data.columns.case[number] === one.caseIndex) others.push(resultOf(data, number));
  return resultView(data, one, detail || { missing: missingOf(one) }, source, others.length > 1 ? others : []);
}

function missingOf(one) {
  return one.verdict === "pass" ? "This page keeps no time line of passing cases that pass everywhere." : "This page keeps no details of this result.";
}

function unknown() {
  return el("section", {}, el("h1", {}, "Not in this report"), el("p", {}, `Nothing in this report has the address ${decoded(location.hash)}. It may be of another run.`),
    el("p", {}, el("a", { href: viewAddress("matrix") }, "Show the matrix")));
}

function runView() {
  const { machine } = data;
  const facts = [
    ["run", data.run], ["started", data.started ? new Date(data.started * 1000).toISOString().replace("T", " ").slice(0, 19) + " UTC" : ""],
    ["results", data.sentence], ["command", `engine ${data.arguments.join(" ")}`], ["engine", data.engine], ["Python", data.python], ["system", data.system],
    ["processor", machine.cpu ? `${machine.cpu}, ${plural(Number(machine.cores) || 0, "core")}` : ""], ["memory", machine.memory ? size(Number(machine.memory)) : ""],
    ["architecture", machine.architecture], ["suites", [data.data.origin, data.data.corpus].filter(Boolean).join(" ")],
  ];
  const dead = data.targets.filter((one) => one.failed);
  const head = el("thead", {}, el("tr", {}, ["target", "server", "framework", "loop", "Python", "system", "machine", "claims that a probe refuted"].map((word) => el("th", { scope: "col" }, word))));
  return el("section", { "aria-labelledby": "run-title" }, el("h1", { id: "run-title" }, "Run"),
    el("dl", { class: "facts" }, facts.filter(([, value]) => value).map(([name, value]) => [el("dt", {}, name), el("dd", {}, String(value))])),
    dead.length ? el("section", {}, el("h2", {}, "Targets that did not start"), dead.map((one) => el("article", { class: "finding s-failing" }, el("h3", {}, one.target), el("p", {}, one.failed), one.hint ? el("p", {}, one.hint) : null, one.log ? block(one.log) : null))) : null,
    el("h2", {}, "Targets"),
    el("div", { class: "scroll" }, el("table", { class: "targets" }, head, el("tbody", {}, data.targets.map((one) => el("tr", {}, el("th", { scope: "row" }, one.target), el("td", {}, `${one.name} ${one.version}`),
      el("td", {}, `${one.framework_name} ${one.framework_version}`), el("td", {}, one.loop_name), el("td", {}, one.python), el("td", {}, one.system), el("td", {}, one.machine), el("td", {}, one.refuted.join("; "))))))));
}

async function begin() {
  try {
    data = await load();
  } catch (error) {
    // The plain tables stay.
    console.error(error);
    return;
  }
  app.replaceChildren(...frame());
  document.body.classList.add("scripted");
  app.removeAttribute("hidden");
  app.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
  await draw();
  window.addEventListener("hashchange", () => {
    draw().then(() => {
      if (place().view === "result") window.scrollTo(0, 0);
    });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) return;
    event.preventDefault();
    document.getElementById("search").focus();
  });
}

begin();
