import type { NodeJson } from "../contract/journeys/graph/v1/graph_pb";

/** What people answer to content: free-form, so nothing here relies on how it looks. */

/** The labels of a content node's questions by id, as its payload has them. */
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

/** An answer as one reads it. */
export function answerText(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  return Array.isArray(value) ? value.map(answerText).join(", ") : JSON.stringify(value);
}
