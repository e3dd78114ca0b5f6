import type { Problem } from "./calls";

/** What is wrong as a sentence: the message follows the name of its field. */
export function problemWords({ field, message }: Pick<Problem, "field" | "message">): string {
  const [, name = "", , index = ""] = /([^.[\]]+)(\[([^\]]*)\])?$/.exec(field) ?? [];
  // One of several has the name of one: `rules[0]` is "Rule 1", `nodes[tour]` is "Node tour".
  const words = (index ? name.replace(/s$/, "") : name).replace(/([A-Z])/g, " $1").toLowerCase();
  const which = index && ` ${/^\d+$/.test(index) ? Number(index) + 1 : index}`;
  return words ? `${words.charAt(0).toUpperCase()}${words.slice(1)}${which} ${message}` : message;
}
