// @vitest-environment node
import { expect, it } from "vitest";
import guide from "../../../docs/backends.md?raw";
import guards from "../../../services/BuildingBlocks/Check.cs?raw";
import { checkUserId } from "../src/check";

/** The placeholders that the services refuse. */
function ofServices(): string[] {
  const list = /MistakenIds = FrozenSet\.Create\(([\s\S]*?)\);/.exec(guards)![1]!;
  const ids = [...list.replace(/\/\/.*/g, "").matchAll(/"(?:[^"\\]|\\.)*"/g)].map(
    ([text]) => JSON.parse(text) as string,
  );
  return [...ids, "00000000-0000-0000-0000-000000000000"];
}

it("refuses the placeholders that the services refuse, and docs/backends.md lists them", () => {
  const documented = /placeholder for a missing id, because everybody([\s\S]*?)in upper or lower case/.exec(guide)![1]!;
  const ids = ofServices();

  expect(ids.length).toBeGreaterThan(15);
  for (const id of ids) {
    expect(() => checkUserId(id)).toThrow("placeholder");
    // The others are in words there.
    if (/^[^0"']/.test(id)) expect(documented).toContain(`\`${id}\``);
  }
});
