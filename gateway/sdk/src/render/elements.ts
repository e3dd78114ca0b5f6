import type { JsonObject, JsonValue } from "../types";
import * as language from "./language";

export type Child = Node | string | false | undefined;

/** Creates an element. Attributes that begin with `on` are listeners. Text is always text, never HTML. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, unknown> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : `${value}`);
  }
  element.append(...(children.filter((child) => child) as (Node | string)[]));
  return element;
}

/** Returns a value of a payload, if it is a text or a number; empty otherwise. */
export const text = (payload: JsonObject, name: string): string => {
  const value = payload[name];
  return typeof value === "string" || typeof value === "number" ? `${value}` : "";
};

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const object = (payload: JsonObject, name: string): JsonObject | undefined => {
  const value = payload[name];
  return isObject(value) ? value : undefined;
};

export const objects = (payload: JsonObject, name: string): JsonObject[] => {
  const value = payload[name];
  return Array.isArray(value) ? value.filter(isObject) : [];
};

/** Returns an address if it is safe to follow, which excludes scripts. */
export function safeUrl(address: string): string | undefined {
  try {
    const { protocol, href } = new URL(address, document.baseURI);
    return address && /^(https?|mailto|tel):$/.test(protocol) ? href : undefined;
  } catch {
    return undefined;
  }
}

/** Creates a button, or a link if the payload has an address. */
export function action(
  payload: JsonObject,
  name: string,
  kind: string,
  act: () => unknown,
  otherwise = "",
): HTMLElement | undefined {
  const given = object(payload, name);
  const label = (given && text(given, "label")) || otherwise;
  if (!label) return undefined;
  const href = given && safeUrl(text(given, "url"));
  const attributes = { class: kind, onclick: act };
  return href
    ? h("a", { ...attributes, href, ...(given.newTab === true && { target: "_blank", rel: "noopener" }) }, label)
    : h("button", { ...attributes, type: "button" }, label);
}

/** Creates the button that closes a card. */
export const cross = (payload: JsonObject, act: () => unknown): HTMLElement =>
  h(
    "button",
    { class: "close", type: "button", "aria-label": text(payload, "closeLabel") || language.close(), onclick: act },
    "×",
  );

/** Creates the image, the title and the text that all kinds of content have. */
export function words(payload: JsonObject): Child[] {
  const image = object(payload, "image");
  const src = image && safeUrl(text(image, "url"));
  return [
    src ? h("img", { src, alt: text(image, "alt") }) : undefined,
    text(payload, "title") && h("h2", {}, text(payload, "title")),
    text(payload, "body") && h("p", {}, text(payload, "body")),
  ] as Child[];
}
