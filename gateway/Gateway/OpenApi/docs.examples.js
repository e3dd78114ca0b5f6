// Makes an example of a schema: every field, of alternatives the first, and nothing that contains itself.

const byName = {
  id: "01890a5d-ac96-774b-bcce-b302099a8057",
  email: "ada@example.com",
  userId: "ada",
  timeZone: "Europe/Berlin",
  pageToken: "",
  nextPageToken: "",
};

export function exampleOf(api, schema, name = "", within = []) {
  if (schema.$ref) {
    if (within.includes(schema.$ref)) return undefined;
    return exampleOf(api, api.components.schemas[schema.$ref.split("/").pop()], name, [...within, schema.$ref]);
  }

  if (schema.examples) return schema.examples[0];
  if (schema.enum) return schema.enum.find((value) => !value.endsWith("UNSPECIFIED"));
  switch (schema.type) {
    case "object":
      return exampleOfObject(api, schema, within);
    case "array":
      return [exampleOf(api, schema.items, name.replace(/s$/, ""), within)].filter((each) => each !== undefined);
    case "string":
      return exampleOfText(schema, name);
    case "integer":
      return 1;
    case "number":
      return 0.5;
    case "boolean":
      return true;
    default:
      return "any";
  }
}

function exampleOfObject(api, schema, within) {
  const left = new Set((schema["x-oneofs"] ?? []).flatMap((names) => names.slice(1)));
  const fields = Object.entries(schema.properties ?? {}).filter(([name]) => !left.has(name));
  return Object.fromEntries(
    fields.map(([name, each]) => [name, exampleOf(api, each, name, within)]).filter(([, each]) => each !== undefined),
  );
}

function exampleOfText(schema, name) {
  if (schema.format === "date-time") return "2026-01-31T09:00:00Z";
  if (name in byName) return byName[name];
  // Ids that people choose; all others are ours.
  return /Id$/.test(name) && !/(anonymous|content|node)Id$/i.test(name) ? byName.id : name;
}
