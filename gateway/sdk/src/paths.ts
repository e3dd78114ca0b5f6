/** The paths of calls that change something. The outbox recognizes its entries by them. */
export const identifyPath = "/sdk/identify";
export const eventsPath = "/sdk/events";
export const journeyPath = (journeyId: string, verb: "enroll" | "progress" | "shown" | "stop"): string =>
  `/sdk/journeys/${journeyId}/${verb}`;
