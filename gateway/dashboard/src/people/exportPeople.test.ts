import { afterEach, expect, it, vi } from "vitest";
import { exportPeople } from "./exportPeople";

afterEach(() => vi.unstubAllGlobals());

it("people become a file, page by page, in which nothing is a formula", async () => {
  const urls: string[] = [];
  const pages = [
    { enrollments: [{ id: "e1", userId: "=1+1", status: "ACTIVE", attempt: 1 }], nextPageToken: "more" },
    { enrollments: [{ id: "e2", anonymousId: "v,2", status: "COMPLETED", outcome: "won" }], nextPageToken: "" },
  ];
  vi.stubGlobal("fetch", (url: string) => {
    urls.push(url);
    return Promise.resolve(new Response(JSON.stringify(pages.shift())));
  });

  const file = await new Blob(
    await exportPeople("j1", { status: ["ACTIVE", "COMPLETED"], nodeId: "", userId: "" }),
  ).text();

  expect(urls).toEqual([
    "/api/journeys/j1/enrollments?status=ACTIVE&status=COMPLETED&pageSize=200",
    "/api/journeys/j1/enrollments?status=ACTIVE&status=COMPLETED&pageSize=200&pageToken=more",
  ]);
  expect(file.split("\r\n")).toEqual([
    "userId,anonymousId,enrollmentId,status,currentNodeId,outcome,stopReason,source,attempt,journeyVersion," +
      "enterTime,updateTime,wakeTime,completeTime",
    "'=1+1,,e1,ACTIVE,,,,,1,,,,,",
    ',"v,2",e2,COMPLETED,,won,,,,,,,,',
    "",
  ]);
});
