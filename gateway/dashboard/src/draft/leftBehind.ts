import { useSyncExternalStore } from "react";
import type { UpdateJourneyRequestJson } from "../contract/journeys/definition/v1/definition_service_pb";
import type { DesignJson } from "../contract/journeys/definition/v1/journey_pb";
import type { Autosave } from "./autosave";

export type Patch = Omit<UpdateJourneyRequestJson, "id" | "revision" | "exits"> & Pick<DesignJson, "exits">;

/** A draft whose page was closed before everything was saved. */
export interface LeftBehind {
  id: string;
  name: string;
  autosave: Autosave<Patch>;
}

let all: readonly LeftBehind[] = [];
const listeners = new Set<() => void>();

function become(next: readonly LeftBehind[]): void {
  all = next;
  listeners.forEach((listener) => listener());
}

/** Continues to save a draft whose page is closed. */
export function leaveBehind(draft: LeftBehind): void {
  const { autosave } = draft;
  if (!autosave.isDirty) return;
  // Creates a new list each time, because the state inside the autosave changes.
  const show = () =>
    become([...all.filter((each) => each.autosave !== autosave), ...(autosave.isDirty ? [draft] : [])]);
  autosave.tell(show);
  show();
  void autosave.flush();
}

export const leftBehind = (id: string): Autosave<Patch> | undefined => all.find((each) => each.id === id)?.autosave;

/** Ends this when the draft's page is open again, which then shows the saved state itself. */
export function comeBack({ id, autosave }: LeftBehind, onChange: () => void): void {
  autosave.tell(onChange);
  if (leftBehind(id)) become(all.filter((each) => each.id !== id));
}

export const useLeftBehind = (): readonly LeftBehind[] =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => all,
  );
