// @vitest-environment node
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { open, said, show, useChromium } from "./page";

useChromium();

const tasks = { title: "First steps", tasks: [{ id: "a", label: "Look round" }] };
const survey = { title: "How is it?", questions: [{ id: "why", type: "text", label: "Why?" }] };

/** What libraries do when they take somebody to another page without loading it. */
const replacements: Record<string, () => void> = {
  "body, as Turbo does": () => {
    const body = document.createElement("body");
    body.innerHTML = "<h1>Next</h1><button id='target'>Target</button>";
    document.documentElement.replaceChild(body, document.body);
  },
  "body's content, as htmx does": () => {
    document.body.innerHTML = "<h1>Next</h1><button id='target'>Target</button>";
  },
  "head and body": () => {
    document.documentElement.innerHTML = "<head></head><body><button id='target'>Target</button></body>";
  },
  "whole document's element": () => {
    const html = document.createElement("html");
    html.innerHTML = "<head></head><body><button id='target'>Target</button></body>";
    document.replaceChild(html, document.documentElement);
  },
};

const card = (page: Page) => page.locator("#dap-journeys .card");

it.each(
  Object.entries(replacements).flatMap(([what, replace]) =>
    (
      [
        ["ANNOUNCEMENT", { title: "Welcome" }],
        ["ANNOUNCEMENT", { title: "Welcome", style: "banner" }],
        ["TOOLTIP", { title: "Hint", selector: "#target" }],
        ["TASK_LIST", tasks],
      ] as const
    ).map(([type, payload]) => ({ what, replace, type, payload })),
  ),
)(
  "comes back after the $what was replaced: $type $payload.title $payload.style",
  async ({ replace, type, payload }) => {
    const page = await open("<button id=target>Target</button>");
    await show(page, type, payload);
    await card(page).waitFor();

    await page.evaluate(replace);

    await card(page).waitFor();
    if (type === "TASK_LIST") await card(page).getByRole("checkbox").click();
    else
      await card(page)
        .getByRole("button", { name: "OK" })
        .or(card(page).getByRole("button", { name: "Close" }))
        .first()
        .click();
    await expect.poll(() => said(page)).toHaveLength(1);
  },
);

it("keeps what was answered, and stays modal", async () => {
  const page = await open("<button id=target>Target</button>");
  await show(page, "SURVEY", survey);
  await page.getByRole("textbox").fill("Because");

  await page.evaluate(replacements["head and body"]!);

  await expect
    .poll(() =>
      page.evaluate(() => !!document.querySelector("#dap-journeys")?.shadowRoot?.querySelector("dialog:modal")),
    )
    .toBe(true);
  await page.getByRole("button", { name: "Send" }).click();
  await expect.poll(() => said(page)).toEqual(['completed {"why":"Because"}']);
});
