import type { JsonObject } from "@bufbuild/protobuf";
import type { ContentType } from "../../graph/nodes/content";
import { type Path, textAt, withValue } from "./payload";

/** A field of a payload that the renderer reads. Lists (questions, tasks) and languages have forms of their own. */
export interface PayloadField {
  path: Path;
  label: string;
  kind: "text" | "long" | "choice" | "flag";
  section: "Words" | "Appearance" | "Buttons";
  /** The content types that have the field; all if absent. */
  of?: readonly ContentType[];
  /** Whether people read it, so that it can be translated. */
  isRead?: boolean;
  /** Whether it can be edited beside the canvas too. */
  isBasic?: boolean;
  description?: string;
  placeholder?: string;
  /** The options of a choice. The first one is the default. */
  options?: readonly { value: string; label: string }[];
  /** The default of a flag. */
  otherwise?: boolean;
  when?: (payload: JsonObject) => boolean;
}

const anchored = ["TOOLTIP", "BEACON"] as const;
const pressed = ["ANNOUNCEMENT", "TOOLTIP", "BEACON"] as const;
const isBanner = (payload: JsonObject): boolean => payload.style === "banner";
const hasUrl = (name: string) => (payload: JsonObject) => textAt(payload, [name, "url"]) !== "";

interface LinkWords {
  link: string;
  newTab: string;
  placeholder?: string;
  when?: PayloadField["when"];
}

/** The link of a button, and whether it opens in a new tab. */
const linkOf = (
  button: string,
  of: readonly ContentType[],
  { link, newTab, ...rest }: LinkWords,
): readonly PayloadField[] => [
  { path: [button, "url"], label: link, kind: "text", section: "Buttons", of, ...rest },
  {
    path: [button, "newTab"],
    label: newTab,
    kind: "flag",
    section: "Buttons",
    of,
    otherwise: false,
    when: hasUrl(button),
  },
];

const fields: readonly PayloadField[] = [
  { path: ["title"], label: "Title", kind: "text", section: "Words", isRead: true, isBasic: true },
  { path: ["body"], label: "Text", kind: "long", section: "Words", isRead: true, isBasic: true },
  {
    path: ["image", "url"],
    label: "Picture",
    kind: "text",
    section: "Words",
    placeholder: "https://…/welcome.png",
    description: "Its address, as people's browsers load it",
  },
  {
    path: ["image", "alt"],
    label: "Picture in words",
    kind: "text",
    section: "Words",
    isRead: true,
    description: "For people who cannot see it; empty for decoration",
    when: hasUrl("image"),
  },
  {
    path: ["style"],
    label: "Shown as",
    kind: "choice",
    section: "Appearance",
    of: ["ANNOUNCEMENT"],
    isBasic: true,
    options: [
      { value: "modal", label: "Dialog" },
      { value: "banner", label: "Banner" },
    ],
  },
  {
    path: ["style"],
    label: "Shown as",
    kind: "choice",
    section: "Appearance",
    of: ["SURVEY"],
    isBasic: true,
    options: [
      { value: "modal", label: "Dialog" },
      { value: "corner", label: "In the corner" },
    ],
  },
  {
    path: ["position"],
    label: "Position",
    kind: "choice",
    section: "Appearance",
    of: ["ANNOUNCEMENT"],
    options: [
      { value: "top", label: "Top of the page" },
      { value: "bottom", label: "Bottom of the page" },
    ],
    when: isBanner,
  },
  {
    path: ["selector"],
    label: "Beside the element",
    kind: "text",
    section: "Appearance",
    of: anchored,
    isBasic: true,
    description: "A CSS selector in the page; host >>> inner looks into a component",
    placeholder: "#save",
  },
  {
    path: ["placement"],
    label: "Preferred side",
    kind: "choice",
    section: "Appearance",
    of: anchored,
    options: [
      { value: "bottom", label: "Below" },
      { value: "top", label: "Above" },
      { value: "right", label: "Right" },
      { value: "left", label: "Left" },
    ],
  },
  {
    path: ["fallback"],
    label: "If the element is not on the page",
    kind: "choice",
    section: "Appearance",
    of: anchored,
    options: [
      { value: "corner", label: "Show it in the corner" },
      { value: "none", label: "Do not show it" },
    ],
  },
  {
    path: ["dismissible"],
    label: "People can close it",
    kind: "flag",
    section: "Appearance",
    of: ["ANNOUNCEMENT", "SURVEY", "TASK_LIST"],
    otherwise: true,
    when: (payload) => !isBanner(payload),
  },
  {
    path: ["primary", "label"],
    label: "Main button",
    kind: "text",
    section: "Buttons",
    of: pressed,
    isRead: true,
    placeholder: "OK",
    description: "Completes the content",
  },
  ...linkOf("primary", pressed, {
    link: "Link of the main button",
    newTab: "Open the link in a new tab",
    placeholder: "/start",
  }),
  {
    path: ["submit", "label"],
    label: "Button that sends",
    kind: "text",
    section: "Buttons",
    of: ["SURVEY"],
    isRead: true,
    placeholder: "Send",
  },
  {
    path: ["secondary", "label"],
    label: "Second button",
    kind: "text",
    section: "Buttons",
    of: [...pressed, "SURVEY"],
    isRead: true,
    placeholder: "Not now",
    description: "Skips the content; without a label there is none",
  },
  ...linkOf("secondary", [...pressed, "SURVEY"], {
    link: "Link of the second button",
    newTab: "Open its link in a new tab",
    when: (payload) => textAt(payload, ["secondary", "label"]) !== "",
  }),
  {
    path: ["closeLabel"],
    label: "Name of the cross",
    kind: "text",
    section: "Buttons",
    isRead: true,
    placeholder: "Close",
    description: "Read aloud by screen readers",
    when: (payload) => payload.dismissible !== false || isBanner(payload),
  },
];

/**
 * Returns the fields that the renderer reads for this type. Flows have none, because the customer's own player shows
 * them.
 */
export const fieldsOf = (type: ContentType): readonly PayloadField[] =>
  type === "FLOW" ? [] : fields.filter(({ of }) => !of || of.includes(type));

/** Returns the payload for this type, without choices that only other types have. */
export const fitting = (type: ContentType, payload: JsonObject): JsonObject =>
  fieldsOf(type).reduce(
    (rest, { path, options }) =>
      options?.every(({ value }) => value !== textAt(rest, path)) ? withValue(rest, path, undefined) : rest,
    payload,
  );
