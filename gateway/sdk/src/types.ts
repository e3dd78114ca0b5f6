import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import type {
  ContextJson,
  EnrollmentJson,
  PositionJson,
  StepJson,
  WarningJson,
} from "./gen/journeys/enrollment/v1/enrollment_pb";
import type { EventJson, ReportProgressRequest_OutcomeJson } from "./gen/journeys/enrollment/v1/sdk_service_pb";

export type { ContextJson, EnrollmentJson, EventJson, JsonObject, JsonValue, PositionJson, StepJson, WarningJson };

/** The outcome of content. */
export type Outcome = Exclude<ReportProgressRequest_OutcomeJson, "OUTCOME_UNSPECIFIED">;

/**
 * Values to store for a person: strings, numbers, booleans, lists of strings; null removes one. A date is stored as ISO
 * text.
 */
export type Traits = Record<string, string | number | boolean | string[] | Date | null | undefined>;

/** Content to show now. Call exactly one of `complete`, `dismiss` and `skip`, once. */
export interface Step extends StepJson {
  readonly journeyId: string;
  readonly enrollmentId: string;
  readonly nodeId: string;
  readonly contentId: string;
  /** The node's free-form data, in the person's language where the author translated it. */
  readonly payload: JsonObject;
  /** The language of the payload where the author translated it; absent where it is the default one. */
  readonly lang?: string;
  /** Reports that it was completed; rules can read `data` as `journey.<nodeId>.<key>`. */
  complete(data?: JsonObject): Promise<Progress>;
  /** Reports that it was closed without completing it. */
  dismiss(data?: JsonObject): Promise<Progress>;
  /** Reports that it was skipped. */
  skip(data?: JsonObject): Promise<Progress>;
}

/**
 * Why a step is not shown as intended: its element is not visible, there is no room beside it, or the page should show
 * it and does not.
 */
export type NotShown = "ELEMENT_NOT_FOUND" | "NO_ROOM" | "NO_PLAYER";

/** A step that was finished. */
export interface FinishedStep {
  nodeId: string;
  contentType: string;
  contentId: string;
  outcome: Outcome;
}

/** The options for journeys. */
export interface JourneyOptions {
  /** Whether what happens in this page may enroll the person in journeys, by trigger or audience. Default true. */
  autoEnroll?: boolean;
  /** Called when the person is in a journey that this browser did not know about. */
  onJourneyStart?(journeyId: string, name: string): void;
  /** Called when the gateway has accepted this page's report of a finished step; `index` counts from 0. */
  onStepComplete?(journeyId: string, step: FinishedStep, index: number): void;
  /** Called when the person has reached an exit of a journey that this browser knew them to be in. */
  onJourneyComplete?(journeyId: string): void;
  /** Shows a step in place of the SDK. Return `false` to have the SDK show it instead. */
  onStep?(step: Step): unknown;
}

/** Which parts of addresses are recorded. */
export interface AddressOptions {
  /** Names of query parameters that are sent although they look like secrets. Case-insensitive. */
  keep?: string[];
  /** Names of additional query parameters that are not sent. */
  drop?: string[];
  /**
   * Which fragments are sent: `route` (default) sends routes (`#/...`, `#!/...`) and plain anchors (letters and
   * dashes), `all`, or `none`.
   */
  fragment?: "route" | "all" | "none";
}

/** A person's consent. `denied` also removes stored data. With `pending`, calls wait until the person has answered. */
export type Consent = "granted" | "denied" | "pending";

/** The options of `init`. */
export interface Options {
  /** The publishable key, `pk_...`. */
  tenantKey: string;
  /** The gateway's address. Default: the origin of the script, else of the page. */
  baseUrl?: string;
  /** Whether to report problems in the console. Default false. */
  debug?: boolean;
  /** Whether to record page visits and the clicks that journeys watch for. Default true. */
  autoTrack?: boolean;
  /** A BCP 47 tag, for example `de-DE`. Default: the browser's language. */
  locale?: string;
  /** How long `init` waits for the gateway before it resolves with `online: false`, in milliseconds. Default 10,000. */
  initTimeoutMs?: number;
  /**
   * How often to ask for the person's positions, in milliseconds, in addition to the stream. Default 60,000, at least
   * 1,000.
   */
  contentRefreshInterval?: number;
  journeys?: JourneyOptions;
  /** The person's consent. Default `granted`; without it nothing is stored, sent or shown. */
  consent?: Consent;
  /** Whether a browser that sends Global Privacy Control counts as `denied`. Default false. */
  globalPrivacyControl?: boolean;
  /** Where to store the person's id and unsent calls: `local` (default) in the browser, `memory` in this page only. */
  persistence?: "local" | "memory";
  /** Which parts of addresses are sent. By default, parameters that look like secrets are not. */
  address?: AddressOptions;
}

