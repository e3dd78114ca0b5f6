import { checkData, checkJourneyId, checkOutcome, checkText, checkTraits, checkUserId } from "./check";
import { readContext } from "./context";
import type { IdentityKeeper } from "./identity";
import { randomId } from "./ids";
import type { Journeys } from "./journeys";
import type { Log } from "./log";
import type { Settings } from "./options";
import { identifyPath, journeyPath } from "./paths";
import { wrongCall } from "./problem";
import type {
  Enrolled,
  EnrollmentJson,
  FinishedStep,
  Identified,
  Identity,
  JsonObject,
  Progress,
  ProgressReport,
} from "./types";

/** Sends a call and returns its answer. */
export type Call = <Answer>(path: string, body: JsonObject, note?: FinishedStep) => Promise<Answer>;

/** The commands that make one call each. They check their arguments and build the call to the gateway. */
export function createCommands(
  { locale, journeys: { autoEnroll } }: Settings,
  identity: IdentityKeeper,
  journeys: Journeys,
  call: Call,
  log: Log,
) {
  return {
    identify(who: Identity): Promise<Identified> {
      const traits = checkTraits(who.traits, log);
      if (who.userId !== undefined) identity.become(checkUserId(who.userId), who.userToken);
      const { userId, anonymousId } = identity.who();
      const context = {
        ...readContext(locale),
        ...(who.role && { role: who.role }),
        ...(who.location && { location: checkData(who.location, "location") }),
      };
      return call(identifyPath, {
        ...(userId && { anonymousId }),
        traits,
        context: context as JsonObject,
        ...(!autoEnroll && { noEntry: true }),
      });
    },
    enroll: (journeyId: string, properties?: JsonObject) =>
      call<Enrolled>(journeyPath(checkJourneyId(journeyId, true), "enroll"), {
        ...onceOnly(),
        ...(properties && { properties: checkData(properties, "properties") }),
      }),
    progress(journeyId: string, report: ProgressReport = {}): Promise<Progress> {
      const id = checkJourneyId(journeyId);
      const { step, enrollment } = journeys.at(id) ?? {};
      const nodeId = report.nodeId ?? step?.nodeId;
      if (!nodeId) throw wrongCall("progress needs nodeId: there is no step to show in this journey.");
      const outcome = checkOutcome(report.outcome);
      const content = step?.nodeId === nodeId ? step : undefined;
      const visitNo = report.visitNo ?? content?.visitNo;
      const enrollmentId = report.enrollmentId ?? (content && enrollment?.id);
      return call(
        journeyPath(id, "progress"),
        {
          nodeId: checkText(nodeId, 64, "nodeId"),
          outcome,
          ...(visitNo && { visitNo }),
          ...(enrollmentId && { enrollmentId }),
          ...(report.data && { data: checkData(report.data, "data") }),
        },
        { nodeId, outcome, contentType: content?.contentType ?? "", contentId: content?.contentId ?? "" },
      );
    },
    stop: (journeyId: string) =>
      call<{ enrollment: EnrollmentJson }>(journeyPath(checkJourneyId(journeyId), "stop"), onceOnly()),
  };
}

/** Adds a request id, so that a call that is repeated until it is answered is executed once. */
const onceOnly = (): JsonObject => ({ requestId: randomId() });
