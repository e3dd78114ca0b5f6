/** How fast a job goes and how long it will take, from what was seen of it. */

export interface Sample {
  /** Milliseconds. */
  at: number;
  done: number;
}

export interface Pace {
  /** People a second. */
  perSecond: number;
  /** Seconds; nothing where it cannot be said. */
  left: number | undefined;
}

// Long enough to be calm, short enough to notice that it stands still.
const windowMs = 20_000;

/** Adds a sample and forgets those that are too old to matter; a job that began again begins again here. */
export function addSample(samples: readonly Sample[], sample: Sample): readonly Sample[] {
  const last = samples.at(-1);
  if (last && sample.at <= last.at) return samples;
  const before = last && sample.done < last.done ? [] : samples;
  const firstKept = before.findLastIndex((each) => sample.at - each.at >= windowMs);
  return [...before.slice(Math.max(0, firstKept)), sample];
}

/** Nothing before there are two samples. */
export function paceOf(samples: readonly Sample[], total: number): Pace | undefined {
  const first = samples[0];
  const last = samples.at(-1);
  if (!first || !last || first === last) return undefined;
  const perSecond = (last.done - first.done) / ((last.at - first.at) / 1_000);
  return { perSecond, left: total > 0 && perSecond > 0 ? Math.max(0, total - last.done) / perSecond : undefined };
}

/**
 * 0 to 100; nothing while the total is unknown. Never 100 before it has ended: more may have come than was counted at
 * the start.
 */
export function percentOf(job: { done: number; total: number; status: string }): number | undefined {
  if (job.status === "COMPLETED") return 100;
  if (job.total <= 0) return undefined;
  return Math.min(99, Math.floor((job.done / job.total) * 100));
}
