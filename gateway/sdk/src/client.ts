import { cleanAddress } from "./address";
import { trackPages, watchClicks } from "./autoTrack";
import { checkData, checkJourneyId, checkOutcome, checkText, checkTraits, checkUserId } from "./check";
import { readContext } from "./context";
import { isSame, keepIdentity } from "./identity";
import { randomId } from "./ids";
import { keepJourneys, type Tell } from "./journeys";
import { guarded, type Log } from "./log";
import type { Settings } from "./options";
import { createOutbox, type Entry, visitorJoined } from "./outbox";
import { createPresenter, type LoadRenderer, type Show } from "./presenter";
import { wrongCall } from "./problem";
import { openStorage, tabId } from "./storage";
import { listen } from "./stream";
import { createTransport } from "./transport";
import type {
  Dap,
  EnrollmentJson,
  FinishedStep,
  Happenings,
  Identified,
  Identity,
  JsonObject,
  Outcome,
  PositionJson,
  Progress,
  ProgressReport,
  Ready,
  Step,
  StepJson,
  WarningJson,
} from "./types";

type Handlers = { [Name in keyof Happenings]?: Set<(...args: Happenings[Name]) => void> };

/** Has a function called whenever it happens; gives what ends that. */
export function addHandler<Name extends keyof Happenings>(
  handlers: Handlers,
  name: Name,
  handler: (...args: Happenings[Name]) => void,
): () => void {
  const set = (handlers[name] ??= new Set() as Handlers[Name])! as Set<typeof handler>;
  set.add(handler);
  return () => void set.delete(handler);
}

/** What the commands do once `init` has been called. */
export type Client = ReturnType<typeof startClient>;

const identifyPath = "/sdk/identify";
const overdueMs = 30_000;
const urlLength = 2_048;
const mostRenewals = 3;

