import { inFull } from "../ui/times";
import type { UserList } from "./calls";

/** How a list is shown where one is chosen. */
export const choiceLabel = (list: UserList): string => `${list.name} (${inFull(list.members)})`;

/** What to search for: nothing where the field shows the list that was chosen, which is not a name. */
export const searchOf = (shown: string, chosen: UserList | undefined): string =>
  chosen && shown === choiceLabel(chosen) ? "" : shown;

/** What can be chosen: what was found, and always what is chosen. */
export const choicesOf = (found: readonly UserList[], chosen: UserList | undefined): readonly UserList[] =>
  !chosen || found.some(({ id }) => id === chosen.id) ? found : [chosen, ...found];
