// One result: what was required, what happened, and why it matters.

function resultView(data, one, detail, source, others) {
  const [file, name] = [one.address.split("::")[0], one.address.split("::").slice(1).join("::")];
  const known = detail || {};
  return el("article", { "aria-labelledby": "result-title" },
    el("p", { class: "crumbs" }, el("a", { href: viewAddress("results", { q: withWord("", "target", one.target.target) }) }, one.target.target), " · ",
      el("a", { href: viewAddress("results", { q: withWord("", "category", one.category) }) }, one.category), one.run ? ` · run ${one.run}` : null),
    el("h1", { id: "result-title" }, one.title || name),
    el("p", { class: "lead" }, badge(one.verdict), " ", el("code", { class: "address" }, `${file}::${name}`), " ", copyButton(one.address, "the address", "Copy address"),
      " ", copyButton(location.href, "the link", "Copy link")),
    one.reason ? el("p", { class: `reason-line v-${one.verdict}` }, one.reason) : null,
    excuseView(known.excuse),
    one.target.failed ? section("The target did not start", [el("p", {}, one.target.failed), one.target.hint ? el("p", {}, one.target.hint) : null, one.target.log ? block(one.target.log) : null]) : null,
    clausesView(data, one),
    section("Expected and actual", (known.mismatches || []).map((each) => [excerptView(each, source), mismatchView(each)])),
    known.mismatches && known.mismatches.length ? null : stepView(known, source),
    section("Cause", causeView(data, known, one)),
    section("Time line", timelineView(known)),
    section("Reproduce", reproduceView(known)),
    section("Recorded values", recordedView(known.recorded)),
    section("Server log during this case", known.log ? el("details", {}, el("summary", {}, `${plural(known.log.split("\n").length, "line")}`), block(known.log)) : null),
    section("The case", source ? caseView(source, known, file) : null),
    section("Other results of this case", othersView(data, others, one)),
    section("This result", factsView(data, one, known)));
}

function section(title, content) {
  const parts = [content].flat(3).filter((part) => part !== null && part !== undefined && part !== false && part !== "");
  return parts.length ? el("section", {}, el("h2", {}, title), parts) : null;
}

function excuseView(excuse) {
  if (!excuse) return null;
  return el("p", { class: "note" }, el("strong", {}, "Known failure: "), excuse.because || "listed without a reason",
    excuse.link ? [" ", webLink(excuse.link)] : null, excuse.entry ? el("span", { class: "quiet" }, ` (${excuse.entry})`) : null);
}

function clausesView(data, one) {
  if (!one.cite.length) return null;
  return section(`Required (${one.level})`, el("ul", { class: "clauses" }, one.cite.map((id) => {
    const clause = data.clauses[id] || { id };
    return el("li", {}, el("a", { href: viewAddress("results", { q: withWord("", "clause", id) }) }, id), ` ${[clause.level, clause.risk && `risk: ${clause.risk}`].filter(Boolean).join(", ")} `,
      clause.url ? webLink(clause.url, clause.source || clause.url) : clause.source, clause.statement ? el("blockquote", {}, clause.statement) : null);
  })));
}

// The line of the document with a caret under the value.
function excerptView(mismatch, source) {
  const place = mismatch.place;
  if (!place) return null;
  const [file, line, column, length] = place;
  const [text, start, width] = mismatch.excerpt || lineOf(source, line, column, length) || [];
  if (text === undefined) return el("p", { class: "quiet" }, `${file}:${line}:${column}`);
  return caretView(file, line, column, text, start, width);
}

function lineOf(source, line, column, length) {
  if (!source || line < source[0]) return null;
  const text = source[1].split("\n")[line - source[0]];
  return text === undefined ? null : [text, column - 1, length];
}

