import type { NodeJson } from "../contract/journeys/graph/v1/graph_pb";

/** Reads survey answers. They are free-form, so nothing here relies on their format. */

/** Returns the labels of a content node's questions by id, from its payload. */
export function questionLabels(node: NodeJson | undefined): ReadonlyMap<string, string> {
  const questions = node?.content?.payload?.questions;
  const labels = new Map<string, string>();
  let count = 0;
  for (const question of Array.isArray(questions) ? questions : []) {
    if (typeof question !== "object" || question === null || Array.isArray(question)) continue;
    count++;
    const id = typeof question.id === "string" && question.id ? question.id : `q${count}`;
    if (typeof question.label === "string" && question.label) labels.set(id, question.label);
  }
  return labels;
}

/** Returns an answer as text. */
export function answerText(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  return Array.isArray(value) ? value.map(answerText).join(", ") : JSON.stringify(value);
}
