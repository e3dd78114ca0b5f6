import { useRef } from "react";
import { newRequestId } from "./api";

/**
 * Returns a request id that stays the same for the same request, so that a repeated click after a lost answer has no
 * second effect.
 */
export function useRequestId(...asked: unknown[]): string {
  const about = JSON.stringify(asked);
  const latest = useRef<{ about: string; id: string }>(undefined);
  if (latest.current?.about !== about) latest.current = { about, id: newRequestId() };
  return latest.current.id;
}