export function startClient(settings: Settings, handlers: Handlers, loadRenderer: LoadRenderer, log: Log) {
  const { journeys: options, locale, tenantKey } = settings;
  const storage = openStorage(tenantKey);
  const transport = createTransport(settings.baseUrl, tenantKey);
  let selectors: readonly string[] = [];
  const tracked = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isSomebodyElse = false;
  let hasBegun = false;
  let renewals = 0;
  let askedAt = 0;
  let askAgainAt = 0;

  const tell: Tell = (name, ...args) => {
    for (const handler of [...(handlers[name] ?? [])]) guarded(() => handler(...args), log);
    const option = {
      journeyStart: options.onJourneyStart,
      stepComplete: options.onStepComplete,
      journeyComplete: options.onJourneyComplete,
    }[name as string];
    if (option) guarded(() => (option as (...all: unknown[]) => void).apply(options, args), log);
  };
  const failed = (error: Error): void => {
    log(error.message);
    tell("error", error);
  };

  const identity = keepIdentity(storage, randomId, ({ isOther, isElsewhere }) => {
    const { userId, anonymousId } = identity.who();
    if (hasBegun) stream.restart();
    outbox.retry();
    if (!isOther) return;
    if (isElsewhere) forgetPerson();
    else isSomebodyElse = true;
    tell("identity", { userId, anonymousId });
  });
  const journeys = keepJourneys(storage, tell);
  let show: Promise<Show> | undefined;
  const loadShow = (): Promise<Show> => {
    show ??= loadRenderer().then((render) =>
      render({
        log,
        storage,
        onTrack(listen) {
          // What the page did while the list was still on its way counts too.
          tracked.forEach(listen);
          return addHandler(handlers, "track", listen);
        },
      }),
    );
    show.catch(() => (show = undefined));
    return show;
  };
  const presenter = createPresenter(options.onStep && ((step) => options.onStep!(step)), loadShow, tell, log);
  const outbox = createOutbox({
    transport,
    storage,
    tab: tabId(randomId),
    log,
    who: identity.who,
    renew: renewVisitor,
    answered,
    failed,
    about: () => ({ context: readContext(locale) as JsonObject, ...(!options.autoEnroll && { noEntry: true }) }),
  });
  const stream = listen(
    (signal) => transport.open("/sdk/stream", { ...identity.person() }, identity.who().userToken, signal),
    (position) => take([position]),
    (reason) => {
      if (reason === visitorJoined) renewVisitor(identity.who().anonymousId);
      plan();
    },
  );

  // The gateway knows the visitor as a user by now, and nobody has proved to be that one: whoever is here is somebody new.
  function renewVisitor(anonymousId: string): string | undefined {
    const isOther = !identity.who().userId && identity.who().anonymousId === anonymousId;
    if (isOther && ++renewals > mostRenewals) return undefined;
    const renewed = identity.renew(anonymousId);
    if (isOther) forgetPerson();
    return renewed;
  }

  const journeyPath = (journeyId: string, verb: string): string => `/sdk/journeys/${journeyId}/${verb}`;

  // Reported or stopped, but not acknowledged: no longer to be shown, whatever the gateway still says.
  const isOver = (journeyId: string, { nodeId, visitNo }: StepJson, enrollmentId: string | undefined): boolean =>
    outbox
      .waiting()
      .some(
        ({ path, body, person }) =>
          isSame(person, identity.person()) &&
          (path === journeyPath(journeyId, "stop") ||
            (path === journeyPath(journeyId, "progress") &&
              body!.nodeId === nodeId &&
              (!body!.visitNo || body!.visitNo === visitNo) &&
              (!body!.enrollmentId || body!.enrollmentId === enrollmentId))),
      );

  function present(): void {
    const steps = journeys
      .all()
      .filter(({ journeyId, step, enrollment }) => step && !isOver(journeyId!, step, enrollment?.id))
      .map(toStep);
    presenter.present(steps);
    plan();
  }

  function toStep({ journeyId = "", enrollment, step }: PositionJson): Step {
    const nodeId = step!.nodeId!;
    const { visitNo } = step!;
    const payload = (step!.payload ?? {}) as JsonObject;
    const locales = (payload.locales ?? {}) as Record<string, JsonObject>;
    const end = (outcome: Outcome) => (data?: JsonObject) =>
      quietly(
        new Promise<Progress>((resolve) =>
          resolve(
            progress(journeyId, { nodeId, visitNo, enrollmentId: enrollment!.id, outcome, ...(data && { data }) }),
          ),
        ),
      );
    return {
      ...step,
      journeyId,
      nodeId,
      enrollmentId: enrollment!.id!,
      contentId: step!.contentId ?? "",
      payload: { ...payload, ...(locales[locale] ?? locales[locale.split("-")[0]!]) },
      complete: end("COMPLETED"),
      dismiss: end("DISMISSED"),
      skip: end("SKIPPED"),
    };
  }

  function take(positions: readonly PositionJson[], isOurs?: boolean): void {
    positions.forEach((position) => journeys.apply(position, isOurs));
    present();
  }

  function answered({ person, path, event, note }: Entry, body: JsonObject): void {
    for (const { field, message } of (body.warnings ?? []) as WarningJson[]) log(`${field}: ${message}`);
    // What was known of somebody else is not shown to whoever is here now.
    if (!isSame(person, identity.person())) return;
    // What was known is of the visitor until now; the answer has what became of it.
    if (path === identifyPath && isSomebodyElse) {
      isSomebodyElse = false;
      journeys.clear();
    }
    if (event || path === identifyPath) take((body.journeys ?? []) as PositionJson[], !!event);
    else {
      journeys.applyAnswer(body, note);
      present();
    }
  }

  async function refresh(): Promise<boolean> {
    askedAt = Date.now();
    const person = identity.person();
    const answer = await transport.get("/sdk/journeys", person, identity.who().userToken);
    if (answer.kind !== "done") {
      if (answer.kind === "later") askAgainAt = Date.now() + (answer.afterMs ?? 0);
      failed(answer.error);
      if (answer.error.reason === visitorJoined && "anonymousId" in person) renewVisitor(person.anonymousId);
    } else if (isSame(person, identity.person())) {
      selectors = (answer.body.clickSelectors ?? []) as string[];
      take((answer.body.journeys ?? []) as PositionJson[]);
    }
    plan();
    return answer.kind === "done";
  }

  // The stream tells at once. Where there is none, a wait's end is known beforehand.
  function plan(): void {
    clearTimeout(timer);
    const now = Date.now();
    let delay = askedAt + settings.contentRefreshInterval - now;
    for (const { enrollment } of stream.isOpen() ? [] : journeys.all()) {
      const left = Date.parse(enrollment?.wakeTime ?? "") - now;
      if (left > -overdueMs) delay = Math.min(delay, Math.max(left + 300, askedAt + 1_000 - now));
    }
    delay = Math.max(delay, askAgainAt - now);
    timer = setTimeout(() => {
      outbox.adopt();
      if (!document.hidden) return void refresh();
      askedAt = Date.now();
      plan();
    }, delay);
  }

  function forgetPerson(): void {
    tracked.clear();
    journeys.clear();
    present();
    void refresh();
  }

  function record(name: string, properties: JsonObject): void {
    outbox.addEvent(identity.person(), {
      name,
      properties,
      url: cleanAddress(location.href, settings.address).slice(0, urlLength),
      time: new Date().toISOString(),
    });
    tracked.add(name);
    tell("track", name, properties);
  }

  function page(properties?: JsonObject): void {
    record("page", {
      title: document.title,
      path: location.pathname,
      referrer: cleanAddress(document.referrer, settings.address),
      ...checkData(properties, "properties"),
    });
  }

  function call<Answer>(path: string, body: JsonObject, note?: FinishedStep): Promise<Answer> {
    const answer = outbox.call(identity.person(), path, body, note);
    present();
    return answer as Promise<Answer>;
  }

  function progress(journeyId: string, report: ProgressReport = {}): Promise<Progress> {
    const id = checkJourneyId(journeyId);
    const { step, enrollment } = journeys.at(id) ?? {};
    const nodeId = report.nodeId ?? step?.nodeId;
    if (!nodeId) throw wrongCall("progress needs nodeId: there is no step to show in this journey.");
    const outcome = checkOutcome(report.outcome);
    const content = step?.nodeId === nodeId ? step : undefined;
    const visitNo = report.visitNo ?? content?.visitNo;
    const enrollmentId = report.enrollmentId ?? (content && enrollment?.id);
    return call(
      journeyPath(id, "progress"),
      {
        nodeId: checkText(nodeId, 64, "nodeId"),
        outcome,
        ...(visitNo && { visitNo }),
        ...(enrollmentId && { enrollmentId }),
        ...(report.data && { data: checkData(report.data, "data") }),
      },
      { nodeId, outcome, contentType: content?.contentType ?? "", contentId: content?.contentId ?? "" },
    );
  }

  function hide(): void {
    outbox.leave();
    stream.stop();
  }

  function begin(): void {
    hasBegun = true;
    if (settings.autoTrack) {
      trackPages(page);
      watchClicks(
        () => selectors,
        (selector) => record("click", { selector }),
      );
    }
    addEventListener("pagehide", hide);
    addEventListener("online", () => {
      outbox.retry();
      wake();
    });
    addEventListener("pageshow", (event) => event.persisted && wake());
    document.addEventListener("visibilitychange", () => (document.hidden ? hide() : wake()));
    stream.restart();
  }

  function wake(): void {
    stream.restart();
    void refresh();
  }

  return {
    async ready(): Promise<Ready> {
      // After the calls that the page made in the same breath, so that an identify among them counts from the first request on.
      await Promise.resolve();
      begin();
      const online = await Promise.race([
        refresh(),
        new Promise<false>((resolve) => setTimeout(resolve, settings.initTimeoutMs, false)),
      ]);
      if (!online) log("The gateway has not answered in time; the SDK goes on trying.");
      const { anonymousId, userId } = identity.who();
      const ready = { anonymousId, userId, online, journeys: journeys.all() };
      tell("ready", ready);
      return ready;
    },
    identify(who: Identity): Promise<Identified> {
      const traits = checkTraits(who.traits, log);
      if (who.userId !== undefined) identity.become(checkUserId(who.userId), who.userToken);
      const { userId, anonymousId } = identity.who();
      const context = {
        ...readContext(locale),
        ...(who.role && { role: who.role }),
        ...(who.location && { location: checkData(who.location, "location") }),
      };
      return call(identifyPath, {
        ...(userId && { anonymousId }),
        traits,
        context: context as JsonObject,
        ...(!options.autoEnroll && { noEntry: true }),
      });
    },
    track(name: string, properties?: JsonObject): void {
      record(checkText(name, 128, "name"), checkData(properties, "properties"));
    },
    page,
    reset(): void {
      outbox.leave();
      identity.reset();
      forgetPerson();
    },
    enroll: (journeyId: string) => call(journeyPath(checkJourneyId(journeyId), "enroll"), onceOnly()),
    progress,
    stop: (journeyId: string) =>
      call<{ enrollment: EnrollmentJson }>(journeyPath(checkJourneyId(journeyId), "stop"), onceOnly()),
  };
}

/** Marks a call that is sent until it is answered, so that it is carried out once. */
const onceOnly = (): JsonObject => ({ requestId: randomId() });

/** Keeps a rejected promise from being reported as unhandled; whoever waits for it still hears of it. */
export function quietly<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => undefined);
  return promise;
}

export type { Dap, Handlers };
