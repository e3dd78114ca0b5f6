/** Computes the speed of a job and its remaining time from samples. */

export interface Sample {
  /** The time in milliseconds. */
  at: number;
  done: number;
}

export interface Pace {
  /** People a second. */
  perSecond: number;
  /** The remaining seconds; undefined if unknown. */
  left: number | undefined;
}

// Long enough for a steady value, short enough to notice that a job has stopped.
const windowMs = 20_000;

/** Adds a sample and drops those that are too old. Starts again when the job has restarted. */
export function addSample(samples: readonly Sample[], sample: Sample): readonly Sample[] {
  const last = samples.at(-1);
  if (last && sample.at <= last.at) return samples;
  const before = last && sample.done < last.done ? [] : samples;
  const firstKept = before.findLastIndex((each) => sample.at - each.at >= windowMs);
  return [...before.slice(Math.max(0, firstKept)), sample];
}

/** Returns undefined until there are two samples. */
export function paceOf(samples: readonly Sample[], total: number): Pace | undefined {
  const first = samples[0];
  const last = samples.at(-1);
  if (!first || !last || first === last) return undefined;
  const perSecond = (last.done - first.done) / ((last.at - first.at) / 1_000);
  return { perSecond, left: total > 0 && perSecond > 0 ? Math.max(0, total - last.done) / perSecond : undefined };
}

/**
 * Returns 0 to 100; undefined while the total is unknown. Returns at most 99 before the job has ended, because more
 * people may have been added than were counted at the start.
 */
export function percentOf(job: { done: number; total: number; status: string }): number | undefined {
  if (job.status === "COMPLETED") return 100;
  if (job.total <= 0) return undefined;
  return Math.min(99, Math.floor((job.done / job.total) * 100));
}
