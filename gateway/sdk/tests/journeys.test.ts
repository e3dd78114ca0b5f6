import { describe, expect, it, vi } from "vitest";
import type { JourneyOptions, Step } from "../src/types";
import { enrollment, gatewayAnswers, journeyId, positionAt } from "./gateway";
import { gateway, leave, open, setHidden, setOnline, settle, start, tenantKey, useBrowser } from "./page";

useBrowser();

const calls = () => ({ onJourneyStart: vi.fn(), onStepComplete: vi.fn(), onJourneyComplete: vi.fn() });
const host = () => {
  const steps: Step[] = [];
  return { steps, onStep: (step: Step) => void steps.push(step) };
};
const ended = (status: "COMPLETED" | "STOPPED") => {
  const { step: _, ...position } = positionAt("end", { enrollment: enrollment({ status }) });
  return position;
};

describe("callbacks", () => {
  it("tell of start, steps and end, once each", async () => {
    gatewayAnswers(gateway);
    const journeys = calls();
    const dap = await start({ journeys });

    void dap("enroll", journeyId);
    await settle(1);
    void dap("progress", journeyId, { data: { a: 1 } });
    await settle(1);
    gateway.streams.at(-1)!.say("ENDED", ended("COMPLETED"));
    gateway.streams.at(-1)!.say("ENDED", ended("COMPLETED"));
    await settle();

    expect(journeys.onJourneyStart.mock.calls).toEqual([[journeyId, "Hello"]]);
    expect(journeys.onStepComplete.mock.calls).toEqual([
      [journeyId, { nodeId: "hi", outcome: "COMPLETED", contentType: "ANNOUNCEMENT", contentId: "c-hi" }, 0],
    ]);
    expect(journeys.onJourneyComplete.mock.calls).toEqual([[journeyId]]);
  });

  it("tell of a journey once in a browser, not in every page", async () => {
    gateway.on("/sdk/journeys", () => ({ body: { journeys: [positionAt("hi")] } }));
    await start({ journeys: calls() });
    leave();
    const again = calls();
    await start({ journeys: again });
    gateway.streams.at(-1)!.say("ENDED", ended("COMPLETED"));
    await settle();

    expect(again.onJourneyStart).not.toHaveBeenCalled();
    expect(again.onJourneyComplete).toHaveBeenCalledOnce();
  });

  it.each(["COMPLETED", "STOPPED"] as const)(
    "tell nothing of a journey that was %s before this browser heard of it",
    async (status) => {
      gateway.on("/sdk/journeys", () => ({ body: { journeys: [ended(status)] } }));
      const journeys = calls();

      await start({ journeys });

      expect([journeys.onJourneyStart, journeys.onJourneyComplete].map((call) => call.mock.calls.length)).toEqual([
        0, 0,
      ]);
    },
  );

  it("tell of a journey that an event of this page begins and ends at once", async () => {
    gateway.on("/sdk/events", () => ({ body: { journeys: [ended("COMPLETED")] } }));
    const journeys = calls();
    const dap = await start({ journeys });

    void dap("track", "x");
    await settle(300);

    expect([journeys.onJourneyStart, journeys.onJourneyComplete].map((call) => call.mock.calls.length)).toEqual([1, 1]);
  });

  it("that throw do not hinder anything", async () => {
    const fail = () => {
      throw new Error("of the page");
    };
    gateway.on("/sdk/journeys", () => ({ body: { journeys: [positionAt("hi")] } }));
    const { steps, onStep } = host();

    await start({
      journeys: {
        onJourneyStart: fail,
        onStep: (step) => {
          onStep(step);
          fail();
        },
      } as JourneyOptions,
    });

    expect(steps).toHaveLength(1);
  });
});