/** The arguments of `identify`. */
export interface Identity {
  /**
   * The customer's own id of the user, 1 to 256 characters; placeholders such as `undefined` or `NaN` are refused.
   * Without it only traits are set.
   */
  userId?: string | number;
  traits?: Traits;
  /** The JWT that the customer's server signed, if the site requires it. */
  userToken?: string;
  /** The person's role in the product; rules read `role`. */
  role?: string;
  /** Free-form, for example `{country: 'DE'}`; rules read `location.<path>`. */
  location?: JsonObject;
}

/** The arguments of `progress`. */
export interface ProgressReport {
  /** The node whose content was finished. Default: the node that is shown now. */
  nodeId?: string;
  /**
   * The visit of the node, from the step. Default: the visit that is shown now. A report of an earlier visit changes
   * nothing.
   */
  visitNo?: number | undefined;
  /**
   * The enrollment, from the step. Default: that of the step that is shown now. A report of an earlier attempt changes
   * nothing.
   */
  enrollmentId?: string | undefined;
  /** Default `COMPLETED`. */
  outcome?: Outcome;
  /** Answers and other data, at most 16 KiB as JSON. */
  data?: JsonObject;
}

/** What `init` resolves to. */
export interface Ready {
  anonymousId: string;
  userId: string;
  /** Whether the gateway answered in time. */
  online: boolean;
  /** The known positions of the person. */
  journeys: PositionJson[];
}

/** What `identify` resolves to. */
export interface Identified {
  userId: string;
  anonymousId: string;
  /** Whether this call joined the visitor to the user. */
  merged: boolean;
  journeys: PositionJson[];
  /** Parts of the context (of the browser or the call) that were invalid and left out. */
  warnings?: WarningJson[];
}

/** What `enroll` resolves to. */
export interface Enrolled {
  enrollment: EnrollmentJson;
  created: boolean;
  step?: StepJson;
}

/** What `progress` resolves to. */
export interface Progress {
  enrollment: EnrollmentJson;
  applied: boolean;
  held: boolean;
  step?: StepJson;
}

/** The events of `on`, with the arguments of their handlers. */
export interface DapEvents {
  /** `init` is done. */
  ready: [Ready];
  /** Another person is identified from now on. */
  identity: [{ userId: string; anonymousId: string }];
  /** The person's position in a journey has changed. */
  position: [PositionJson];
  /** A step should be shown. */
  step: [Step];
  /** A step should no longer be shown. */
  stepGone: [Step];
  /** A step is not shown as intended; emitted once for each step and reason in a page. */
  notShown: [Step, NotShown];
  journeyStart: [string, string];
  stepComplete: [string, FinishedStep, number];
  journeyComplete: [string];
  /** The page recorded an event. */
  track: [string, JsonObject];
  /** A call was refused, or the SDK cannot work. */
  error: [Error];
}

/** Calls the SDK. */
export interface Dap {
  (command: "init", options: Options): Promise<Ready>;
  (command: "identify", who: Identity): Promise<Identified>;
  (command: "track", name: string, properties?: JsonObject): Promise<void>;
  (command: "page", properties?: JsonObject): Promise<void>;
  (command: "reset"): Promise<void>;
  (command: "enroll", journeyId: string, properties?: JsonObject): Promise<Enrolled>;
  (command: "progress", journeyId: string, report?: ProgressReport): Promise<Progress>;
  (command: "consent", answer: Consent): Promise<void>;
  (command: "destroy"): Promise<void>;
  (command: "stop", journeyId: string): Promise<{ enrollment: EnrollmentJson }>;
  <Name extends keyof DapEvents>(
    command: "on",
    event: Name,
    handler: (...args: DapEvents[Name]) => void,
  ): Promise<() => void>;
}

declare global {
  interface Window {
    /** The function that the script tag defines. */
    DAP?: Dap;
  }
}
