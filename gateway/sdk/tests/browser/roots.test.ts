// @vitest-environment node
import { expect, it } from "vitest";
import { open, said, show, useChromium } from "./page";

useChromium();

const component = "<div class=around><my-card class=first></my-card><my-card class=second></my-card></div>";

// Each card has a button, and a field with a button of its own.
function define(): void {
  const make = (inner: string) =>
    class extends HTMLElement {
      connectedCallback() {
        this.attachShadow({ mode: "open" }).innerHTML = inner;
      }
    };
  customElements.define("my-field", make("<button class=deep>Deep</button>"));
  customElements.define("my-card", make("<button class=inner>Inner</button><my-field></my-field>"));
}

it.each([
  ["my-card >>> .inner", ".first", "Inner"],
  [".second>>>.inner", ".second", "Inner"],
  [".around .second >>> my-field >>> .deep", ".second", "Deep"],
])("%s is found in open shadow roots", async (selector, host, text) => {
  const page = await open(component);
  await show(page, "TOOLTIP", { title: "Hint", selector });
  await page.evaluate(define);

  const hint = (await page.getByRole("dialog", { name: "Hint" }).boundingBox())!;
  const target = (await page.locator(host).getByText(text).boundingBox())!;

  expect(hint.y - target.y - target.height).toBeCloseTo(12, 0);
});

it.each([".inner", "my-card .inner", "my-card >>> .deep", "my-card >>> ((", ">>> .inner"])(
  "%s names nothing, and breaks nothing",
  async (selector) => {
    const page = await open(component);
    await page.evaluate(define);
    await show(page, "TOOLTIP", { title: "Hint", selector });
    await show(page, "TOOLTIP", { title: "Other", selector: "my-card" });

    await page.getByRole("dialog", { name: "Other" }).waitFor();

    expect(await page.getByRole("dialog", { name: "Hint" }).count()).toBe(0);
    expect(await said(page)).toEqual([]);
  },
);

it("of several elements, the one is meant that can be seen", async () => {
  const page = await open(
    "<p class=menu hidden>Narrow</p><p class='menu wide'>Wide</p>",
    "<style>.wide{width:80px}</style>",
  );
  await show(page, "TOOLTIP", { title: "Hint", selector: ".menu" });

  const hint = (await page.getByRole("dialog", { name: "Hint" }).boundingBox())!;
  const target = (await page.locator(".wide").boundingBox())!;

  expect(hint.y - target.y - target.height).toBeCloseTo(12, 0);
});