describe("steps", () => {
  it("are handed over once, in the language of the page", async () => {
    const payload = { title: "Hi", body: "x", locales: { de: { title: "Hallo" } } };
    gateway.on("/sdk/journeys", () => ({
      body: {
        journeys: [positionAt("hi", { step: { nodeId: "hi", contentType: "FLOW", contentId: "tour", payload } })],
      },
    }));
    const { steps, onStep } = host();

    await start({ locale: "de-AT", journeys: { onStep } });
    await settle(180_000);

    expect(steps).toMatchObject([
      {
        journeyId,
        nodeId: "hi",
        contentType: "FLOW",
        contentId: "tour",
        enrollmentId: "e1",
        payload: { title: "Hallo", body: "x" },
      },
    ]);
  });

  it("that nothing shows are told", async () => {
    const step = { nodeId: "hi", contentType: "FLOW", contentId: "tour", payload: {} } as const;
    gateway.on("/sdk/journeys", () => ({ body: { journeys: [positionAt("hi", { step })] } }));
    const notShown = vi.fn();
    const dap = open();
    void dap("on", "notShown", notShown);

    void dap("init", { tenantKey, journeys: { onStep: () => false } });
    await settle(180_000);

    expect(notShown.mock.calls).toEqual([
      [expect.objectContaining({ nodeId: "hi", contentType: "FLOW" }), "NO_PLAYER"],
    ]);
  });

  it("are told to have appeared once for each visit, whatever pages show them", async () => {
    const step = { ...positionAt("hi").step!, visitNo: 2 };
    gateway.on("/sdk/journeys", () => ({ body: { journeys: [positionAt("hi", { step })] } }));
    await start();
    await settle();
    leave();
    await start();
    await settle();
    gateway.streams.at(-1)!.say("POSITION", positionAt("hi", { step: { ...step, visitNo: 3 } }));
    await settle();

    expect(gateway.of("/shown").map(({ path, body }) => [path, body])).toEqual(
      [2, 3].map((visitNo) => [
        `/sdk/journeys/${journeyId}/shown`,
        expect.objectContaining({ nodeId: "hi", visitNo, enrollmentId: "e1" }),
      ]),
    );
  });

  it("that nothing shows are told to the gateway with the reason", async () => {
    const step = { nodeId: "hi", contentType: "FLOW", contentId: "tour", payload: {}, visitNo: 2 } as const;
    gateway.on("/sdk/journeys", () => ({ body: { journeys: [positionAt("hi", { step })] } }));

    await start({ journeys: { onStep: () => false } });
    await settle(60_000);

    expect(gateway.of("/shown").map(({ body }) => body.notShown)).toEqual(["NO_PLAYER"]);
  });

  it.each([
    [404, "ROUTE_NOT_FOUND"],
    [501, "UNIMPLEMENTED"],
  ])(
    "of which a release before this answers %d are shown all the same, and keep nothing back",
    async (status, reason) => {
      const step = { ...positionAt("hi").step!, visitNo: 2 };
      gateway.on("/sdk/journeys", () => ({ body: { journeys: [positionAt("hi", { step })] } }));
      gateway.on("/shown", () => ({ status, body: { reason } }));
      const { steps, onStep } = host();

      const dap = await start({ journeys: { onStep } });
      await settle(1_000);
      dap("track", "after");
      await settle(59_000);

      expect(steps).toHaveLength(1);
      expect(gateway.of("/shown")).toHaveLength(1);
      expect(gateway.of("/events")).toHaveLength(1);
    },
  );

  it("are over as soon as they are reported, and stay so over a reload until the gateway knows", async () => {
    gateway.on("/sdk/journeys", () => ({ body: { journeys: [positionAt("hi")] } }));
    gateway.on("/progress", () => "unreachable");
    const first = host();
    const dap = await start({ journeys: first });
    const gone = vi.fn();
    void dap("on", "stepGone", gone);

    void first.steps[0]!.complete({ a: 1 });
    await settle(1);
    leave();
    const second = host();
    await start({ journeys: second });

    expect(gone).toHaveBeenCalledOnce();
    expect(second.steps).toEqual([]);
    expect(gateway.of("/progress").at(-1)!.body).toMatchObject({ nodeId: "hi", data: { a: 1 } });
  });

  it("may be finished in the moment in which they are handed over", async () => {
    gatewayAnswers(gateway);
    gateway.on("/sdk/journeys", () => ({ body: { journeys: [positionAt("hi")] } }));
    const told: string[] = [];
    const onStep = (step: Step) => {
      told.push(step.nodeId);
      if (step.nodeId === "hi") void step.complete();
    };

    const dap = await start({ journeys: { onStep } });
    void dap("on", "stepGone", (step) => told.push(`gone ${step.nodeId}`));
    await settle(1);

    expect(told).toEqual(["hi", "next"]);
    expect(gateway.of("/progress")).toHaveLength(1);
  });

  it("say which visit they finish, and a journey that leads back to the node shows it as another one", async () => {
    const at = (visitNo: number) => positionAt("hi", { step: { ...positionAt("hi").step, visitNo } });
    gateway.on("/sdk/journeys", () => ({ body: { journeys: [at(2)] } }));
    gateway.on("/progress", () => ({ body: { enrollment: enrollment(), applied: true, step: at(3).step } }));
    const { steps, onStep } = host();
    const dap = await start({ journeys: { onStep } });

    void steps[0]!.complete();
    await settle(1);
    void dap("progress", journeyId, {});
    await settle(1);
    void dap("progress", journeyId, { nodeId: "hi", visitNo: 2 });
    await settle(1);

    expect(steps.slice(0, 2).map((step) => step.visitNo)).toEqual([2, 3]);
    expect(gateway.of("/progress").map((call) => call.body!.visitNo)).toEqual([2, 3, 2]);
  });

  it("come back when the journey leads to the same node again", async () => {
    gateway.on("/sdk/journeys", () => ({ body: { journeys: [positionAt("hi")] } }));
    gateway.on("/progress", () => ({ body: { enrollment: enrollment(), applied: true, step: positionAt("hi").step } }));
    const { steps, onStep } = host();
    await start({ journeys: { onStep } });

    void steps[0]!.dismiss();
    await settle(1);

    expect(steps).toHaveLength(2);
  });

  it("follow the newest news, whatever order they come in", async () => {
    const [older, newer] = [positionAt("older"), positionAt("newer")];
    const { steps, onStep } = host();
    await start({ journeys: { onStep } });

    gateway.streams[0]!.say("POSITION", newer);
    gateway.streams[0]!.say("POSITION", older);
    await settle();

    expect(steps.map((step) => step.nodeId)).toEqual(["newer"]);
  });

  it("keep the place of the visitor when they turn out to be a user", async () => {
    const position = positionAt("hi");
    gateway.on("/sdk/journeys", () => ({ body: { journeys: [position] } }));
    gateway.on("/sdk/identify", () => ({ body: { journeys: [position] } }));
    const { steps, onStep } = host();
    const gone = vi.fn();
    const dap = await start({ journeys: { onStep } });
    void dap("on", "stepGone", gone);

    void dap("identify", { userId: "u1" });
    await settle(1);

    expect([steps.length, gone.mock.calls.length]).toEqual([1, 0]);
  });
});

