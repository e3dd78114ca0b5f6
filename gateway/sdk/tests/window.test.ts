import { expect, expectTypeOf, it } from "vitest";
import type { Dap } from "../src/index";

it("is typed where the script tag puts it", () => {
  expectTypeOf(window.DAP).toEqualTypeOf<Dap | undefined>();
  expect(window.DAP).toBeUndefined();
});
