import { expect, it } from "vitest";
import type { DesignJson } from "../contract/journeys/definition/v1/journey_pb";
import { detailsOf } from "./details";
import { difference } from "./diff";

const design = (title: string, target: string, more: DesignJson = {}): DesignJson => ({
  name: "One",
  audienceId: "a1",
  ...more,
  graph: {
    nodes: [
      { id: "start", trigger: { manual: {} } },
      {
        id: "hello",
        name: "Hello",
        position: { x: title.length, y: 0 },
        content: {
          contentType: "SURVEY",
          contentId: "c",
          expireAfter: "60s",
          payload: { title, questions: [{ id: "q" }] },
        },
      },
      { id: "end", name: "Done", exit: {} },
      { id: "lost", name: "Lost", exit: {} },
    ],
    edges: [
      { id: "e1", source: "start", target: "hello" },
      { id: "e2", source: "hello", target },
    ],
  },
});

it("a difference is told field by field, with names in place of ids", () => {
  const before = design("Hi", "end");
  const after = design("Hello", "lost", { audienceId: "a2", goal: { rule: { event: { name: "paid" } } } });
  const names = new Map([
    ["a1", "Everybody new"],
    ["a2", "Gold tier"],
  ]);

  expect(detailsOf(before, after, difference(before, after), (id) => names.get(id))).toEqual([
    {
      of: "Hello",
      fields: [
        { field: "title", before: "“Hi”", after: "“Hello”" },
        { field: "branch finished", before: "Done", after: "Lost" },
      ],
    },
    {
      of: "Settings",
      fields: [
        { field: "audience", before: "Everybody new", after: "Gold tier" },
        { field: "goal: rule event name", before: "nothing", after: "“paid”" },
      ],
    },
  ]);
});

it("fields that were added and taken away, lists and durations are in words", () => {
  const before = design("Hi", "end");
  const after = structuredClone(before);
  after.graph!.nodes![1]!.content = {
    contentType: "SURVEY",
    contentId: "c",
    payload: { title: "Hi", questions: [{ id: "q", min: 1 }] },
  };

  expect(detailsOf(before, after, difference(before, after), () => undefined)[0]!.fields).toEqual([
    { field: "expire after", before: "1 minute", after: "nothing" },
    { field: "questions 1 min", before: "nothing", after: "1" },
  ]);
});

const two = (target: string, name: string, payload: object): DesignJson => ({
  graph: {
    nodes: [
      { id: "hello", name, content: { contentType: "TOOLTIP", contentId: "c", payload: payload as never } },
      { id: "won", exit: {} },
      { id: "lost", exit: {} },
    ],
    edges: [{ id: "e", source: "hello", target }],
  },
});
const told = (before: DesignJson, after: DesignJson) =>
  detailsOf(before, after, difference(before, after), () => undefined).flatMap(({ fields }) => fields);

it("ways to nodes of the same title are told apart, and a new title is no other way", () => {
  expect(told(two("won", "Hi", {}), two("lost", "Hi", {}))).toEqual([
    { field: "branch finished", before: "Exit (won)", after: "Exit (lost)" },
  ]);
  const renamed = two("won", "Hi", { a: 1 });
  renamed.graph!.nodes![1] = { ...renamed.graph!.nodes![1]!, name: "Won" } as never;
  expect(told(two("won", "Hi", {}), renamed).map(({ field }) => field)).toEqual(["a", "name"]);
});

it("what a payload says hides nothing of the node, and false is not nothing", () => {
  expect(told(two("won", "Hi", { name: "x", dismissible: false }), two("won", "Hello", { name: "x" }))).toEqual([
    { field: "name", before: "“Hi”", after: "“Hello”" },
    { field: "dismissible", before: "false", after: "nothing" },
  ]);
});

it("long texts are told where they differ", () => {
  const long = "a".repeat(300);
  const fields = told(two("won", "Hi", { body: `${long}old` }), two("won", "Hi", { body: `${long}new${long}` }));

  expect(fields).toEqual([
    { field: "body", before: `“…${"a".repeat(40)}old”`, after: `“…${"a".repeat(40)}new${"a".repeat(76)}…”` },
  ]);
  const cut = told(two("won", "Hi", { body: long }), two("won", "Hi", { body: `${long}!` }))[0]!;
  expect(cut.before).not.toBe(cut.after);
  expect(told(two("won", "Hi", { body: "b" }), two("won", "Hi", { body: long }))[0]!.after).toBe(
    `“${"a".repeat(119)}…”`,
  );
});

it("durations are exact, in the unit in which a form shows them", () => {
  const lasting = (expireAfter: string): DesignJson => ({
    graph: { nodes: [{ id: "hello", content: { contentType: "TOOLTIP", contentId: "c", expireAfter } }] },
  });

  expect(told(lasting("5400s"), lasting("93784s"))).toEqual([
    { field: "expire after", before: "90 minutes", after: "93784 seconds" },
  ]);
});