describe("the stream", () => {
  it("listens for the person and shows what appears", async () => {
    const { steps, onStep } = host();
    const dap = await start({ journeys: { onStep } });
    void dap("identify", { userId: "u1" });
    await settle(1);

    gateway.streams.at(-1)!.say("POSITION", positionAt("hi"));
    await settle();

    expect(gateway.streams.map((stream) => stream.isClosed)).toEqual([true, false]);
    expect(new URL(gateway.streams.at(-1)!.url).search).toBe("?userId=u1&apiKey=pk_test0123456789");
    expect(steps).toHaveLength(1);
  });

  it("is opened again, later each time, when it breaks", async () => {
    await start();
    for (let count = 0; count < 4; count++) {
      gateway.streams.at(-1)!.fail();
      await settle(8_000);
    }

    expect(gateway.streams).toHaveLength(5);
    expect(gateway.streams.slice(0, 4).every((stream) => stream.isClosed)).toBe(true);
  });

  it.each([0, 0.5, 0.999])(
    "is replaced by asking at the time when a wait ends, with a chance of %d",
    async (chance) => {
      vi.mocked(Math.random).mockReturnValue(chance);
      const wait = { journeyId, enrollment: enrollment({ wakeTime: "2026-01-05T12:00:20Z" }) };
      gateway.on("/sdk/journeys", () => ({ body: { journeys: [wait] } }));
      gateway.on("/sdk/stream", () => "unreachable");
      await start();
      const before = gateway.of("/sdk/journeys").length;
      await settle(19_900);
      const early = gateway.of("/sdk/journeys").length;
      await settle(500);

      expect(early).toBe(before);
      expect(gateway.of("/sdk/journeys").length).toBeGreaterThan(early);
    },
  );

  it("is not replaced by asking more often than the gateway wants", async () => {
    const wait = { journeyId, enrollment: enrollment({ wakeTime: "2026-01-05T12:00:05Z" }) };
    gateway.on("/sdk/journeys", () => ({ body: { journeys: [wait] } }));
    gateway.on("/sdk/stream", () => "unreachable");
    await start();
    gateway.on("/sdk/journeys", () => ({
      status: 429,
      headers: { "Retry-After": "9" },
      body: { reason: "TOO_MANY_CALLS" },
    }));
    await settle(6_000);
    const refused = gateway.of("/sdk/journeys").length;
    await settle(7_000);
    const early = gateway.of("/sdk/journeys").length;
    await settle(3_000);

    expect([refused, early]).toEqual([2, 2]);
    expect(gateway.of("/sdk/journeys").length).toBe(3);
  });

  it("rests while nobody looks", async () => {
    await start();
    setHidden(true);
    const isClosed = gateway.streams[0]!.isClosed;
    await settle(300_000);
    const asked = gateway.of("/sdk/journeys").length;
    setHidden(false);
    await settle(1);

    expect([isClosed, asked, gateway.of("/sdk/journeys").length, gateway.streams.length]).toEqual([true, 1, 2, 2]);
  });

  it("is opened again when the network is back", async () => {
    await start();
    setOnline(false);
    setOnline(true);
    await settle(1);

    expect(gateway.streams).toHaveLength(2);
  });
});
