/** Where calls that change something go; what waits to be sent is known by it. */
export const identifyPath = "/sdk/identify";
export const eventsPath = "/sdk/events";
export const journeyPath = (journeyId: string, verb: "enroll" | "progress" | "shown" | "stop"): string =>
  `/sdk/journeys/${journeyId}/${verb}`;
