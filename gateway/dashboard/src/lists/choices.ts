import { inFull } from "../ui/times";
import type { UserList } from "./calls";

/** Returns the label of a list in a choice. */
export const choiceLabel = (list: UserList): string => `${list.name} (${inFull(list.members)})`;

/** Returns the text to search for; empty if the field shows the label of the chosen list, which is not a name. */
export const searchOf = (shown: string, chosen: UserList | undefined): string =>
  chosen && shown === choiceLabel(chosen) ? "" : shown;

/** Returns the found lists, and always the chosen one. */
export const choicesOf = (found: readonly UserList[], chosen: UserList | undefined): readonly UserList[] =>
  !chosen || found.some(({ id }) => id === chosen.id) ? found : [chosen, ...found];
