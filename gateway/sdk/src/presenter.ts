import type { Emit } from "./events";
import { guarded, type Log } from "./log";
import type { Storage } from "./storage";
import type { JourneyOptions, NotShown, Step } from "./types";

/** How a step is shown: what it takes turns with, if anything, and what puts it on the page and gives what takes it off. */
export interface Turn {
  slot?: string;
  mount(): () => void;
}

/** Says how a step is shown; undefined when it cannot be. */
export type Show = (step: Step) => Turn | undefined;

/** What a renderer gets of the page. */
export interface Page {
  log: Log;
  storage: Storage;
  /** Calls for every event of this page, those before too. Gives what ends that. */
  onTrack(listen: (name: string) => void): () => void;
  /** Takes note of a step that is not shown as it was meant. */
  notShown(step: Step, reason: NotShown): void;
}

/** Makes what shows steps. */
export type Renderer = (page: Page) => Show;

/** Fetches the renderer, which a page needs only when there is something to show. */
export type LoadRenderer = () => Promise<Renderer>;

export interface Presenter {
  /** Shows these steps and no others. */
  present(steps: readonly Step[]): void;
}

interface Shown {
  step: Step;
  /** Whether the host shows it. */
  isHosts: boolean;
  turn?: Turn | undefined;
  remove?: () => void;
}

/** Hands each step to the host once, or shows it: at most one dialog, one banner and one list at a time. */
export function createPresenter(
  onStep: JourneyOptions["onStep"],
  loadShow: () => Promise<Show>,
  emit: Emit,
  log: Log,
): Presenter {
  const shown = new Map<string, Shown>();

  // Noted before anybody is told, because they may finish it at once.
  function begin(key: string, step: Step): void {
    const each: Shown = { step, isHosts: false };
    shown.set(key, each);
    emit("step", step);
    each.isHosts = !!onStep && guarded(() => onStep(step), log) !== false;
  }

  function end(key: string, { step, remove }: Shown): void {
    shown.delete(key);
    remove?.();
    emit("stepGone", step);
  }

  // What shows steps is loaded when there is the first one; where that fails, the next news tries again.
  async function mount(): Promise<void> {
    if (![...shown.values()].some((each) => !each.isHosts && !each.remove)) return;
    let show: Show;
    try {
      show = await loadShow();
    } catch {
      return log("The script that shows steps could not be loaded; the next step tries again.");
    }

    const taken = new Set([...shown.values()].map(({ turn, remove }) => remove && turn?.slot));
    for (const [key, each] of [...shown]) {
      if (each.isHosts || each.remove) continue;
      const turn = (each.turn ??= guarded(() => show(each.step), log));
      if (!turn || (turn.slot && taken.has(turn.slot))) continue;
      taken.add(turn.slot);
      // What cannot be shown is not tried again and again.
      each.remove = guarded(() => turn.mount(), log) ?? (() => undefined);
      // It may have been finished by being shown: a list of which everything was done already.
      if (shown.get(key) !== each) each.remove();
    }
  }

  return {
    present(steps) {
      const wanted = new Map(steps.map((step) => [`${step.enrollmentId} ${step.nodeId} ${step.visitNo}`, step]));
      for (const [key, each] of [...shown]) if (!wanted.has(key)) end(key, each);
      for (const [key, step] of wanted) if (!shown.has(key)) begin(key, step);
      void mount();
    },
  };
}
