import { attempt } from "./attempt";
import type { AddressOptions } from "./types";

// Names of parameters that carry secrets: sessions, sign-in codes, links to reset a password.
const secret = new RegExp(
  "token|secret|passw|passcode|passphrase|pwd|credential|signature|oauth|jwt|saml|api[-_]?key|session[-_]?id|magic" +
    "|^(auth|authorization|code|key|sid|sig|otp|totp|pin|reset|invite|invitation|ticket|assertion)$",
  "i",
);
// A JSON web token, whatever the name of its parameter.
const jwt = /\beyJ[\w-]{8,}\.[\w-]/;

/** Returns the address without secrets. All other parts stay unchanged, because rules compare them. */
export function cleanAddress(
  address: string,
  { keep = [], drop = [], fragment = "route" }: AddressOptions = {},
): string {
  const isIn = (names: readonly string[], name: string): boolean =>
    names.some((each) => each.toLowerCase() === name.toLowerCase());

  const isSecret = (parameter: string): boolean => {
    const text = attempt(() => decodeURIComponent(parameter));
    if (text === undefined) return true;
    // A value may be an address that has parameters of its own.
    const names = text.includes("=") ? (text.match(/[^?&#;/=]+(?==)/g) ?? []) : [text];
    return jwt.test(text) || names.some((name) => !isIn(keep, name) && (isIn(drop, name) || secret.test(name)));
  };

  const clean = (parameters: string): string =>
    parameters
      .split("&")
      .filter((each) => !isSecret(each))
      .join("&");
  const cleanQuery = (part: string): string => {
    const [path, ...query] = part.split("?");
    const kept = clean(query.join("?"));
    return path + (kept && `?${kept}`);
  };

  const [rest, ...after] = address.split("#");
  const shown = after.join("#");
  const isRoute = /^!?\//.test(shown);
  const isKept = fragment === "all" || (fragment === "route" && (isRoute || /^[a-z]+(-[a-z]+)*$/i.test(shown)));
  const keptFragment = isKept && (isRoute ? cleanQuery(shown) : clean(shown));
  return cleanQuery(rest!.replace(/^(\w+:\/\/)[^/?#]*@/, "$1")) + (keptFragment ? `#${keptFragment}` : "");
}
