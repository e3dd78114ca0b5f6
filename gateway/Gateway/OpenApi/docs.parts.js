// The pieces of the page.

export function make(name, properties, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

export const nameOf = (reference) => reference.split("/").pop();

/** Paragraphs and lists of a description, with `code` in them. */
export function words(text) {
  return (text ?? "")
    .split("\n\n")
    .filter(Boolean)
    .map((block) => {
      const lines = block.split("\n");
      if (!lines.every((line) => line.startsWith("- "))) return make("p", {}, ...inline(block));
      return make("ul", {}, ...lines.map((line) => make("li", {}, ...inline(line.slice(2)))));
    });
}

/** Text with `code` in it. */
export function inline(text) {
  return text
    .split(/(`[^`]+`)/)
    .map((part) => (part.startsWith("`") ? make("code", { textContent: part.slice(1, -1) }) : part));
}

function typeOf(api, schema) {
  if (schema.$ref)
    return api.components.schemas[nameOf(schema.$ref)].enum ? "enum" : nameOf(schema.$ref).split(".").pop();
  if (schema.type === "array") return `list of ${typeOf(api, schema.items)}`;
  return schema.format ?? schema.type ?? "any JSON";
}

/** The message that a field holds, if it holds one with fields of its own. */
function inside(api, schema) {
  const reference = schema.$ref ?? schema.items?.$ref;
  return reference
    ? api.components.schemas[nameOf(reference)]
    : schema.properties
      ? schema
      : schema.items?.properties
        ? schema.items
        : undefined;
}

// `marks` says whether to mark what is required: an answer just has it.
function row(api, name, schema, required, description, marks) {
  const cell = make("td", {}, make("span", { className: "type", textContent: typeOf(api, schema) }));
  if (required && marks) cell.append(" ", make("span", { className: "required", textContent: "required" }));
  cell.append(...words(description));
  const message = inside(api, schema);
  if (message?.enum) cell.append(...words(message.description.split("\n\n").slice(1).join("\n\n")));
  if (message?.properties) cell.append(unfold(api, message, marks));
  return make("tr", {}, make("td", {}, make("code", { textContent: name })), cell);
}

// Messages may contain themselves, so a field's fields are made when they are asked for.
function unfold(api, message, marks) {
  const details = make("details", {}, make("summary", { className: "type", textContent: "its fields" }));
  details.addEventListener(
    "toggle",
    () => details.querySelector("table") ?? details.append(rowsOf(api, message, marks)),
  );
  return details;
}

function rowsOf(api, message, marks) {
  const rows = Object.entries(message.properties).map(([name, each]) =>
    row(api, name, each, message.required?.includes(name), each.description, marks),
  );
  return make("table", {}, make("tbody", {}, ...rows));
}

export function fieldTable(api, schema, marks) {
  const message = inside(api, schema);
  return message?.properties && Object.keys(message.properties).length
    ? rowsOf(api, message, marks)
    : make("p", { className: "facts", textContent: "An empty object." });
}

export function parameterTable(api, parameters) {
  const rows = parameters.map((each) =>
    row(
      api,
      each.name,
      { ...each.schema, format: each.schema.format ?? each.schema.type },
      each.required,
      `${each.description ?? ""} (${each.in})`,
      true,
    ),
  );
  return make("table", {}, make("tbody", {}, ...rows));
}
