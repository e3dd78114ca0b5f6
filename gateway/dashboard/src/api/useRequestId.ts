import { useRef } from "react";
import { newRequestId } from "./api";

/**
 * A request id that stays as long as the same is asked for, so that a click that is repeated after a lost answer does
 * nothing twice.
 */
export function useRequestId(...asked: unknown[]): string {
  const about = JSON.stringify(asked);
  const latest = useRef<{ about: string; id: string }>(undefined);
  if (latest.current?.about !== about) latest.current = { about, id: newRequestId() };
  return latest.current.id;
}
