import type { Log } from "./log";
import { wrongCall } from "./problem";
import type { AddressOptions, JourneyOptions, Options } from "./types";

export interface Settings extends Required<Options> {
  journeys: Required<JourneyOptions>;
  address: Required<AddressOptions>;
}

const ignored = (): void => undefined;

/** Returns the options with their defaults. An invalid option is logged and ignored; only a missing key throws. */
export function readOptions(given: Options, defaultBaseUrl: string, log: Log): Settings {
  // The default of an option also says of which type it is.
  const options = withDefaults<Required<Options>>(given, "", log, {
    tenantKey: "",
    baseUrl: defaultBaseUrl,
    debug: false,
    autoTrack: true,
    locale: navigator.language,
    initTimeoutMs: 10_000,
    contentRefreshInterval: 60_000,
    journeys: {},
    address: {},
    consent: "granted",
    globalPrivacyControl: false,
    persistence: "local",
  });
  if (!options.tenantKey.startsWith("pk_")) throw wrongCall("init requires tenantKey, a publishable key (pk_...).");

  return {
    ...options,
    baseUrl: options.baseUrl.replace(/\/+$/, ""),
    locale: options.locale.replace(/_/g, "-"),
    contentRefreshInterval: Math.max(1_000, options.contentRefreshInterval),
    journeys: withDefaults<Settings["journeys"]>(options.journeys ?? {}, "journeys.", log, {
      autoEnroll: true,
      onJourneyStart: ignored,
      onStepComplete: ignored,
      onJourneyComplete: ignored,
      onStep: () => false,
    }),
    address: withDefaults<Settings["address"]>(options.address ?? {}, "address.", log, {
      keep: [],
      drop: [],
      fragment: "route",
    }),
  };
}

function withDefaults<Group>(given: object, prefix: string, log: Log, defaults: Group): Group {
  const result = { ...defaults } as Record<string, unknown>;
  for (const [name, value] of Object.entries(given)) {
    const kind = typeof result[name];
    if (kind === "undefined") log(`There is no option ${prefix}${name}.`);
    else if (typeof value === kind && !Number.isNaN(value)) result[name] = value;
    else if (value !== undefined) log(`The option ${prefix}${name} must be a ${kind}.`);
  }
  return result as Group;
}
