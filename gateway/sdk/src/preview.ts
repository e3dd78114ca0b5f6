// Runs in sdk.preview.html, where an author sees content as people will: in a frame with an origin of its own, with the
// renderer that every page loads. The surrounding window sends what to show, and receives what was pressed.
import type { Page } from "./global";
import type { Page as RendererPage } from "./render/presenter";
import type { JsonObject, PositionJson, StepJson } from "./types";

/** A message from the surrounding window. */
interface Shown extends Pick<StepJson, "contentType"> {
  payload: JsonObject;
  locale: string;
  scheme: "light" | "dark";
}

/** A message to the surrounding window. */
type Told =
  | { is: "ready" }
  | { is: "ended"; outcome: string; data?: JsonObject }
  | { is: "followed"; address: string }
  | { is: "noted"; words: string };

const element = document.getElementById("element")!;
let visitNo = 0;
let takeOff = (): void => undefined;

// Any window may receive it, because it contains only what that window has sent.
const tell = (told: Told): void => parent.postMessage(told, "*");

/** Creates a page for the renderer that stores nothing and sends nothing. */
function pageIn(locale: string): RendererPage {
  const kept = new Map<string, unknown>();
  return {
    log: (words) => tell({ is: "noted", words }),
    storage: {
      get: <Value>(key: string) => kept.get(key) as Value | undefined,
      set: (key, value) => !!kept.set(key, value),
      remove: (key) => void kept.delete(key),
      keys: () => [...kept.keys()],
      onChange: () => undefined,
    },
    emit: () => undefined,
    inTurn: queueMicrotask,
    locale,
    onStep: undefined,
    async report(_, { outcome, data }) {
      takeOff();
      tell({ is: "ended", outcome: outcome!, ...(data && { data }) });
      return { enrollment: {}, applied: true, held: false };
    },
    send: async () => undefined,
    onTrack: () => () => undefined,
  };
}

function show({ contentType, payload, locale, scheme }: Shown): void {
  takeOff();
  document.documentElement.style.colorScheme = scheme;
  document.documentElement.lang = locale;
  const { selector } = payload;
  element.textContent = typeof selector === "string" ? selector : "";
  const step: StepJson = {
    nodeId: "preview",
    visitNo: ++visitNo,
    ...(contentType && { contentType }),
    payload: { ...payload, ...(element.textContent && { selector: "#element" }) },
  };
  const position: PositionJson = { journeyId: "preview", enrollment: { id: "preview" }, step };
  const present = (window as Page).DAP!.render!(pageIn(locale));
  const person = { userId: "preview" };
  takeOff = () => present([], person, []);
  present([position], person, []);
  setTimeout(settle);
}

// Finishes animations, because the content is shown again after every keystroke.
function settle(): void {
  for (const animation of document.getElementById("dap-journeys")?.shadowRoot?.getAnimations() ?? [])
    if (animation.effect?.getComputedTiming().endTime !== Infinity) animation.finish();
}

// Takes no focus, because the author may be typing in another field.
const { focus } = HTMLElement.prototype;
HTMLElement.prototype.focus = function (...options) {
  if (document.hasFocus()) focus.apply(this, options);
};
for (const name of ["show", "showModal"] as const) {
  const open = HTMLDialogElement.prototype[name];
  HTMLDialogElement.prototype[name] = function () {
    // The browser focuses a dialog when it opens, but not an inert one.
    this.inert = !document.hasFocus();
    open.apply(this);
    this.inert = false;
  };
}

document.addEventListener(
  "click",
  (event) => {
    const link = event.composedPath().find((each) => each instanceof HTMLAnchorElement);
    if (!link) return;
    event.preventDefault();
    tell({ is: "followed", address: link.href });
  },
  true,
);
addEventListener("message", ({ data, source }) => {
  if (source === parent) show(data as Shown);
});
addEventListener("load", () => tell({ is: "ready" }));

// The object where the renderer registers itself.
(window as Page).DAP = {} as NonNullable<Page["DAP"]>;
