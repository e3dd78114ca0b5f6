import type { Emit, InTurn } from "../events";
import type { Person } from "../identity";
import { guarded, type Log } from "../log";
import type { Entry } from "../outbox/entry";
import type { Storage } from "../storage";
import type { JourneyOptions, JsonObject, PositionJson, Step } from "../types";
import { speak } from "./language";
import type { Sight } from "./sightings";
import { type Report, stepsOf } from "./steps";

/**
 * How a step is shown: the slot that it shares with others, if any, and a function that puts it on the page and returns
 * one that removes it.
 */
export interface Turn {
  slot?: string;
  /** Whether it reports itself when it becomes visible; otherwise it counts as visible once it is on the page. */
  isLate?: true;
  mount(): () => void;
}

/** The functions and settings of the page that a renderer uses. */
export interface Page {
  log: Log;
  storage: Storage;
  emit: Emit;
  inTurn: InTurn;
  locale: string;
  onStep: JourneyOptions["onStep"];
  report: Report;
  /** Sends a call of its own, after everything before it. */
  send(path: string, body: JsonObject): Promise<unknown>;
  /** Calls `listen` for every event of this page, including earlier ones. Returns a function that ends this. */
  onTrack(listen: (name: string) => void): () => void;
}

/** Shows the steps of these positions and no others. Unsent entries show which steps are over already. */
export type Present = (positions: readonly PositionJson[], person: Person, waiting: readonly Entry[]) => void;

/** Creates the function that shows steps. */
export type Renderer = (page: Page) => Present;

/** Loads the renderer, which a page needs only when there is a step to show. */
export type LoadRenderer = () => Promise<Renderer>;

interface Shown {
  step: Step;
  /** Whether the host application shows it. */
  isHosts: boolean;
  turn?: Turn | undefined;
  remove?: () => void;
}

/**
 * Passes each step to the host application once, or shows it: at most one dialog, one banner and one list at a time.
 * `show` returns undefined for a step that it cannot show.
 */
export function createPresenter(
  { emit, inTurn, locale, log, onStep, report }: Page,
  show: (step: Step) => Turn | undefined,
  sight: Sight,
): Present {
  const shown = new Map<string, Shown>();

  // Stored before the handlers run, because they may finish the step immediately.
  function begin(key: string, step: Step): void {
    const each: Shown = { step, isHosts: !!onStep };
    shown.set(key, each);
    emit("step", step);
    inTurn(() => {
      each.isHosts &&= guarded(() => onStep!(step), log) !== false;
      if (each.isHosts && shown.get(key) === each) sight(step);
    });
  }

  function end(key: string, { step, remove }: Shown): void {
    shown.delete(key);
    remove?.();
    emit("stepGone", step);
  }

  function mount(): void {
    const taken = new Set([...shown.values()].map(({ turn, remove }) => remove && turn?.slot));
    for (const [key, each] of [...shown]) {
      if (each.isHosts || each.remove) continue;
      speak(each.step.lang);
      const turn = (each.turn ??= guarded(() => show(each.step), log));
      if (!turn || (turn.slot && taken.has(turn.slot))) continue;
      taken.add(turn.slot);
      // A step that fails to mount is not tried again.
      each.remove = guarded(() => turn.mount(), log) ?? (() => undefined);
      if (!turn.isLate && shown.get(key) === each) sight(each.step);
      // Mounting may have finished the step, for example a list whose tasks are all done.
      if (shown.get(key) !== each) each.remove();
    }
  }

  return (positions, person, waiting) => {
    const steps = stepsOf(positions, person, waiting, locale, report);
    const wanted = new Map(steps.map((step) => [`${step.enrollmentId} ${step.nodeId} ${step.visitNo}`, step]));
    for (const [key, each] of [...shown]) if (!wanted.has(key)) end(key, each);
    for (const [key, step] of wanted) if (!shown.has(key)) begin(key, step);
    // Runs after the handlers, which may have finished the step already.
    inTurn(() => inTurn(mount));
  };
}
