import { describe, expect, it } from "vitest";
import type { DesignJson } from "../contract/journeys/definition/v1/journey_pb";
import { shownFirst, whoEnters } from "./entering";

const manual: DesignJson = { graph: { nodes: [{ id: "start", trigger: { manual: {} } }] } };
const triggered: DesignJson = {
  graph: {
    nodes: [
      { id: "start", trigger: { customEvent: { eventName: "signed_up" } } },
      { id: "click", trigger: { elementClick: { selector: "#go" } } },
      { id: "plan", condition: { branches: [{ name: "pro" }] } },
      { id: "rest", wait: { duration: "60s" } },
      { id: "hello", name: "Hello", content: { contentType: "ANNOUNCEMENT", contentId: "hi" } },
      { id: "tip", content: { contentType: "TOOLTIP", contentId: "tip" } },
      { id: "later", content: { contentType: "TOOLTIP", contentId: "later" } },
    ],
    edges: [
      { id: "1", source: "start", target: "plan" },
      { id: "2", source: "click", target: "plan" },
      { id: "3", source: "plan", target: "hello", branch: "pro" },
      { id: "4", source: "plan", target: "rest", branch: "else" },
      { id: "5", source: "rest", target: "tip" },
      { id: "6", source: "hello", target: "later" },
    ],
  },
};

describe("before it is published, a draft says", () => {
  it("who will enter", () => {
    expect(whoEnters(manual)).toBe("People enter only when you enroll them, by hand or through the API.");
    expect(whoEnters({ ...manual, autoEnroll: true, audienceId: "a1" })).toContain("Everybody in the audience who may");
    expect(whoEnters({ ...manual, autoEnroll: true }, "Gold tier", 1)).toBe(
      "Everybody in Gold tier who may enter is enrolled immediately; about 1 person matches now. " +
        "You can also enroll people by hand.",
    );
    expect(whoEnters({ ...triggered, allowAnonymous: true })).toBe(
      "People enter when the event signed_up happens, or when they click on #go. " +
        "You can also enroll people by hand. Visitors who have not signed in can enter too.",
    );
    expect(
      whoEnters({
        graph: { nodes: [{ id: "start", trigger: { urlMatch: { matchType: "ENDS_WITH", pattern: "/plans" } } }] },
      }),
    ).toMatch(/^People enter when they visit a page that ends with \/plans\. /);
    expect(whoEnters(triggered, "Gold tier")).toMatch(
      /^People in Gold tier enter when the event signed_up happens, or/,
    );
  });

  it("what is shown first, on each way, and which of it only after a wait", () => {
    expect(shownFirst(triggered)).toBe(
      "Shown first: Hello (Announcement: hi), or Content (Tooltip: tip) after a wait.",
    );
    const { nodes, edges } = triggered.graph!;
    const both = { nodes: nodes!, edges: [...edges!, { id: "7", source: "rest", target: "hello" }] };
    expect(shownFirst({ graph: both })).toContain("Hello (Announcement: hi) at once or after a wait, or");
    expect(shownFirst(manual)).toBe("Nothing is shown to them.");
  });
});
