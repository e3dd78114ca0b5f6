// @vitest-environment node
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { open, said, show, useChromium } from "./page";

useChromium();

const hint = { title: "Hint", selector: "#target" };
const long = "<div class=tall></div><button id=target>Target</button><div class=tall></div>";
const tall = ".tall { height: 1500px }";
const ours = (page: Page) => page.getByRole("dialog", { name: "Hint" });

/** How far below its element a hint is, as somebody sees it. */
async function gap(page: Page): Promise<number> {
  const [card, target] = await Promise.all([ours(page).boundingBox(), page.locator("#target").boundingBox()]);
  return card && target ? Math.round(card.y - target.y - target.height) : Number.NaN;
}

/** How far it is from the corner of the window. */
const fromCorner = (page: Page): Promise<number[]> =>
  ours(page).evaluate((card) => {
    const { right, bottom } = card.getBoundingClientRect();
    return [innerWidth - right, innerHeight - bottom].map(Math.round);
  });

describe.each(["body", "html"])("in a page whose %s", (element) => {
  it.each([
    "transform: translate(30px, 40px)",
    "filter: grayscale(0)",
    "contain: layout",
    "perspective: 500px",
    "will-change: transform",
    "zoom: 1.5",
    "zoom: 0.8",
    "transform: scale(0.8)",
  ])("has %s, a hint stands beside its element, and goes with it", async (style) => {
    const page = await open(long, `<style>${tall} ${element} { ${style} }</style>`);
    await show(page, "TOOLTIP", hint);
    await ours(page).waitFor();

    await expect.poll(async () => Math.abs((await gap(page)) - 12)).toBeLessThan(4);
    await page.evaluate(() => scrollBy(0, 50));
    await expect.poll(async () => Math.abs((await gap(page)) - 12)).toBeLessThan(4);
  });
});

it.each(["transform: translate(30px, 40px)", "zoom: 1.5", "contain: layout"])(
  "a banner and a list keep to the window when the body has %s",
  async (style) => {
    const page = await open(long, `<style>${tall} body { ${style} }</style>`);
    await page.evaluate(() => scrollTo(0, 900));
    await show(page, "TASK_LIST", { title: "Tasks", tasks: [{ id: "a", label: "A" }] });
    await show(page, "ANNOUNCEMENT", { title: "News", style: "banner" });

    const list = (await page.getByRole("region", { name: "Tasks" }).boundingBox())!;
    const banner = (await page.getByRole("region", { name: "News" }).boundingBox())!;

    expect(Math.round(list.y + list.height)).toBe(780);
    expect(Math.round(banner.y)).toBe(16);
  },
);

it.each([
  ["the page", "", ""],
  ["what scrolls within it", "#box { height: 300px; overflow: auto }", "<div id=box>"],
])("an element below the fold of %s is scrolled into view, once", async (_, style, box) => {
  const page = await open(`${box}${long}`, `<style>${tall} ${style}</style>`);
  await show(page, "TOOLTIP", hint);
  await ours(page).waitFor();
  expect(Math.abs((await gap(page)) - 12)).toBeLessThan(4);

  await page.evaluate(() => {
    document.querySelector("#box")?.scrollTo(0, 0);
    scrollTo(0, 0);
  });

  await expect.poll(() => ours(page).isVisible()).toBe(false);
  expect(await page.evaluate(() => scrollY)).toBe(0);
  expect(await said(page)).toEqual([]);
});

it("a beacon does not scroll the page", async () => {
  const page = await open(long, `<style>${tall}</style>`);
  await show(page, "BEACON", hint);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

  expect(await page.evaluate(() => scrollY)).toBe(0);
  await page.evaluate(() => document.querySelector("#target")!.scrollIntoView());
  await page.getByRole("button", { name: "Hint" }).click();
  await page.getByRole("button", { name: "OK" }).click();
  await expect.poll(() => said(page)).toEqual(["completed"]);
});

it("a hint without room beside its element goes to the corner, and says so", async () => {
  const page = await open("<main id=target>All of it</main>", "<style>main { height: 2000px }</style>");
  await show(page, "TOOLTIP", hint);

  await expect.poll(() => fromCorner(page)).toEqual([20, 20]);
  expect(await said(page)).toEqual([
    "log There is no room beside #target; the step n is in the corner.",
    "not shown NO_ROOM",
  ]);
  await page.getByRole("button", { name: "OK" }).click();
});

it("a hint that is larger than the window can be read and pressed", async () => {
  const page = await open("<button id=target>Target</button>", "", { viewport: { width: 320, height: 240 } });
  await show(page, "TOOLTIP", { ...hint, body: "Much to read. ".repeat(80) });

  await page.getByRole("button", { name: "OK" }).click();

  await expect.poll(() => said(page)).toContain("completed");
});

it("a hint whose element does not come goes to the corner, says so, and to the element when it comes", async () => {
  const page = await open("<main>Nothing</main>");
  await show(page, "TOOLTIP", hint);

  await expect.poll(() => fromCorner(page)).toEqual([20, 20]);
  expect(await said(page)).toEqual([
    "log There is no #target to be seen; the step n is in the corner.",
    "not shown ELEMENT_NOT_FOUND",
  ]);
  await page.evaluate(() =>
    document.querySelector("main")!.insertAdjacentHTML("beforeend", "<button id=target>T</button>"),
  );
  await expect.poll(() => gap(page)).toBe(12);
});

it("a beacon whose element does not come waits in the corner", async () => {
  const page = await open("<main>Nothing</main>");
  await show(page, "BEACON", hint);

  await page.getByRole("button", { name: "Hint" }).click();
  await page.getByRole("button", { name: "OK" }).click();

  await expect
    .poll(() => said(page))
    .toEqual([
      "log There is no #target to be seen; the step n is in the corner.",
      "not shown ELEMENT_NOT_FOUND",
      "completed",
    ]);
});

it("a hint that is not to fall back is only reported", async () => {
  const page = await open("<button id=target hidden>Target</button>");
  await show(page, "TOOLTIP", { ...hint, fallback: "none" });

  await expect
    .poll(() => said(page))
    .toEqual(["log There is no #target to be seen; the step n is not shown.", "not shown ELEMENT_NOT_FOUND"]);
  expect(await ours(page).count()).toBe(0);
});

it("an element that no scrolling brings into view counts as missing", async () => {
  const page = await open(
    "<button id=target>Target</button>",
    "<style>#target { position: fixed; left: -500px }</style>",
  );
  await show(page, "TOOLTIP", hint);

  await expect.poll(() => said(page)).toContain("not shown ELEMENT_NOT_FOUND");
  expect(await fromCorner(page)).toEqual([20, 20]);
});
