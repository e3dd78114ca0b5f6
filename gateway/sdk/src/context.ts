import type { ContextJson } from "./types";

const first = (text: string, names: [RegExp, string][]): string =>
  names.find(([pattern]) => pattern.test(text))?.[1] ?? "";

/** Returns the context that the browser provides. */
export function readContext(locale: string, userAgent = navigator.userAgent): ContextJson {
  const browser = first(userAgent, [
    [/Edg/, "Edge"],
    [/OPR|Opera/, "Opera"],
    [/Samsung/, "Samsung Internet"],
    [/Firefox|FxiOS/, "Firefox"],
    [/Chrome|CriOS/, "Chrome"],
    [/Safari/, "Safari"],
  ]);
  return {
    device: {
      type: first(userAgent, [
        [/iPad|Tablet|Android(?!.*Mobile)/, "tablet"],
        [/Mobi/, "mobile"],
        [/./, "desktop"],
      ]),
      os: first(userAgent, [
        [/Windows/, "Windows"],
        [/Android/, "Android"],
        [/iPhone|iPad/, "iOS"],
        [/Mac OS/, "macOS"],
        [/CrOS/, "ChromeOS"],
        [/Linux/, "Linux"],
      ]),
      browser,
    },
    browser,
    locale,
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone ?? "",
  };
}
