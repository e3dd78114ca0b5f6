import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { inForce } from "./halt";
import { originsOf } from "./origins";
import { snippet } from "./snippet";

const fileOf = (path: string) => readFileSync(fileURLToPath(new URL(`../../../../${path}`, import.meta.url)), "utf8");

// The formatter breaks lines and chooses quotes in files of code, but not in documents.
const bare = (code: string) =>
  code
    .replace(/^\/\/.*$/gm, "")
    .replace(/\s/g, "")
    .replaceAll('"', "'");

describe("the snippet", () => {
  it("is the one of docs/sdk.md", () => {
    const documented = fileOf("docs/sdk.md").replace(/^ {2}DAP\('identify'.*\n/m, "");

    expect(documented).toContain(snippet("https://journeys.example.com", "pk_..."));
  });

  it("loads as the demo site does", () => {
    expect(bare(snippet("", ""))).toContain(bare(fileOf("gateway/sdk/demo/snippet.js")));
  });

  it("keeps calls until the SDK has come, each with who waits for its answer", async () => {
    const scripts = [...snippet("https://journeys.example.com", "pk_1").matchAll(/<script>([\s\S]*?)<\/script>/g)].map(
      ([, code]) => code!,
    );
    const page: {
      DAP?: ((...call: unknown[]) => Promise<unknown>) & { q?: [ArrayLike<unknown>, (answer: unknown) => void][] };
    } = {};
    // Runs the script with the properties of this page as its global names.
    new Function("window", `with (window) { ${scripts[0]} }`)(page);

    const [call, answer] = page.DAP!.q![0]!;
    expect(Array.from(call)).toEqual(["init", { tenantKey: "pk_1" }]);
    const waits = page.DAP!("page");
    page.DAP!.q![1]![1]("done");
    answer(undefined);
    await expect(waits).resolves.toBe("done");
  });
});

describe("origins", () => {
  it("are one a line, without paths, each once", () =>
    expect(originsOf("https://app.example.com/start\n\n https://app.example.com \nhttp://localhost:3000")).toEqual([
      "https://app.example.com",
      "http://localhost:3000",
    ]));

  it("that are none stay as they were written, for the server to refuse", () =>
    expect(originsOf("app.example.com")).toEqual(["app.example.com"]));
});

describe("a halt", () => {
  it("says that nobody moves only once that is confirmed", () => {
    expect(inForce({ halted: true, appliedEverywhere: true })).toBe("Nobody enters a journey or moves in one.");
    expect(inForce({ halted: true, appliedEverywhere: false })).toContain("people may still enter and move");
    expect(inForce({ halted: false, appliedEverywhere: false })).toContain("until that is confirmed, nobody enters");
    expect(inForce({ halted: false, appliedEverywhere: true })).toBe("");
  });
});
