import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { ask, openView, showColumn } from "./playground-page.mjs";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
/** What each view must show before it is looked at. */
const VIEWS = {
  search: async (page) => {
    await ask(page, "somebody who repairs teeth");
    await showColumn(page, "hybrid");
    await page.locator('[data-mode="hybrid"] .explain summary').first().click();
  },
  map: (page) => page.waitForSelector("#map-canvas[data-method]"),
  index: (page) => page.waitForSelector("#ef-table tbody tr"),
};

/** Each view in light and dark: axe, widths, pictures; and every control reached by Tab. */
export async function looks(test, { page, device, viewport, pictures }) {
  for (const [view, prepare] of Object.entries(VIEWS)) {
    await openView(page, view);
    await prepare(page);
    for (const colorScheme of ["light", "dark"]) {
      await test(`axe finds nothing in ${view}, ${colorScheme}`, async () => {
        await page.emulateMedia({ colorScheme });
        assert.deepEqual(await findings(page), []);
        await page.screenshot({
          path: join(pictures, `${view}-${device}-${colorScheme}.png`),
          fullPage: true,
        });
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        assert(width <= viewport.width, `${view} is ${width} px wide`);
      });
    }
    await test(`every control of ${view} is reached by Tab, and shows that it is`, async () => {
      assert.deepEqual(await missedByTab(page), []);
    });
  }
  await page.emulateMedia({ colorScheme: null });
}

/** What axe finds wrong with the page as it is. */
export async function findings(page) {
  await page.evaluate(await readFile(AXE, "utf8"));
  return page.evaluate(async () => {
    const { violations } = await window.axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  });
}

/** Controls in sight that Tab does not come by, and places where the focus cannot be seen. */
export async function missedByTab(page) {
  await page.evaluate(() => {
    const all = "a[href], button, input, select, textarea, summary, [tabindex='0']";
    const inSight = [...document.querySelectorAll(all)].filter(
      (element) => element.checkVisibility() && !element.disabled && element.tabIndex >= 0,
    );
    // Of a group of radio buttons Tab comes by the chosen one only.
    window.left = new Set(inSight.filter((element) => element.type !== "radio" || element.checked));
    window.unseen = [];
    document.activeElement.blur();
    scrollTo(0, 0);
  });
  const total = await page.evaluate(() => window.left.size);
  for (let press = 0; press < total + 5; press++) {
    await page.keyboard.press("Tab");
    await page.evaluate(() => {
      const at = document.activeElement;
      if (!window.left.delete(at)) return;
      // A radio button is drawn by the text beside it.
      const drawn = at.type === "radio" ? at.nextElementSibling : at;
      const { outlineStyle, outlineWidth } = getComputedStyle(drawn);
      if (outlineStyle === "none" || outlineWidth === "0px") window.unseen.push(at.outerHTML);
    });
  }
  return page.evaluate(() => [
    ...[...window.left].map((element) => `not reached: ${element.outerHTML}`),
    ...window.unseen.map((html) => `focus not seen: ${html}`),
  ]);
}
