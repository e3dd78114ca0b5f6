// In sdk.preview.html, where an author sees content as people will: a frame of an origin of its own, with the renderer
// that every page loads. The window around it says what to show, and is told what was pressed.
import type { Page } from "./global";
import type { Page as RendererPage } from "./render/presenter";
import type { JsonObject, PositionJson, StepJson } from "./types";

/** What the window around it says. */
interface Shown extends Pick<StepJson, "contentType"> {
  payload: JsonObject;
  locale: string;
  scheme: "light" | "dark";
}

/** What the window around it is told. */
type Told =
  | { is: "ready" }
  | { is: "ended"; outcome: string; data?: JsonObject }
  | { is: "followed"; address: string }
  | { is: "noted"; words: string };

const element = document.getElementById("element")!;
let visitNo = 0;
let takeOff = (): void => undefined;

// Any window may hear it: there is nothing in it but what that window has given.
const tell = (told: Told): void => parent.postMessage(told, "*");

/** A page as the renderer knows it, of which nothing is kept and nothing is sent. */
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

// What is shown again with every letter is not to move.
function settle(): void {
  for (const animation of document.getElementById("dap-journeys")?.shadowRoot?.getAnimations() ?? [])
    if (animation.effect?.getComputedTiming().endTime !== Infinity) animation.finish();
}

// Nor is it to take the focus from the field in which somebody types.
const { focus } = HTMLElement.prototype;
HTMLElement.prototype.focus = function (...options) {
  if (document.hasFocus()) focus.apply(this, options);
};
for (const name of ["show", "showModal"] as const) {
  const open = HTMLDialogElement.prototype[name];
  HTMLDialogElement.prototype[name] = function () {
    // The browser gives the focus to a dialog, but not to one that is inert.
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

// Where the renderer puts itself.
(window as Page).DAP = {} as NonNullable<Page["DAP"]>;
