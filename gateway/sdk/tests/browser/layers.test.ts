// @vitest-environment node
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { open, said, show, useChromium } from "./page";

useChromium();

const hint = { title: "Hint", selector: "#target" };
const button = "<button id=target>Target</button>";
const ok = (page: Page) => page.getByRole("button", { name: "OK" });

const head = `<style>
  #layer { width: 500px; height: 300px }
  #layer.moved { width: 300px; height: 80px; overflow: hidden; transform: translate(40px, 20px) }
</style>`;

/** Elements of the top layer with a button in them, and what opens and closes them. */
const layers: Record<string, { body: string; open: () => void; close: () => void }> = {
  "modal dialog": {
    body: `<dialog id=layer>${button}</dialog>`,
    open: () => document.querySelector<HTMLDialogElement>("#layer")!.showModal(),
    close: () => document.querySelector<HTMLDialogElement>("#layer")!.close(),
  },
  "modal dialog that is transformed and clips": {
    body: `<dialog id=layer class=moved>${button}</dialog>`,
    open: () => document.querySelector<HTMLDialogElement>("#layer")!.showModal(),
    close: () => document.querySelector<HTMLDialogElement>("#layer")!.close(),
  },
  popover: {
    body: `<div id=layer popover>${button}</div>`,
    open: () => document.querySelector<HTMLElement>("#layer")!.showPopover(),
    close: () => document.querySelector<HTMLElement>("#layer")!.hidePopover(),
  },
  "popover that no click closes": {
    body: `<div id=layer popover=manual>${button}</div>`,
    open: () => document.querySelector<HTMLElement>("#layer")!.showPopover(),
    close: () => document.querySelector<HTMLElement>("#layer")!.hidePopover(),
  },
  "dialog of a component": {
    body: `<my-dialog id=layer>${button}</my-dialog>`,
    open: () => {
      const element = document.querySelector("#layer")!;
      const root = element.shadowRoot ?? element.attachShadow({ mode: "open" });
      root.innerHTML ||= "<dialog><p>Component</p><slot></slot></dialog>";
      root.querySelector("dialog")!.showModal();
    },
    close: () => document.querySelector("#layer")!.shadowRoot!.querySelector("dialog")!.close(),
  },
};

describe.each(Object.entries(layers))("for something in a %s", (_, layer) => {
  it("a tooltip is above it and can be pressed, also when it opens again", async () => {
    const page = await open(layer.body, head);
    await show(page, "TOOLTIP", hint);
    await page.evaluate(layer.open);
    await ok(page).waitFor();

    await page.evaluate(layer.close);
    await expect.poll(() => ok(page).isVisible()).toBe(false);
    await page.evaluate(layer.open);
    await ok(page).click();

    await expect.poll(() => said(page)).toEqual(["completed"]);
    expect(await page.locator("#target").isVisible()).toBe(true);
  });

  it("a beacon opens and is pressed", async () => {
    const page = await open(layer.body, head);
    await page.evaluate(layer.open);
    await show(page, "BEACON", hint);

    await page.getByRole("button", { name: "Hint" }).click();
    await ok(page).click();

    await expect.poll(() => said(page)).toEqual(["completed"]);
  });
});

it("a tooltip stands beside its element in a dialog", async () => {
  const layer = layers["modal dialog that is transformed and clips"]!;
  const page = await open(layer.body, head);
  await show(page, "TOOLTIP", hint);
  await page.evaluate(layer.open);

  const box = (await page.getByRole("dialog", { name: "Hint" }).boundingBox())!;
  const target = (await page.locator("#target").boundingBox())!;

  expect(box.y - target.y - target.height).toBeCloseTo(12, 0);
});

it("a survey over the page's own dialog is answered", async () => {
  const page = await open("<dialog id=layer><button>Page's</button></dialog>");
  await page.evaluate(layers["modal dialog"]!.open);

  await show(page, "SURVEY", { title: "How?", questions: [{ id: "why", type: "text", label: "Why?" }] });
  await page.getByRole("textbox").fill("So");
  await page.getByRole("button", { name: "Send" }).click();

  await expect.poll(() => said(page)).toEqual(['completed {"why":"So"}']);
});
