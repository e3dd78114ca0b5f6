import { createDap } from "./dap";
import { serverDap } from "./server";
import type { Dap } from "./types";

export { DapError } from "./problem";
export type {
  Consent,
  ContextJson,
  Dap,
  DapEvents,
  Enrolled,
  EnrollmentJson,
  EventJson,
  FinishedStep,
  Identified,
  Identity,
  JourneyOptions,
  JsonObject,
  JsonValue,
  NotShown,
  Options,
  Outcome,
  PositionJson,
  Progress,
  ProgressReport,
  Ready,
  Step,
  StepJson,
  Traits,
} from "./types";

/** Calls the SDK: `await DAP('init', { tenantKey: 'pk_...', baseUrl: 'https://journeys.example.com' })`. */
export const DAP: Dap =
  typeof document === "undefined"
    ? serverDap
    : createDap(location.origin, async () => (await import("./render/render")).render);
