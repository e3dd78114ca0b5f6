// @vitest-environment node
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { open, said, show, useChromium } from "./page";

useChromium();

const hint = { title: "Hint", selector: "#target" };
const survey = { title: "How?", questions: [{ id: "why", type: "text", label: "Why?" }] };
const ours = (page: Page) => page.getByRole("dialog", { name: "Hint" });

it.each(["modal", "corner"])("the Escape that ends a composition closes no survey (%s)", async (style) => {
  const page = await open("");
  await show(page, "SURVEY", { ...survey, style });
  await page.getByRole("textbox").focus();
  const keyboard = await page.context().newCDPSession(page);
  await keyboard.send("Input.imeSetComposition", { text: "に", selectionStart: 1, selectionEnd: 1 });

  await page.keyboard.press("Escape");

  expect(await said(page)).toEqual([]);
  await keyboard.send("Input.insertText", { text: "日本" });
  expect(await page.getByRole("textbox").inputValue()).toContain("日本");
  await page.keyboard.press("Escape");
  await expect.poll(() => said(page)).toEqual(["dismissed"]);
});

it("a key that belongs to a composition by its number alone closes nothing, as in Safari", async () => {
  const page = await open("<button id=target>Target</button>");
  await show(page, "TOOLTIP", hint);
  await ours(page).waitFor();

  await page.evaluate(() =>
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", keyCode: 229, bubbles: true })),
  );

  expect(await said(page)).toEqual([]);
});

it.each(["document", "window"])(
  "a key that the page has used closes nothing, wherever it listens (%s)",
  async (where) => {
    const page = await open("<button id=target>Target</button>");
    await page.evaluate((name) => {
      const target = name === "window" ? window : document;
      target.addEventListener("keydown", (event) => event.preventDefault());
    }, where);
    await show(page, "TOOLTIP", hint);
    await ours(page).waitFor();
    await page.evaluate(() => document.addEventListener("keydown", (event) => event.preventDefault()));

    await page.keyboard.press("Escape");

    expect(await said(page)).toEqual([]);
    expect(await ours(page).isVisible()).toBe(true);
  },
);

it.each([
  ["modal dialog", "<dialog id=layer>Page's <button>x</button></dialog>", "showModal"],
  ["popover", "<div id=layer popover>Page's <button>x</button></div>", "showPopover"],
])("Escape closes the page's own %s, and what is ours with the next press", async (_, body, method) => {
  const page = await open(`<button id=target>Target</button>${body}`);
  await show(page, "TOOLTIP", hint);
  await ours(page).waitFor();
  await page.evaluate(
    (name) => (document.querySelector("#layer") as unknown as Record<string, () => void>)[name]!(),
    method,
  );
  await page.locator("#layer").waitFor();

  await page.keyboard.press("Escape");
  await page.locator("#layer").waitFor({ state: "hidden" });
  expect(await said(page)).toEqual([]);

  await page.keyboard.press("Escape");
  await expect.poll(() => said(page)).toEqual(["dismissed"]);
});

it("Escape closes a menu in a component before a hint", async () => {
  const page = await open("<button id=target>Target</button><my-menu></my-menu>");
  await show(page, "TOOLTIP", hint);
  await ours(page).waitFor();
  await page.evaluate(() => {
    const root = document.querySelector("my-menu")!.attachShadow({ mode: "open" });
    root.innerHTML = "<div popover>Menu</div>";
    root.querySelector<HTMLElement>("div")!.showPopover();
  });

  await page.keyboard.press("Escape");

  await page.getByText("Menu").waitFor({ state: "hidden" });
  expect(await said(page)).toEqual([]);
});

it("Escape closes a hint in the page's dialog first, then the dialog", async () => {
  const page = await open("<dialog id=layer><button id=target>Target</button></dialog>");
  await page.evaluate(() => document.querySelector<HTMLDialogElement>("#layer")!.showModal());
  await show(page, "TOOLTIP", hint);
  await ours(page).waitFor();

  await page.keyboard.press("Escape");
  await expect.poll(() => said(page)).toEqual(["dismissed"]);
  expect(await page.locator("#layer").isVisible()).toBe(true);

  await page.keyboard.press("Escape");
  await page.locator("#layer").waitFor({ state: "hidden" });
});

it("Escape closes a survey that came over the page's dialog, and leaves the dialog", async () => {
  const page = await open("<dialog id=layer><button>x</button></dialog>");
  await page.evaluate(() => document.querySelector<HTMLDialogElement>("#layer")!.showModal());
  await show(page, "SURVEY", survey);

  await page.keyboard.press("Escape");

  await expect.poll(() => said(page)).toEqual(["dismissed"]);
  expect(await page.locator("#layer").isVisible()).toBe(true);
});

it("what somebody types into a survey are no shortcuts of the page", async () => {
  const page = await open("");
  await page.evaluate(() => {
    for (const type of ["keydown", "keypress", "keyup"])
      document.addEventListener(type, () => window.said.push("shortcut"));
  });
  await show(page, "SURVEY", survey);

  await page.getByRole("textbox").pressSequentially("gi");

  expect(await page.getByRole("textbox").inputValue()).toBe("gi");
  expect(await said(page)).toEqual([]);
});