function caretView(file, line, column, text, start, width) {
  // A long line begins near the value.
  const first = start > 60 ? start - 40 : 0;
  const part = (first ? "…" : "") + text.slice(first);
  const at = start - first + (first ? 1 : 0);
  const made = el("pre", { class: "excerpt", tabindex: "0" }, el("span", { class: "quiet" }, `${file}:${line}:${column}`), document.createElement("br"),
    part.slice(0, at), el("mark", {}, part.slice(at, at + Math.max(width, 1))), part.slice(at + Math.max(width, 1)), document.createElement("br"),
    " ".repeat(at), el("span", { class: "caret", "aria-hidden": "true" }, "^".repeat(Math.max(1, Math.min(width, part.length - at || 1)))));
  return made;
}

function stepView(known, source) {
  if (!known.step) return null;
  const [file, line, column, length] = known.step;
  const found = known.excerpt || lineOf(source, line, column, length);
  return found ? section("The step that decided", caretView(file, line, column, ...found)) : null;
}

function causeView(data, known, one) {
  const cause = known.cause;
  if (!cause) return one.cause ? el("p", {}, one.cause) : null;
  return [
    el("p", {}, el("strong", {}, one.cause || cause.fault), `: ${cause.because}`),
    known.origin ? el("p", {}, `The observer saw it in the ${known.origin.part}: ${known.origin.because}`) : null,
    cause.evidence.length ? el("ul", { class: "evidence" }, cause.evidence.map((each) => el("li", {}, badge(each.verdict), " ",
      data.targetNumber.has(each.target) ? el("a", { href: resultAddress(each.target, one.address) }, each.target) : each.target, each.where ? ` ${each.where}` : null))) : null,
    cause.hint ? el("p", {}, cause.hint) : null,
    cause.settle ? el("p", {}, "To find out, run ", commandView(cause.settle, "the command")) : null,
    known.company ? el("p", { class: "quiet" }, known.company) : null,
  ];
}

function commandView(text, what) {
  return el("span", { class: "command" }, el("code", {}, text), " ", copyButton(text, what));
}

function reproduceView(known) {
  if (!known.reproduce) return known.not_reproduced ? el("p", { class: "quiet" }, `No command reproduces it: ${known.not_reproduced}`) : null;
  const lines = known.reproduce.split("\n");
  return [lines.length > 1 && lines[0].startsWith("engine ") ? el("p", { class: "quiet" }, "The first command in one terminal, the others in another:") : null,
    el("ol", { class: "commands" }, lines.map((line, at) => el("li", {}, block(line), copyButton(line, `command ${at + 1}`))))];
}

function recordedView(recorded) {
  const pairs = Object.entries(recorded || {});
  return pairs.length ? el("dl", {}, pairs.map(([name, value]) => [el("dt", {}, name), el("dd", {}, String(value))])) : null;
}

function caseView([first, text], known, file) {
  const places = new Map();
  for (const one of known.mismatches || []) if (one.place) places.set(one.place[1], one.place);
  const lines = text.split("\n").map((line, at) => {
    const number = first + at;
    const place = places.get(number);
    const start = place ? place[2] - 1 : 0;
    const content = place ? [line.slice(0, start), el("mark", {}, line.slice(start, start + place[3])), line.slice(start + place[3])] : line;
    return [el("span", { class: place ? "yaml failing-line" : "yaml" }, el("span", { class: "offset" }, `${place ? "✗" : " "}${String(number).padStart(5)}  `), content), document.createElement("br")];
  });
  return el("details", { open: text.split("\n").length < 40 }, el("summary", {}, `${file}, line ${first}`), el("pre", { class: "source", tabindex: "0" }, lines));
}

function othersView(data, others, one) {
  if (!others.length) return null;
  const groups = ATTENTION.map((verdict) => [verdict, others.filter((each) => each.verdict === verdict)]).filter(([, list]) => list.length);
  return groups.map(([verdict, list]) => el("details", { open: verdict !== "pass" && verdict !== "unsupported" },
    el("summary", {}, badge(verdict), ` ${plural(list.length, "target")}`),
    el("ul", { class: "others" }, list.map((each) => el("li", {}, each.number === one.number ? el("strong", {}, each.target.target)
      : el("a", { href: resultAddress(each.target.target, each.address) }, each.target.target), each.reason ? el("span", { class: "quiet" }, ` ${each.reason}`) : null)))));
}

