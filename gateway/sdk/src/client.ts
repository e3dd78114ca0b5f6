import { createAnswers } from "./answers";
import { trackPages, watchClicks } from "./autoTrack";
import { checkData, checkText } from "./check";
import { createCommands } from "./commands";
import { readContext } from "./context";
import { createDisplay } from "./display";
import { createEmit, createTurns, type Handlers } from "./events";
import { createIdentity } from "./identity";
import { randomId } from "./ids";
import { createJourneys } from "./journeys";
import { toJson } from "./json";
import { followPage } from "./lifecycle";
import type { Log } from "./log";
import type { Settings } from "./options";
import { createOutbox } from "./outbox/outbox";
import { journeyPath } from "./paths";
import { createRenewal, followIdentity } from "./person";
import { type DapError, visitorJoined } from "./problem";
import { createRecorder } from "./recorder";
import { createRefresh } from "./refresh";
import type { LoadRenderer } from "./render/presenter";
import { openStorage, tabId } from "./storage";
import { listen } from "./stream";
import { createTransport } from "./transport";
import type { JsonObject, PositionJson, Ready } from "./types";

/** The part of the SDK that runs after `init`. */
export type Client = ReturnType<typeof startClient>;

/**
 * Creates the parts of the SDK and connects them. Nothing is sent or received before `ready`, and nothing after `end`.
 * `forgotten` is called when another tab has removed the stored data.
 */
export function startClient(
  settings: Settings,
  handlers: Handlers,
  loadRenderer: LoadRenderer,
  log: Log,
  forgotten: () => void,
) {
  const { journeys: options, locale, tenantKey } = settings;
  const life = new AbortController();
  const { signal: over } = life;
  const isKept = settings.persistence === "local";
  const storage = openStorage(tenantKey, over, isKept);
  const transport = createTransport(settings.baseUrl, tenantKey);
  const inTurn = createTurns(log);
  const emit = createEmit(handlers, options, inTurn, log);
  const identity = createIdentity(storage, randomId, forgotten);
  const journeys = createJourneys(storage, emit, (journeyId) =>
    outbox.waiting().some(({ path, note }) => note && path === journeyPath(journeyId, "progress")),
  );
  const renewVisitor = createRenewal(identity, forgetPerson);
  const answers = createAnswers(identity, journeys, take, present, log);
  const outbox = createOutbox({
    transport,
    storage,
    tab: tabId(randomId, isKept),
    log,
    who: identity.who,
    person: identity.person,
    renew: renewVisitor,
    answered: answers.take,
    failed,
    about: () => ({ context: readContext(locale) as JsonObject, ...(!options.autoEnroll && { noEntry: true }) }),
  });
  const stream = listen({
    name: () => `dap.${tenantKey}.${toJson(identity.person())}`,
    open: (signal) => transport.open("/sdk/stream", { ...identity.person() }, identity.who().userToken, signal),
    heard: (position) => take([position]),
    lost(reason) {
      if (reason === visitorJoined) renewVisitor(identity.who().anonymousId);
      refresh.plan();
    },
    tookOver: () => void refresh.now(),
  });
  const refresh = createRefresh({
    transport,
    identity,
    journeys,
    intervalMs: settings.contentRefreshInterval,
    over,
    isStreaming: stream.isOpen,
    adopt: outbox.adopt,
    take,
    renewVisitor,
    failed,
  });
  const recorder = createRecorder(outbox, settings.address, handlers, emit);
  const commands = createCommands(
    settings,
    identity,
    journeys,
    (path, body, note) => {
      const answer = outbox.call(path, body, note);
      present();
      return answer as Promise<never>;
    },
    log,
  );
  const display = createDisplay(
    {
      log,
      storage,
      emit,
      inTurn,
      locale,
      onStep: (step) => options.onStep(step),
      report: commands.progress,
      send: outbox.call,
      onTrack: recorder.onRecord,
    },
    loadRenderer,
    identity,
    journeys,
    outbox,
    over,
  );
  let hasBegun = false;

  followIdentity(identity, answers, outbox, () => hasBegun && stream.restart(), forgetPerson, emit);

  function failed(error: Error): void {
    log(error.message);
    emit("error", error);
  }

  function present(): void {
    display.redraw();
    refresh.plan();
  }

  function take(positions: readonly PositionJson[], isOurs?: boolean): void {
    positions.forEach((position) => journeys.apply(position, isOurs));
    present();
  }

  function forgetPerson(): void {
    recorder.dropTracked();
    journeys.clear();
    present();
    void refresh.now();
  }

  function begin(): void {
    hasBegun = true;
    if (settings.autoTrack) {
      trackPages(recorder.page, over);
      watchClicks(refresh.selectors, (selector) => recorder.record("click", { selector }), over);
    }
    followPage(outbox, stream, refresh, over);
    stream.restart();
  }

  return {
    async ready(): Promise<Ready> {
      // Waits for the calls that the page makes in the same task, so that an `identify` among them applies to the first
      // request.
      await Promise.resolve();
      if (!over.aborted) begin();
      const online = await Promise.race([
        refresh.now(),
        new Promise<false>((resolve) => setTimeout(resolve, settings.initTimeoutMs, false)),
      ]);
      if (!online && !over.aborted) log("The gateway has not answered in time; the SDK keeps trying.");
      const { anonymousId, userId } = identity.who();
      const ready = { anonymousId, userId, online, journeys: journeys.all() };
      if (!over.aborted) emit("ready", ready);
      return ready;
    },
    ...commands,
    track(name: string, properties?: JsonObject): void {
      recorder.record(checkText(name, 128, "name"), checkData(properties, "properties"));
    },
    page: recorder.page,
    reset(): void {
      outbox.leave();
      identity.reset();
      forgetPerson();
    },
    /** Removes everything from the page. `isSent` says whether waiting calls are handed over to the browser. */
    end(problem: DapError, isSent: boolean): void {
      if (isSent) outbox.leave();
      life.abort();
      outbox.end(problem);
      stream.stop();
      refresh.stop();
      display.takeOff();
    },
  };
}
