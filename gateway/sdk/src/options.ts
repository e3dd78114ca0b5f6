import type { Log } from "./log";
import { wrongCall } from "./problem";
import type { Options } from "./types";

export type Settings = Required<Options>;

const kinds: Record<keyof Options, string> = {
  tenantKey: "string",
  baseUrl: "string",
  debug: "boolean",
  autoTrack: "boolean",
  locale: "string",
  initTimeoutMs: "number",
  contentRefreshInterval: "number",
  journeys: "object",
  address: "object",
  consent: "string",
  globalPrivacyControl: "boolean",
  persistence: "string",
};
const journeyKinds: Record<string, string> = {
  autoEnroll: "boolean",
  onJourneyStart: "function",
  onStepComplete: "function",
  onJourneyComplete: "function",
  onStep: "function",
};

const addressKinds: Record<string, string> = { keep: "object", drop: "object", fragment: "string" };

/** Returns the options with their defaults. An invalid option is logged and ignored; only a missing key throws. */
export function readOptions(given: Options, defaultBaseUrl: string, log: Log): Settings {
  const options = pick(given, kinds, "", log) as Partial<Options>;
  const { tenantKey } = options;
  if (!tenantKey?.startsWith("pk_")) throw wrongCall("init requires tenantKey, a publishable key (pk_...).");

  return {
    tenantKey,
    baseUrl: (options.baseUrl ?? defaultBaseUrl).replace(/\/+$/, ""),
    debug: options.debug ?? false,
    autoTrack: options.autoTrack ?? true,
    locale: (options.locale ?? navigator.language).replace(/_/g, "-"),
    initTimeoutMs: Math.max(0, options.initTimeoutMs ?? 10_000),
    contentRefreshInterval: Math.max(1_000, options.contentRefreshInterval ?? 60_000),
    journeys: { autoEnroll: true, ...pick(options.journeys ?? {}, journeyKinds, "journeys.", log) },
    consent: options.consent ?? "granted",
    globalPrivacyControl: options.globalPrivacyControl ?? false,
    persistence: options.persistence ?? "local",
    address: pick(options.address ?? {}, addressKinds, "address.", log),
  };
}

function pick(given: object, kinds: Record<string, string>, prefix: string, log: Log): object {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    const kind = kinds[name];
    if (!kind) log(`There is no option ${prefix}${name}.`);
    else if (typeof value === kind && !Number.isNaN(value)) result[name] = value;
    else if (value !== undefined) log(`The option ${prefix}${name} must be a ${kind}.`);
  }
  return result;
}
