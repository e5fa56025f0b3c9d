// The address of a view: #/matrix?q=words&by=server. The address of a result has nothing of the view.

// Lone surrogates cannot be encoded; they are written out.
function encoded(text) {
  return encodeURIComponent(String(text).replace(/[\ud800-\udfff]/gu, written)).replace(/%2F/g, "/").replace(/%3A/g, ":");
}

function viewAddress(view, options = {}) {
  const pairs = Object.entries(options).filter(([, value]) => value !== "" && value !== undefined);
  const query = pairs.map(([name, value]) => `${name}=${encoded(value)}`).join("&");
  return `#/${view}${query ? `?${query}` : ""}`;
}

function resultAddress(target, address) {
  return `#/result/${encodeURIComponent(encoded(target))}/${encoded(address)}`;
}

function beforeAddress(target, address) {
  return `#/before/${encodeURIComponent(encoded(target))}/${encoded(address)}`;
}

// The view of an address, and its options. An address that cannot be decoded is an unknown view.
function place() {
  const hash = location.hash.replace(/^#\/?/, "");
  const found = /^(result|before)\/([^/]+)\/([^?]+)$/.exec(hash);
  if (found) return { view: found[1], link: location.hash, options: {} };
  const [view, query = ""] = hash.split(/\?(.*)/s);
  const options = {};
  for (const pair of query.split("&").filter(Boolean)) {
    const [name, value = ""] = pair.split(/=(.*)/s);
    try {
      options[name] = decodeURIComponent(value);
    } catch {
      options[name] = value;
    }
  }
  return { view: view || "matrix", link: location.hash, options };
}

// The result that a link leads to; -1 for none. Links are compared as text, so every name has one.
function resultAt(data, link) {
  const [, target, address] = /^#\/result\/([^/]+)\/(.+)$/.exec(link) || [];
  if (target === undefined) return -1;
  const at = numberOf(data.targets.map((one) => encodeURIComponent(encoded(one.target))), target);
  const of = numberOf(data.addresses.map(encoded), address);
  const { columns } = data;
  for (let number = 0; number < data.count; number++) {
    if (columns.target[number] === at && columns.case[number] === of) return number;
  }
  return -1;
}

// The number of a link's part; programs that pass links on encode more or fewer characters.
function numberOf(parts, part) {
  const exact = parts.indexOf(part);
  return exact >= 0 ? exact : parts.map(decoded).indexOf(decoded(part));
}

function decoded(text) {
  try {
    const once = decodeURIComponent(text);
    return once.includes("%") ? decodeURIComponent(once) : once;
  } catch {
    return text;
  }
}
