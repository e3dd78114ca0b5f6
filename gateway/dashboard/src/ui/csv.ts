/** A quote that is closed only in a later row, so that the rows in between become part of its field. */
export class OpenQuote extends Error {
  constructor(
    /** The line of the opening quote, counted from 1. */
    readonly line: number,
  ) {
    super(`The quote that opens in line ${line} is not closed there, so the rows after it cannot be read.`);
    this.name = "OpenQuote";
  }
}

/**
 * Parses CSV as programs write it (RFC 4180 and variants): quoted fields, doubled quotes, line breaks inside quotes;
 * separated by comma, semicolon, tab or pipe, which a first line `sep=;` may name; lines end with CR, LF or both. A
 * quote that is never closed is an ordinary character; a quote that is closed by a quote of a later row throws
 * `OpenQuote`.
 */
export function parseCsv(text: string): string[][] {
  // Spreadsheets write a byte order mark at the beginning of UTF-8 files.
  const whole = text.replace(/^\uFEFF/, "");
  const named = /^sep=(.)(\r\n|\r|\n|$)/i.exec(whole);
  const body = named ? whole.slice(named[0].length) : whole;
  try {
    return parse(body, named?.[1] ?? separatorOf(body), body.length);
  } catch (error) {
    throw named && error instanceof OpenQuote ? new OpenQuote(error.line + 1) : error;
  }
}

/** Parses rows. `lastQuote` is the last position where a quote may open a field. */
function parse(text: string, separator: string, lastQuote: number): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = "";
  let quotedFrom = -1;
  const endField = () => {
    row.push(field.trim());
    field = "";
  };
  const endRow = () => {
    endField();
    if (row.some((each) => each !== "")) rows.push(row);
    row = [];
  };
  for (let i = 0; i < text.length; i++) {
    const sign = text[i]!;
    if (quotedFrom >= 0) {
      if (sign !== '"') field += sign;
      else if (text[i + 1] === '"') {
        field += '"';
        i++;
      } else {
        if (/[\r\n]/.test(field) && !endsField(text, i + 1, separator)) throw new OpenQuote(lineOf(text, quotedFrom));
        quotedFrom = -1;
      }
    } else if (sign === '"' && field.trim() === "" && i < lastQuote) {
      field = "";
      quotedFrom = i;
    } else if (sign === separator) endField();
    else if (sign === "\n" || (sign === "\r" && text[i + 1] !== "\n")) endRow();
    else if (sign !== "\r") field += sign;
  }
  if (quotedFrom >= 0) return parse(text, separator, quotedFrom);
  endRow();
  return rows;
}

/** Whether only spaces follow until the end of the field. */
function endsField(text: string, from: number, separator: string): boolean {
  let i = from;
  while (text[i] === " ") i++;
  return i >= text.length || text[i] === separator || text[i] === "\n" || text[i] === "\r";
}

const lineOf = (text: string, at: number): number => text.slice(0, at).split(/\r\n|\r|\n/).length;

/** Returns the most frequent separator in the first line, outside of quotes. */
function separatorOf(text: string): string {
  const line = (/^(?:"(?:[^"]|"")*"|[^\r\n"]|")*/.exec(text.slice(0, 10_000))?.[0] ?? "").replace(
    /"(?:[^"]|"")*"/g,
    "",
  );
  const count = (sign: string) => line.split(sign).length;
  return [",", ";", "\t", "|"].reduce((best, sign) => (count(sign) > count(best) ? sign : best));
}

/** Parses pasted ids: one per line, or separated by commas, semicolons or tabs; each once, in their order. */
export function parseIds(text: string): string[] {
  return unique(text.split(/[\n\r,;\t]+/));
}

/** Returns a column of a table as ids; each once, in their order. */
export const columnOf = (rows: readonly (readonly string[])[], column: number): string[] =>
  unique(rows.map((row) => row[column] ?? ""));

const unique = (ids: readonly string[]) => [...new Set(ids.map(trimmed).filter((id) => id !== ""))];

/** Removes white space and invisible characters around an id, which other programs leave behind. */
const trimmed = (id: string): string => id.replace(/^[\s\u200b\u2060\ufeff]+|[\s\u200b\u2060\ufeff]+$/g, "");

/** Names of columns of ids, most likely first, in lower case and with letters only. */
const idNames = [
  "userid",
  "user",
  "id",
  "uid",
  "externalid",
  "externaluserid",
  "distinctid",
  "customerid",
  "contactid",
  "memberid",
  "recordid",
  "email",
];

/** Guesses which column of a table contains the ids, and whether the first row has the names of columns. */
export function guessIds(rows: readonly (readonly string[])[]): { column: number; hasHeader: boolean } {
  const names = (rows[0] ?? []).map((name) => name.toLowerCase().replace(/[^a-z0-9]/g, ""));
  const known = idNames.map((name) => names.indexOf(name)).find((column) => column >= 0);
  if (known !== undefined) return { column: known, hasHeader: true };
  const column = (rows[0] ?? []).findIndex((name) => /[\s_.-]id$/i.test(name) || /[a-z]I[dD]$/.test(name));
  return column >= 0 ? { column, hasHeader: true } : { column: 0, hasHeader: false };
}

/** Returns why the API would refuse a user id; undefined for a valid one. */
export function faultOf(id: string): string | undefined {
  if (id.length > 256) return "longer than 256 characters";
  if (id.includes("\ufffd")) return "has a character that could not be read";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
  return /[\u0000-\u001f\u007f-\u009f]/.test(id) ? "has control characters" : undefined;
}

export const goodIds = (ids: readonly string[]): string[] => ids.filter((id) => faultOf(id) === undefined);

/** Returns CSV lines for spreadsheets. Values that are not text are written as JSON. */
export const csvLines = (rows: readonly (readonly unknown[])[]): string =>
  rows.map((row) => `${row.map(csvCell).join(",")}\r\n`).join("");

function csvCell(value: unknown): string {
  const text = value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value);
  // Spreadsheets treat cells with these first characters as formulas. Those that split at semicolons treat each part as
  // a cell, even inside quotes.
  const harmless = text.replace(/(?<=^|[;\t\r\n])(?=[^\S\t\r\n]*[=+\-@＝＋－＠])/g, "'");
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
