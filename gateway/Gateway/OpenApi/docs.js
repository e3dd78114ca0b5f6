// Shows openapi.json: an index with a search, and for each route who may call it, what it takes, what it gives, and
// examples.
// No library, so that a strict policy can hold.
import { exampleOf } from "./docs.examples.js";
import { fieldTable, inline, make, nameOf, parameterTable, words } from "./docs.parts.js";

const titleOf = (tag) => tag.replace(/Service$/, "").replace(/(?<=[a-z])(?=[A-Z])/g, " ");

function operationsOf(api, tag) {
  const all = Object.entries(api.paths).flatMap(([path, verbs]) =>
    Object.entries(verbs).map(([verb, operation]) => ({ path, verb: verb.toUpperCase(), operation })),
  );
  return all.filter((each) => each.operation.tags.includes(tag));
}

function routeLine(verb, path) {
  return make(
    "div",
    { className: "route" },
    make("span", { className: `verb ${verb}`, textContent: verb }),
    make("code", { textContent: path }),
  );
}

function credentialsOf(operation) {
  if (operation.security.length === 0) return "Nobody has to be known.";
  const names = {
    bearer: "a secret key or token as Bearer",
    apiKey: "a key in X-API-Key",
    apiKeyInAddress: "a publishable key as ?apiKey=",
    session: "a session's cookie",
  };
  return `Credentials: ${operation.security.map((each) => names[Object.keys(each)[0]]).join(", or ")}.`;
}

function curl(path, verb, operation, body) {
  const isSdk = path.startsWith("/sdk/");
  const query = (operation.parameters ?? [])
    .filter((each) => each.in === "query" && each.required)
    .map((each) => `${each.name}=...`);
  const lines = [`curl '${location.origin}${path}${query.length ? `?${query.join("&")}` : ""}'`];
  if (verb !== (body ? "POST" : "GET")) lines.push(`-X ${verb}`);
  if (operation.security.length)
    lines.push(isSdk ? '-H "X-API-Key: $PUBLISHABLE_KEY"' : '-H "Authorization: Bearer $SECRET_KEY"');
  if (body) lines.push("-H 'Content-Type: application/json'", `-d '${body.replaceAll("'", "'\\''")}'`);
  return lines.join(" \\\n  ");
}

function showOperation(api, { path, verb, operation }) {
  const requestType = operation.requestBody?.content["application/json"].schema;
  const [answerKind, { schema: answerType }] = Object.entries(operation.responses["200"].content)[0];
  const body = requestType && JSON.stringify(exampleOf(api, requestType), null, 2);
  const parameters = (operation.parameters ?? []).map((each) =>
    each.$ref ? api.components.parameters[nameOf(each.$ref)] : each,
  );

  const left = make("div", {});
  if (parameters.length) left.append(make("h4", { textContent: "Parameters" }), parameterTable(api, parameters));
  if (requestType) left.append(make("h4", { textContent: "Body" }), fieldTable(api, requestType, true));
  left.append(make("h4", { textContent: `Answer (${answerKind})` }), fieldTable(api, answerType, false));
  const right = make(
    "div",
    {},
    make("h4", { textContent: "Call" }),
    make("pre", { tabIndex: 0 }, make("code", { textContent: curl(path, verb, operation, body) })),
    make("h4", { textContent: "Answer" }),
    make("pre", { tabIndex: 0 }, make("code", { textContent: JSON.stringify(exampleOf(api, answerType), null, 2) })),
  );
  const header = make(
    "header",
    {},
    make("h3", {}, ...inline(operation.summary)),
    routeLine(verb, path),
    ...words(operation.description),
    make("p", { className: "facts", textContent: credentialsOf(operation) }),
  );
  return make("article", { id: operation.operationId }, header, left, right);
}

function showOverview(api) {
  return make(
    "section",
    {},
    make("h2", { textContent: "Overview" }),
    ...words(api.info.description),
    make(
      "p",
      {},
      make("a", { href: "/openapi.json", textContent: "openapi.json" }),
      " has the same for generators of clients (OpenAPI 3.1), and ",
      make("a", { href: "/asyncapi.json", textContent: "asyncapi.json" }),
      " describes the facts on RabbitMQ (AsyncAPI 3.0).",
    ),
    make("h3", { textContent: "Credentials" }),
    make(
      "table",
      {},
      make(
        "tbody",
        {},
        ...Object.entries(api.components.securitySchemes).map(([, scheme]) =>
          make(
            "tr",
            {},
            make("td", {}, make("code", { textContent: scheme.name ?? "Authorization: Bearer" })),
            make("td", {}, ...words(scheme.description)),
          ),
        ),
      ),
    ),
    make("h3", { textContent: "Errors" }),
    ...words(`${api.components.responses.Refused.description} ${api.components.responses.Failed.description}`),
    fieldTable(api, { $ref: "#/components/schemas/Problem" }),
  );
}

function filter(text) {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const link of document.querySelectorAll("#index li")) {
    link.hidden = !wanted.every((word) => link.dataset.words.includes(word));
    document.getElementById(link.dataset.operation).hidden = link.hidden;
    found += link.hidden ? 0 : 1;
  }
  for (const group of document.querySelectorAll("#index section, main > section"))
    group.hidden = wanted.length > 0 && !group.querySelector("li:not([hidden]), article:not([hidden])");
  document.getElementById("none").hidden = found > 0;
}

function markCurrent() {
  for (const link of document.querySelectorAll("#index a"))
    link.hash === location.hash ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current");
  document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
}

async function show() {
  const api = await (await fetch("/openapi.json")).json();
  const index = document.getElementById("index");
  const main = document.getElementById("routes");
  main.replaceChildren(showOverview(api));
  for (const tag of api.tags) {
    const operations = operationsOf(api, tag.name);
    main.append(
      make(
        "section",
        {},
        make("h2", { textContent: titleOf(tag.name) }),
        ...words(tag.description),
        ...operations.map((each) => showOperation(api, each)),
      ),
    );
    const links = operations.map(({ path, verb, operation }) => {
      const link = make(
        "a",
        { href: `#${operation.operationId}`, title: `${verb} ${path}` },
        make("span", { className: `verb ${verb}`, textContent: verb }),
        make("span", {}, ...inline(operation.summary)),
      );
      const item = make("li", {}, link);
      item.dataset.operation = operation.operationId;
      item.dataset.words = `${verb} ${path} ${operation.summary} ${operation.operationId}`.toLowerCase();
      return item;
    });
    index.append(make("section", {}, make("h2", { textContent: titleOf(tag.name) }), make("ul", {}, ...links)));
  }
  document.getElementById("search").addEventListener("input", (event) => filter(event.target.value));
  addEventListener("hashchange", markCurrent);
  markCurrent();
}

show().catch((error) =>
  document
    .getElementById("routes")
    .replaceChildren(make("p", { textContent: `openapi.json cannot be read: ${error.message}` })),
);
