// @vitest-environment node
import { expect, it } from "vitest";
import { DAP } from "../src/index";

it("is quiet where there is no browser", async () => {
  expect(typeof document).toBe("undefined");
  expect(await DAP("init", { tenantKey: "pk_test0123456789" })).toMatchObject({ online: false, journeys: [] });
  expect(await DAP("track", "x")).toBeUndefined();
  expect((await DAP("on", "step", () => undefined))()).toBeUndefined();
});

it("says so to whoever waits for an answer, and reports nothing as unhandled", async () => {
  void DAP("identify", { userId: "u1" });

  await expect(DAP("identify", { userId: "u1" })).rejects.toMatchObject({ reason: "NO_BROWSER" });
});
