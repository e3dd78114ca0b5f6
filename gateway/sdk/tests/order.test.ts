import { describe, expect, it } from "vitest";
import type { PositionJson } from "../src/types";
import { enrollment, gatewayAnswers, journeyId, positionAt } from "./gateway";
import { gateway, settle, start, useBrowser } from "./page";

useBrowser();

describe("what happens is told in the order in which it happens", () => {
  it("to every handler, also when one of them causes the next", async () => {
    gatewayAnswers(gateway);
    const heard: string[] = [];
    const dap = await start({ journeys: { onStep: (step) => void heard.push(`onStep ${step.nodeId}`) } });
    void dap("on", "step", (step) => step.nodeId === "hi" && void step.complete());
    for (const name of ["step", "stepGone"] as const)
      void dap("on", name as "step", (step) => void heard.push(`${name} ${step.nodeId}`));

    gateway.streams.at(-1)!.say("POSITION", positionAt("hi"));
    await settle();

    expect(heard.slice(0, 3)).toEqual(["step hi", "onStep hi", "stepGone hi"]);
  });

  it("the last step before the end of its journey, although the stream tells of that first", async () => {
    const heard: string[] = [];
    gateway.on("/sdk/journeys", () => ({ body: { journeys: [positionAt("hi")] } }));
    let answer: () => void;
    let completed: PositionJson = {};
    gateway.on("/progress", async () => {
      await new Promise<void>((resolve) => (answer = resolve));
      return { body: { enrollment: completed.enrollment!, applied: true, stepsDone: 1 } };
    });
    const dap = await start({
      journeys: {
        onStep: () => undefined,
        onStepComplete: (_, { nodeId }) => heard.push(`step ${nodeId}`),
        onJourneyComplete: () => heard.push("journey"),
      },
    });

    void dap("progress", journeyId);
    await settle(1);
    completed = { journeyId, enrollment: enrollment({ status: "COMPLETED" }) };
    gateway.streams.at(-1)!.say("ENDED", completed);
    await settle();
    answer!();
    await settle();

    expect(heard).toEqual(["step hi", "journey"]);
  });
});
