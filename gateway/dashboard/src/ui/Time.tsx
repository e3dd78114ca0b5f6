import { Tooltip } from "@mantine/core";
import { useEffect, useState } from "react";
import { exact, inUtc, relative } from "./times";

interface TimeProps {
  /** RFC 3339, from the API; undefined for a time that has not been reached. */
  value: string | undefined;
  /** `relative` (2 hours ago) or `exact` (24 Nov 2026, 15:04:05). */
  show?: "relative" | "exact";
  missing?: string;
}

/** A time in the viewer's own zone, with the exact one and UTC on hover and focus. */
export function Time({ value, show = "relative", missing = "–" }: TimeProps) {
  const now = useNow(show === "relative" && value !== undefined);
  if (!value) return <span>{missing}</span>;
  return (
    <Tooltip
      label={
        <>
          {exact(value)}
          <br />
          {inUtc(value)}
        </>
      }
    >
      {/* Focusable, so that the tooltip also opens by keyboard. */}
      <time dateTime={value} tabIndex={0}>
        {show === "relative" ? relative(value, now) : exact(value)}
      </time>
    </Tooltip>
  );
}

/** Returns the present time, updated every 15 seconds. */
function useNow(ticking: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!ticking) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 15_000);
    return () => clearInterval(timer);
  }, [ticking]);
  return now;
}
