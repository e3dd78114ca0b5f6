import { useEffect, useRef, useState } from "react";
import { useSearchParams } from "react-router";

/**
 * What a page shows of all there is. Kept in the address, so that it can be passed on and going back finds it again.
 */
export function useFilter() {
  const [params, setParams] = useSearchParams();
  const [cleared, setCleared] = useState(0);
  const isClearing = useRef(false);
  // Only once the address is empty, because inputs that begin anew take their text from it.
  useEffect(() => {
    if (!isClearing.current || params.size > 0) return;
    isClearing.current = false;
    setCleared((count) => count + 1);
  }, [params]);
  return {
    /** Empty where nothing was chosen. */
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
    /** A key for inputs that keep their own text while somebody types, so that clearing empties them too. */
    cleared,
  };
}
