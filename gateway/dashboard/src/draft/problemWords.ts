import type { Problem } from "./calls";

/** Returns a problem as a sentence: the name of its field, followed by the message. */
export function problemWords({ field, message }: Pick<Problem, "field" | "message">): string {
  const [, name = "", , index = ""] = /([^.[\]]+)(\[([^\]]*)\])?$/.exec(field) ?? [];
  // Uses the singular for an item of a list: `rules[0]` is "Rule 1", `nodes[tour]` is "Node tour".
  const words = (index ? name.replace(/s$/, "") : name).replace(/([A-Z])/g, " $1").toLowerCase();
  const which = index && ` ${/^\d+$/.test(index) ? Number(index) + 1 : index}`;
  return words ? `${words.charAt(0).toUpperCase()}${words.slice(1)}${which} ${message}` : message;
}
