/** The encodings that spreadsheets write, most likely first. */
export const encodings = {
  "utf-8": "UTF-8",
  "windows-1252": "Western Europe (Windows-1252)",
  "windows-1250": "Central Europe (Windows-1250)",
  "windows-1251": "Cyrillic (Windows-1251)",
  "windows-1254": "Turkish (Windows-1254)",
  shift_jis: "Japanese (Shift JIS)",
  gb18030: "Chinese (GB 18030)",
  macintosh: "Mac (Roman)",
  "utf-16le": "UTF-16",
  "utf-16be": "UTF-16, big endian",
} as const;

export type Encoding = keyof typeof encodings;

/** Guesses the encoding of a file. */
export function guessEncoding(bytes: Uint8Array): Encoding {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  // In UTF-16, almost every line of a table has Latin letters, digits or separators, whose other byte is zero.
  const start = bytes.subarray(0, 200);
  if (start.filter((each) => each === 0).length > start.length / 4) return start[0] === 0 ? "utf-16be" : "utf-16le";
  return decode(bytes, "utf-8") === undefined ? "windows-1252" : "utf-8";
}

/** Decodes a file; undefined when it is not in this encoding. */
export function decode(bytes: Uint8Array, encoding: Encoding): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** A file that is UTF-8 except for some bytes. */
export interface Damaged {
  /** The text, with U+FFFD in place of invalid bytes. */
  text: string;
  /** The lines with invalid bytes, counted from 1; at most ten. */
  lines: readonly number[];
}

/**
 * Decodes a file that is UTF-8 in most places: valid non-ASCII sequences rarely occur by chance, and in any other
 * encoding they would become wrong letters. Returns undefined if it is UTF-8 throughout, or not mostly UTF-8.
 */
export function asDamagedUtf8(bytes: Uint8Array): Damaged | undefined {
  if (bytes.includes(0) || decode(bytes, "utf-8") !== undefined) return undefined;
  const text = new TextDecoder("utf-8").decode(bytes);
  const unread = text.split("\ufffd").length - 1;
  const read = [...text].filter((sign) => sign > "\u007f" && sign !== "\ufffd").length;
  if (read < unread) return undefined;
  const lines = text.split(/\r\n|\r|\n/).flatMap((line, i) => (line.includes("\ufffd") ? [i + 1] : []));
  return { text, lines: lines.slice(0, 10) };
}

/** Returns what kind of file it is if it is not text, in words. */
export function refusalOf(bytes: Uint8Array): string | undefined {
  const begins = (...signs: number[]) => signs.every((sign, i) => bytes[i] === sign);
  if (begins(0x50, 0x4b, 0x03, 0x04))
    return (
      "This is an Excel, Numbers or other packed file. " +
      "Save the sheet as CSV (in Excel: CSV UTF-8) and choose that file."
    );
  if (begins(0xd0, 0xcf, 0x11, 0xe0))
    return "This is an old Excel file. Save the sheet as CSV (in Excel: CSV UTF-8) and choose that file.";
  return begins(0x25, 0x50, 0x44, 0x46) ? "This is a PDF. Choose a CSV file." : undefined;
}
