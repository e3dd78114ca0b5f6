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

/** How content was finished. */
export type Outcome = Exclude<ReportProgressRequest_OutcomeJson, "OUTCOME_UNSPECIFIED">;

/** What is known of a person: strings, numbers, booleans, lists of strings; null removes one. A date becomes its ISO text. */
export type Traits = Record<string, string | number | boolean | string[] | Date | null | undefined>;

/** Content to show now. Exactly one of its three ends is to be called, once. */
export interface Step extends StepJson {
  readonly journeyId: string;
  readonly enrollmentId: string;
  readonly nodeId: string;
  readonly contentId: string;
  /** The node's free-form data, in the person's language where the author translated it. */
  readonly payload: JsonObject;
  /** It was done; `data` are answers that rules may read as `journey.<nodeId>.<key>`. */
  complete(data?: JsonObject): Promise<Progress>;
  /** It was closed without doing it. */
  dismiss(data?: JsonObject): Promise<Progress>;
  /** It was passed over. */
  skip(data?: JsonObject): Promise<Progress>;
}

/** A step that was finished. */
export interface FinishedStep {
  nodeId: string;
  contentType: string;
  contentId: string;
  outcome: Outcome;
}

/** What to do with journeys. */
export interface JourneyOptions {
  /** Whether what happens in this page may let the person into journeys, by trigger or audience. Default true. */
  autoEnroll?: boolean;
  /** The person is in a journey, for the first time as far as this browser knows. */
  onJourneyStart?(journeyId: string, name: string): void;
  /** A step that this browser reported was finished; `index` counts from 0. */
  onStepComplete?(journeyId: string, step: FinishedStep, index: number): void;
  /** The person reached an exit of a journey that this browser knew them to be in. */
  onJourneyComplete?(journeyId: string): void;
  /** Shows a step in place of the SDK. Give `false` to have the SDK show it after all. */
  onStep?(step: Step): unknown;
}

/** What is left of the addresses that pages record. */
export interface AddressOptions {
  /** Names of query parameters that are sent although they look like secrets. Letters count the same in both cases. */
  keep?: string[];
  /** Names of more query parameters that are not sent. */
  drop?: string[];
  /** What is sent of a fragment: `route` (default) one that is a route (`#/...`, `#!/...`) or a plain anchor (letters and dashes), `all`, or `none`. */
  fragment?: "route" | "all" | "none";
}

/** What `init` takes. */
export interface Options {
  /** The publishable key, `pk_...`. */
  tenantKey: string;
  /** The gateway's address. Default: where the script came from, else the page's own origin. */
  baseUrl?: string;
  /** Whether to say in the console what is wrong. Default false. */
  debug?: boolean;
  /** Whether to record page visits and the clicks that journeys watch for. Default true. */
  autoTrack?: boolean;
  /** BCP 47 tag, for instance `de-DE`. Default: the browser's. */
  locale?: string;
  /** How long `init` waits for the gateway before it goes on without, in milliseconds. Default 10,000. */
  initTimeoutMs?: number;
  /** How often to ask where the person stands, in milliseconds, beside the stream that tells at once. Default 60,000, at least 1,000. */
  contentRefreshInterval?: number;
  journeys?: JourneyOptions;
  /** Which parts of addresses are sent. What looks like a secret is not, by default. */
  address?: AddressOptions;
}

/** What `identify` takes. */
export interface Identity {
  /** The customer's own id of the user, 1 to 256 characters, and none of what mistakes make (`undefined`, `NaN`). Without it only traits are set. */
  userId?: string | number;
  traits?: Traits;
  /** The JWT that the customer's server signed, where the site asks for it. */
  userToken?: string;
  /** The person's role in the product; rules read `role`. */
  role?: string;
  /** Free-form, for instance `{country: 'DE'}`; rules read `location.<path>`. */
  location?: JsonObject;
}

/** What `progress` takes. */
export interface ProgressReport {
  /** The node whose content was finished. Default: the one that is to be shown now. */
  nodeId?: string;
  /** Which visit of the node, as the step says. Default: the one that is to be shown now. A report of a visit that is over changes nothing. */
  visitNo?: number | undefined;
  /** The enrollment, as the step says. Default: that of the step to be shown now. A report of an earlier attempt changes nothing. */
  enrollmentId?: string | undefined;
  /** Default `COMPLETED`. */
  outcome?: Outcome;
  /** Answers and other data, at most 16 KiB as JSON. */
  data?: JsonObject;
}

/** What `init` gives. */
export interface Ready {
  anonymousId: string;
  userId: string;
  /** Whether the gateway answered in time. */
  online: boolean;
  /** Where the person stands, as far as is known. */
  journeys: PositionJson[];
}

/** What `identify` gives. */
export interface Identified {
  userId: string;
  anonymousId: string;
  /** Whether this call joined the visitor to the user. */
  merged: boolean;
  journeys: PositionJson[];
  /** Parts of what the browser or the call tells about itself that were invalid and left out. */
  warnings?: WarningJson[];
}

/** What `enroll` gives. */
export interface Enrolled {
  enrollment: EnrollmentJson;
  created: boolean;
  step?: StepJson;
}

/** What `progress` gives. */
export interface Progress {
  enrollment: EnrollmentJson;
  applied: boolean;
  held: boolean;
  step?: StepJson;
}

/** What `on` can listen to, and what handlers get. */
export interface Happenings {
  /** `init` is done. */
  ready: [Ready];
  /** Somebody else is meant from now on. */
  identity: [{ userId: string; anonymousId: string }];
  /** Where the person stands in a journey is now this. */
  position: [PositionJson];
  /** A step is to be shown. */
  step: [Step];
  /** A step is no longer to be shown. */
  stepGone: [Step];
  journeyStart: [string, string];
  stepComplete: [string, FinishedStep, number];
  journeyComplete: [string];
  /** The page recorded an event. */
  track: [string, JsonObject];
  /** Something was refused or cannot work. */
  error: [Error];
}

/** Calls the SDK. */
export interface Dap {
  (command: "init", options: Options): Promise<Ready>;
  (command: "identify", who: Identity): Promise<Identified>;
  (command: "track", name: string, properties?: JsonObject): Promise<void>;
  (command: "page", properties?: JsonObject): Promise<void>;
  (command: "reset"): Promise<void>;
  (command: "enroll", journeyId: string): Promise<Enrolled>;
  (command: "progress", journeyId: string, report?: ProgressReport): Promise<Progress>;
  (command: "stop", journeyId: string): Promise<{ enrollment: EnrollmentJson }>;
  <Name extends keyof Happenings>(
    command: "on",
    event: Name,
    handler: (...args: Happenings[Name]) => void,
  ): Promise<() => void>;
}
