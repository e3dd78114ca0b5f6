import type { DesignJson } from "../contract/journeys/definition/v1/journey_pb";
import type { SimulationRequestJson } from "../contract/journeys/simulation/v1/simulation_pb";
import { secondsOf } from "../ui/times";
import type { Activity, Guess } from "./guess";

/** When people enter: as the design says, evenly within the first week, or all at the start. */
export type EntryKind = "design" | "spread" | "once";

/** The settings of a simulation that an author chooses. */
export interface Setup {
  people: number;
  /** In the API's format: `2592000s`. */
  horizon: string;
  /** RFC 3339; empty for now. */
  start: string;
  seed: string;
  entry: EntryKind;
  /** Whether the live version is simulated with the same people. */
  compare: boolean;
  activities: readonly Activity[];
}

export const mostPeople = 200_000;
const day = 86_400;

/** The default settings. */
export const defaultSetup = (design: DesignJson, { activities }: Guess, version: number): Setup => ({
  people: 10_000,
  horizon: `${30 * day}s`,
  start: "",
  seed: "1",
  entry: mayEnter(design) ? "design" : "spread",
  compare: version > 0,
  activities,
});

/** Whether people can enter by anything but a call or a click, which invented people do not do. */
const mayEnter = ({ graph, autoEnroll = false }: DesignJson): boolean =>
  autoEnroll ||
  (graph?.nodes ?? []).some(
    ({ trigger }) => trigger?.customEvent || (trigger?.urlMatch && trigger.urlMatch.matchType !== "REGEX"),
  );

export function toRequest(setup: Setup, { traits, roles, answers }: Guess): SimulationRequestJson {
  return {
    population: { invented: { people: setup.people, traits: [...traits], roles: [...roles] } },
    behavior: {
      contents: [...answers],
      activities: setup.activities
        .filter(({ percent }) => percent > 0)
        .map(({ eventName, url, properties, percent, everyDays }) => ({
          eventName,
          url,
          properties: [...properties],
          perMilleOfPeople: Math.round(percent * 10),
          every: `${Math.round(everyDays * day)}s`,
        })),
    },
    seed: setup.seed || "1",
    horizon: setup.horizon,
    ...(setup.start ? { startTime: setup.start } : {}),
    ...entryOf(setup),
  };
}

function entryOf({ entry, horizon }: Setup): Pick<SimulationRequestJson, "entry"> {
  if (entry === "once") return { entry: { allAtOnce: {} } };
  if (entry === "spread") return { entry: { spread: { span: `${Math.min(7 * day, secondsOf(horizon))}s` } } };
  return {};
}

/** Returns the settings of a simulation, so that it can be started again. */
export function setupOf(request: SimulationRequestJson, otherwise: Setup, compare: boolean): Setup {
  const frequent = new Map((request.behavior?.activities ?? []).map((each) => [each.eventName, each]));
  return {
    people: request.population?.invented?.people ?? otherwise.people,
    horizon: request.horizon ?? otherwise.horizon,
    start: request.startTime ?? "",
    seed: String(request.seed || "1"),
    entry: request.entry?.allAtOnce ? "once" : request.entry?.spread ? "spread" : "design",
    compare,
    activities: otherwise.activities.map((activity) => {
      const done = frequent.get(activity.eventName);
      if (!done) return { ...activity, percent: 0 };
      return {
        ...activity,
        percent: (done.perMilleOfPeople || 1_000) / 10,
        everyDays: done.every ? secondsOf(done.every) / day : activity.everyDays,
      };
    }),
  };
}
