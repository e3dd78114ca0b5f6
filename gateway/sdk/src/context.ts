import type { ContextJson } from "./types";

/** Returns the first name whose pattern the text matches. */
const first = (text: string, patterns: Record<string, RegExp>): string =>
  Object.keys(patterns).find((name) => patterns[name]!.test(text)) ?? "";

/** Returns the context that the browser provides. */
export function readContext(locale: string, userAgent = navigator.userAgent): ContextJson {
  const browser = first(userAgent, {
    Edge: /Edg/,
    Opera: /OPR|Opera/,
    "Samsung Internet": /Samsung/,
    Firefox: /Firefox|FxiOS/,
    Chrome: /Chrome|CriOS/,
    Safari: /Safari/,
  });
  return {
    device: {
      type: first(userAgent, {
        tablet: /iPad|Tablet|Android(?!.*Mobile)/,
        mobile: /Mobi/,
        desktop: /./,
      }),
      os: first(userAgent, {
        Windows: /Windows/,
        Android: /Android/,
        iOS: /iPhone|iPad/,
        macOS: /Mac OS/,
        ChromeOS: /CrOS/,
        Linux: /Linux/,
      }),
      browser,
    },
    browser,
    locale,
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone ?? "",
  };
}
