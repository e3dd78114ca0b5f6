import { useState } from "react";
import { useSearchParams } from "react-router";

/** What a page shows of all there is. Kept in the address, so that it can be passed on and going back finds it again. */
export function useFilter() {
  const [params, setParams] = useSearchParams();
  const [cleared, setCleared] = useState(0);
  return {
    /** Empty where nothing was chosen. */
    of: (name: string) => params.get(name) ?? "",
    set: (name: string, value: string) =>
      setParams((before) => {
        before.delete(name);
        if (value) before.set(name, value);
        return before;
      }, { replace: true }),
    clear: () => {
      setParams({}, { replace: true });
      setCleared((count) => count + 1);
    },
    /** A key for inputs that keep their own text while somebody types, so that clearing empties them too. */
    cleared,
  };
}
