/** Tables as spreadsheets save them (RFC 4180): quoted fields, doubled quotes, line breaks inside quotes; comma, semicolon or tab. */
export function parseCsv(text: string): string[][] {
  const separator = separatorOf(text);
  const rows: string[][] = [];
  let row: string[] = [];
  let field = "";
  let quoted = false;
  const endField = () => {
    row.push(field.trim());
    field = "";
  };
  const endRow = () => {
    endField();
    if (row.some((each) => each !== "")) rows.push(row);
    row = [];
  };
  // Spreadsheets begin UTF-8 files with a mark.
  for (let i = text.startsWith("\uFEFF") ? 1 : 0; i < text.length; i++) {
    const sign = text[i]!;
    if (quoted) {
      if (sign !== '"') field += sign;
      else if (text[i + 1] === '"') {
        field += '"';
        i++;
      } else quoted = false;
    } else if (sign === '"' && field.trim() === "") {
      field = "";
      quoted = true;
    } else if (sign === separator) endField();
    else if (sign === "\n") endRow();
    else if (sign !== "\r") field += sign;
  }
  endRow();
  return rows;
}

/** Whichever stands most often in the first line. */
function separatorOf(text: string): string {
  const line = text.split("\n", 1)[0]!;
  const count = (sign: string) => line.split(sign).length;
  return [",", ";", "\t"].reduce((best, sign) => (count(sign) > count(best) ? sign : best));
}

/** Ids as people paste them: one a line, or with commas, semicolons or tabs between; each once, in their order. */
export function parseIds(text: string): string[] {
  return unique(text.split(/[\n\r,;\t]+/));
}

/** A column of a table as ids; each once, in their order. */
export const columnOf = (rows: readonly (readonly string[])[], column: number): string[] =>
  unique(rows.map((row) => row[column] ?? ""));

const unique = (ids: readonly string[]) => [...new Set(ids.map((id) => id.trim()).filter((id) => id !== ""))];

/** Which column of a table with a first row of names is most likely that of the ids, and whether that row is one of names. */
export function guessIds(rows: readonly (readonly string[])[]): { column: number; hasHeader: boolean } {
  const names = (rows[0] ?? []).map((name) => name.toLowerCase().replace(/[^a-z]/g, ""));
  for (const wanted of ["userid", "user", "id", "uid", "email"]) {
    const column = names.indexOf(wanted);
    if (column >= 0) return { column, hasHeader: true };
  }
  return { column: 0, hasHeader: false };
}

/** What the API would refuse a user id for; nothing for a good one. */
export function faultOf(id: string): string | undefined {
  if (id.length > 256) return "longer than 256 characters";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
  return /[\u0000-\u001f\u007f-\u009f]/.test(id) ? "has control characters" : undefined;
}

/** Lines of a table for spreadsheets. What is no text becomes JSON. */
export const csvLines = (rows: readonly (readonly unknown[])[]): string =>
  rows.map((row) => `${row.map(csvCell).join(",")}\r\n`).join("");

function csvCell(value: unknown): string {
  const text = value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value);
  // Spreadsheets take what begins so for a formula.
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
