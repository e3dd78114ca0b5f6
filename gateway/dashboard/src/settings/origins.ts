/** Parses web origins, one per line. An address is reduced to its origin. */
export function originsOf(text: string): string[] {
  const origins = text
    .split(/[\n,]+/)
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .map((line) => {
      if (!/^https?:\/\//i.test(line)) return line;
      try {
        return new URL(line).origin;
      } catch {
        return line;
      }
    });
  return [...new Set(origins)];
}
