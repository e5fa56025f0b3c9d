// Bytes of a connection, read as lines of HTTP/1, frames of WebSocket, or frames of HTTP/2. Nothing here trusts them.

const OPCODES = { 0: "continuation", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong" };
const H2_TYPES = ["DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS", "PUSH_PROMISE", "PING", "GOAWAY", "WINDOW_UPDATE", "CONTINUATION"];
const PREFACE = "PRI * HTTP/2.0";
const FRAMES = 200;

function latin(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return text;
}

// The text of bytes: UTF-8 where it is valid, other bytes as \xNN.
function textOf(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return latin(bytes).replace(/[\u0080-\u00ff]/g, (char) => "\\x" + char.charCodeAt(0).toString(16));
  }
}

// Lines of text, each with its line end written out.
function linesOf(bytes) {
  return textOf(bytes).split(/(?<=\n)/).map((line) => shown(line, 4000)).join("\n");
}

function hexOf(bytes, mark = -1) {
  const rows = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16);
    const hex = [...row].map((byte) => byte.toString(16).padStart(2, "0"));
    const text = [...row].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·")).join("");
    rows.push({ at, hex, text, marked: mark >= at && mark < at + 16 ? mark - at : -1 });
  }
  return rows;
}

function hexView(bytes, mark = -1) {
  const lines = hexOf(bytes, mark).map(({ at, hex, text, marked }) => {
    const cells = hex.map((byte, number) => [number === marked ? el("mark", {}, byte) : byte, " "]);
    const letters = marked < 0 ? text : [text.slice(0, marked), el("mark", {}, text[marked]), text.slice(marked + 1)];
    return el("span", { class: "hexline" }, el("span", { class: "offset" }, at.toString(16).padStart(6, "0"), "  "), cells, " ".repeat(3 * (16 - hex.length)), " ", letters);
  });
  return el("pre", { class: "hex", tabindex: "0" }, lines.flatMap((line) => [line, document.createElement("br")]));
}

// What each event of a transcript continues: a table from the number of an event to "http1", "websocket" or
// "http2"; "switching" for the response after which a connection is a WebSocket.
function protocolsOf(events) {
  const state = new Map();
  return events.map((event) => {
    if (event.side !== "wire" || !event.data) return "";
    const head = latin(event.bytes.subarray(0, 64));
    const own = state.get(event.subject) || "http1";
    if (event.what === "sent" && own === "http1" && head.startsWith(PREFACE)) state.set(event.subject, "http2");
    const now = state.get(event.subject) || "http1";
    if (event.what === "received" && own === "http1" && /^HTTP\/1\.1 101/.test(head) && /upgrade:\s*websocket/i.test(latin(event.bytes))) {
      state.set(event.subject, "websocket");
      return "switching";
    }
    return now;
  });
}

// The offset behind the head of an HTTP/1 message; 0 if it has no end.
function headEnd(bytes) {
  const at = latin(bytes).indexOf("\r\n\r\n");
  return at < 0 ? 0 : at + 4;
}

// The frames of WebSocket in some bytes; what is no complete frame is left to the caller as "rest".
function webSocketFrames(bytes) {
  const found = [];
  let at = 0;
  while (at + 2 <= bytes.length && found.length < FRAMES) {
    const first = bytes[at];
    const masked = (bytes[at + 1] & 0x80) !== 0;
    let length = bytes[at + 1] & 0x7f;
    let start = at + 2;
    if (length === 126) {
      if (start + 2 > bytes.length) break;
      length = bytes[start] * 256 + bytes[start + 1];
      start += 2;
    } else if (length === 127) {
      if (start + 8 > bytes.length) break;
      length = 0;
      for (let byte = 0; byte < 8; byte++) length = length * 256 + bytes[start + byte];
      start += 8;
    }
    const mask = masked ? bytes.subarray(start, start + 4) : null;
    if (masked) start += 4;
    if (start > bytes.length) break;
    const there = bytes.subarray(start, Math.min(start + length, bytes.length));
    const payload = mask && mask.length === 4 ? there.map((byte, number) => byte ^ mask[number % 4]) : there;
    found.push({ fin: (first & 0x80) !== 0, rsv: (first >> 4) & 7, opcode: first & 15, masked, length, payload, whole: there.length === length });
    at = start + length;
  }
  return { frames: found, rest: Math.max(bytes.length - at, 0) };
}

function webSocketLine({ fin, rsv, opcode, masked, length, payload, whole }) {
  const words = [OPCODES[opcode] || `opcode ${opcode}`, fin ? "FIN" : "not FIN"];
  if (rsv) words.push(`RSV ${rsv.toString(2).padStart(3, "0")}`);
  words.push(masked ? "masked" : "unmasked", size(length));
  if (!whole) words.push("incomplete");
  if (opcode === 8 && payload.length >= 2) words.push(`code ${payload[0] * 256 + payload[1]}`);
  const text = opcode === 8 ? payload.subarray(2) : payload;
  return `${words.join(", ")}${text.length ? `: ${shown(textOf(text.subarray(0, 200)), 240)}${text.length > 200 ? "…" : ""}` : ""}`;
}

function http2Frames(bytes) {
  const found = [];
  let at = latin(bytes.subarray(0, 14)) === PREFACE ? 24 : 0;
  if (at) found.push("connection preface");
  while (at + 9 <= bytes.length && found.length < FRAMES) {
    const length = bytes[at] * 65536 + bytes[at + 1] * 256 + bytes[at + 2];
    const type = H2_TYPES[bytes[at + 3]] || `type ${bytes[at + 3]}`;
    const stream = ((bytes[at + 5] & 0x7f) << 24) + (bytes[at + 6] << 16) + bytes[at + 7] * 256 + bytes[at + 8];
    found.push(`${type}, stream ${stream}, flags 0x${bytes[at + 4].toString(16).padStart(2, "0")}, ${size(length)}${at + 9 + length > bytes.length ? ", incomplete" : ""}`);
    at += 9 + length;
  }
  return found;
}

// The frames of an event as lines; empty for HTTP/1.
function frameLines(protocol, bytes) {
  if (protocol === "http2") return http2Frames(bytes);
  if (protocol !== "websocket") return [];
  const { frames, rest } = webSocketFrames(bytes);
  return [...frames.map(webSocketLine), ...(rest ? [`and ${plural(rest, "byte")} that are no complete frame`] : [])];
}
