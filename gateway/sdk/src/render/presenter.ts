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
 * How a step is shown: what it takes turns with, if anything, and what puts it on the page and returns what takes it
 * off.
 */
export interface Turn {
  slot?: string;
  /** Whether it says itself when it can be seen; otherwise that is as soon as it is on the page. */
  isLate?: true;
  mount(): () => void;
}

/** What a renderer gets of the page. */
export interface Page {
  log: Log;
  storage: Storage;
  emit: Emit;
  inTurn: InTurn;
  locale: string;
  onStep: JourneyOptions["onStep"];
  report: Report;
  /** Makes a call of its own, after everything before it. */
  send(path: string, body: JsonObject): Promise<unknown>;
  /** Calls for every event of this page, those before too. Returns what ends that. */
  onTrack(listen: (name: string) => void): () => void;
}

/** Shows the steps of these positions and no others; what waits to be sent says which of them are over. */
export type Present = (positions: readonly PositionJson[], person: Person, waiting: readonly Entry[]) => void;

/** Makes what shows steps. */
export type Renderer = (page: Page) => Present;

/** Fetches the renderer, which a page needs only when there is something to show. */
export type LoadRenderer = () => Promise<Renderer>;

interface Shown {
  step: Step;
  /** Whether the host shows it. */
  isHosts: boolean;
  turn?: Turn | undefined;
  remove?: () => void;
}

/**
 * Hands each step to the host once, or shows it: at most one dialog, one banner and one list at a time. `show` returns
 * nothing for what cannot be shown.
 */
export function createPresenter(
  { emit, inTurn, locale, log, onStep, report }: Page,
  show: (step: Step) => Turn | undefined,
  sight: Sight,
): Present {
  const shown = new Map<string, Shown>();

  // Noted before anybody is told, because they may finish it at once.
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
      // What cannot be shown is not tried again and again.
      each.remove = guarded(() => turn.mount(), log) ?? (() => undefined);
      if (!turn.isLate && shown.get(key) === each) sight(each.step);
      // It may have been finished by being shown: a list of which everything was done already.
      if (shown.get(key) !== each) each.remove();
    }
  }

  return (positions, person, waiting) => {
    const steps = stepsOf(positions, person, waiting, locale, report);
    const wanted = new Map(steps.map((step) => [`${step.enrollmentId} ${step.nodeId} ${step.visitNo}`, step]));
    for (const [key, each] of [...shown]) if (!wanted.has(key)) end(key, each);
    for (const [key, step] of wanted) if (!shown.has(key)) begin(key, step);
    // When those who were told have said that it is over already.
    inTurn(() => inTurn(mount));
  };
}