function factsView(data, one, known) {
  const { target } = one;
  const started = known.started ? new Date(known.started * 1000).toISOString().replace("T", " ").slice(0, 19) + " UTC" : "";
  const facts = [
    ["server", `${target.name} ${target.version}`], ["framework", `${target.framework_name} ${target.framework_version}`],
    ["loop", target.loop_name], ["gateway", target.gateway], ["HTTP", target.http], ["runtime", target.runtime], ["Python", target.python],
    ["started", started], ["duration", one.ms === undefined ? "" : `${one.ms} ms`], ["expectations checked", known.evaluated],
    ["tags", (known.tags || []).join(", ")], ["send() raised", (known.send_raised || []).join(", ")], ["evidence", (known.notes || []).join("; ") || "complete"],
  ];
  return [el("dl", { class: "facts" }, facts.filter(([, value]) => value !== "" && value !== undefined).map(([name, value]) => [el("dt", {}, name), el("dd", {}, String(value).trim() || "unknown")])),
    (known.attempts || []).length ? el("p", {}, `Attempts: ${known.attempts.map((each) => each.verdict).join(", ")}`) : null];
}

// Both sides of the server on one time line: the client's on the left, the application's on the right.
function timelineView(known) {
  const events = ((known.transcript && known.transcript.moments) || []).map((one) => ({ ...one, bytes: one.data ? fromBase64(one.data) : new Uint8Array() }));
  if (!events.length) return el("p", { class: "quiet" }, known.missing || "nothing was recorded");
  const protocols = protocolsOf(events);
  const rows = events.map((event, at) => eventView(event, protocols[at]));
  return [el("p", { class: "legend" }, "The client sends →, the server answers ←. The application receives →, and sends ←."),
    el("ol", { class: "timeline" }, rows)];
}

const ARROWS = { "wire sent": "→", "wire received": "←", "app received": "→", "app sent": "←", "app called": "→", "app returned": "←", "app raised": "←" };

function eventView(event, protocol) {
  const arrow = ARROWS[`${event.side} ${event.what}`] || "·";
  const bytes = event.bytes;
  const cut = bytes.length < (event.size || 0) ? `, of which ${size(bytes.length)} are kept` : "";
  const head = el("p", { class: "event-head" }, el("span", { class: "time" }, `${event.at < 0 ? "" : "+"}${(event.at * 1000).toFixed(1)} ms`), " ",
    el("span", { class: "side" }, event.side === "app" ? "application" : event.side), " ", el("span", { class: "arrow", "aria-hidden": "true" }, arrow), " ",
    el("strong", {}, event.what), " ", event.subject, event.connection ? ` on ${event.connection}` : null, event.data ? ` ${size(event.size || bytes.length)}${cut}` : null);
  return el("li", { class: `event side-${event.side} what-${event.what}` }, head, contentOf(event, protocol));
}

function contentOf(event, protocol) {
  if (event.data) {
    const switched = protocol === "switching" ? headEnd(event.bytes) : 0;
    if (switched && switched < event.bytes.length) {
      return [block(linesOf(event.bytes.subarray(0, switched)), { class: "wire" }), block(frameLines("websocket", event.bytes.subarray(switched)).join("\n"), { class: "frames" }), zoom(event)];
    }
    const frames = frameLines(protocol, event.bytes);
    return [frames.length ? block(frames.join("\n"), { class: "frames" }) : block(linesOf(event.bytes), { class: "wire" }), zoom(event)];
  }
  if ("value" in event && event.value !== null) {
    return el("details", {}, el("summary", {}, shown(event.detail || "", 160)), block(valueText(event.value)));
  }
  return event.detail ? el("p", { class: "event-detail" }, event.detail) : null;
}

// The same bytes as hex and as text; made when opened.
function zoom(event) {
  const made = el("details", { class: "zoom" }, el("summary", {}, "bytes"));
  made.addEventListener("toggle", () => {
    if (!made.open || made.childElementCount > 1) return;
    made.append(hexView(event.bytes), block(linesOf(event.bytes)));
    if (event.sha256) made.append(el("p", { class: "quiet" }, `SHA-256 of all: ${event.sha256}`));
  });
  return made;
}
