import { useEffect, useRef, useState } from "react";
import { useSearchParams } from "react-router";

/** The filter of a page. Kept in the address, so that it can be shared and survives going back. */
export function useFilter() {
  const [params, setParams] = useSearchParams();
  const [cleared, setCleared] = useState(0);
  const isClearing = useRef(false);
  // Runs only after the address is empty, because remounted inputs take their text from it.
  useEffect(() => {
    if (!isClearing.current || params.size > 0) return;
    isClearing.current = false;
    setCleared((count) => count + 1);
  }, [params]);
  return {
    /** Returns a value of the filter; empty if nothing was chosen. */
    of: (name: string) => params.get(name) ?? "",
    set: (name: string, value: string) =>
      setParams(
        (before) => {
          before.delete(name);
          if (value) before.set(name, value);
          return before;
        },
        { replace: true },
      ),
    clear: () => {
      isClearing.current = true;
      setParams({}, { replace: true });
    },
    /** A key for inputs that keep their own text while typing, so that clearing the filter clears them too. */
    cleared,
  };
}
