import { createAnswers } from "./answers";
import { trackPages, watchClicks } from "./autoTrack";
import { checkData, checkText } from "./check";
import { createCommands } from "./commands";
import { readContext } from "./context";
import { addHandler, createEmit, createTurns, type Handlers } from "./events";
import { createIdentity } from "./identity";
import { randomId } from "./ids";
import { createJourneys } from "./journeys";
import { toJson } from "./json";
import { followPage } from "./lifecycle";
import type { Log } from "./log";
import type { Settings } from "./options";
import { createOutbox } from "./outbox/outbox";
import { journeyPath } from "./paths";
import { type DapError, visitorJoined } from "./problem";
import { createRecorder } from "./recorder";
import { createRefresh } from "./refresh";
import type { LoadRenderer, Present } from "./render/presenter";
import { openStorage, tabId } from "./storage";
import { listen } from "./stream";
import { createTransport } from "./transport";
import type { JsonObject, PositionJson, Ready } from "./types";

/** What the commands do once `init` has been called. */
export type Client = ReturnType<typeof startClient>;

const mostRenewals = 3;

/**
 * Puts the parts together. Each knows the others by what it is given here; nothing is sent or heard before `ready`, and nothing after `end`.
 * `forgotten` is called when another tab has removed what the browser kept.
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
  const tracked = new Set<string>();
  const answers = createAnswers(identity, journeys, take, present, log);
  const outbox = createOutbox({
    transport,
    storage,
    tab: tabId(randomId, isKept),
    log,
    who: identity.who,
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
  const recorder = createRecorder(outbox, identity, settings.address, tracked, emit);
  const commands = createCommands(
    settings,
    identity,
    journeys,
    (path, body, note) => {
      const answer = outbox.call(identity.person(), path, body, note);
      present();
      return answer as Promise<never>;
    },
    log,
  );
  let isLoading = false;
  let show: Present | undefined;
  let hasBegun = false;
  let renewals = 0;

  identity.onChange(({ isOther, isElsewhere }) => {
    const { userId, anonymousId } = identity.who();
    if (hasBegun) stream.restart();
    outbox.retry();
    if (!isOther) return;
    if (isElsewhere) forgetPerson();
    else answers.awaitIdentify();
    emit("identity", { userId, anonymousId });
  });

  function failed(error: Error): void {
    log(error.message);
    emit("error", error);
  }

  function present(): void {
    if (over.aborted) return;
    if (show) inTurn(() => show!(journeys.all(), identity.person(), outbox.waiting()));
    else if (!isLoading && journeys.all().some(({ step }) => step)) void load();
    refresh.plan();
  }

  // When there is the first step; where that fails, the next news tries again.
  async function load(): Promise<void> {
    isLoading = true;
    try {
      const render = await loadRenderer();
      show = render({
        log,
        storage,
        emit,
        inTurn,
        locale,
        onStep: options.onStep && ((step) => options.onStep!(step)),
        report: commands.progress,
        send: (path, body) => outbox.call(identity.person(), path, body),
        onTrack(listen) {
          // What the page did while the list was still on its way counts too.
          tracked.forEach(listen);
          return addHandler(handlers, "track", listen);
        },
      });
      present();
    } catch {
      isLoading = false;
      log("The script that shows steps could not be loaded; the next step tries again.");
    }
  }

  function take(positions: readonly PositionJson[], isOurs?: boolean): void {
    positions.forEach((position) => journeys.apply(position, isOurs));
    present();
  }

  // The gateway knows the visitor as a user by now, and nobody has proved to be that one: whoever is here is somebody new.
  function renewVisitor(anonymousId: string): string | undefined {
    const isOther = !identity.who().userId && identity.who().anonymousId === anonymousId;
    if (isOther && ++renewals > mostRenewals) return undefined;
    const renewed = identity.renew(anonymousId);
    if (isOther) forgetPerson();
    return renewed;
  }

  function forgetPerson(): void {
    tracked.clear();
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
      // After the calls that the page made in the same breath, so that an identify among them counts from the first request on.
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
    /** Takes everything off the page; `isSent` says whether what waits is handed over to the browser. */
    end(problem: DapError, isSent: boolean): void {
      if (isSent) outbox.leave();
      life.abort();
      outbox.end(problem);
      stream.stop();
      refresh.stop();
      show?.([], identity.person(), []);
      document.getElementById("dap-journeys")?.remove();
    },
  };
}
