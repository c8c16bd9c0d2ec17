import assert from "node:assert/strict";
import { join } from "node:path";
import { findings } from "./playground-looks.mjs";
import { openView, showColumn, until } from "./playground-page.mjs";

/** Over the table of films and the list of birds, which the cases before have put in. */
export async function filterBuilder(test, { page, device, viewport, pictures }) {
  await page.selectOption("#collection", "files");
  await openView(page, "search");
  await page.fill("#query", "title year name");
  await showColumn(page, "keyword");
  const results = (expected) =>
    until(
      page,
      (all) => {
        const items = [...document.querySelectorAll('[data-mode="keyword"] .result')];
        const found = items.map((i) => /(?:title|name): (\S+)/.exec(i.textContent)?.[1] ?? "?");
        return JSON.stringify(found.sort()) === JSON.stringify(all);
      },
      expected,
    );
  const row = (number) => page.locator(".filter-row").nth(number);
  const set = async (number, key, operator, value) => {
    const [keys, operators] = [0, 1].map((i) => row(number).locator("select").nth(i));
    await keys.selectOption({ label: key });
    await operators.selectOption(operator);
    const field = row(number).locator(".filter-value input, .filter-value select");
    if (await field.evaluate((element) => element.tagName === "SELECT")) {
      await field.selectOption(value);
    } else await field.fill(value);
  };
  const where = async () => {
    const code = await page.textContent(".filter-code");
    const match = /where: ([\s\S]*?),\n\}\);$/.exec(code);
    // The code is JavaScript, to be run as it is.
    return match && new Function(`return ${match[1]}`)();
  };

  await test("keys and their types are those of the records; nothing is filtered yet", async () => {
    await results(["Alien", "Metropolis", "The", "albatross", "wren"]);
    await page.click(".filter > summary");
    await page.click("text=Add a condition");
    const keys = await row(0).locator("select").first().locator("option").allTextContents();
    for (const key of ["year", "classic", "grams", "tags", "file", "page"]) {
      assert(keys.includes(key), `${key} in ${keys}`);
    }
    assert.equal(await where(), null);
  });
  await test("numbers, booleans, lists and texts filter at once, and the code says the same", async () => {
    await set(0, "year", "$gte", "1927");
    await results(["Alien", "Metropolis"]);
    assert.deepEqual(await where(), { year: { $gte: 1927 } });
    await set(0, "classic", "$eq", "true");
    await results(["Metropolis", "The"]);
    assert.deepEqual(await where(), { classic: true });
    await set(0, "tags", "$contains", "sea");
    await results(["albatross"]);
    await set(0, "title", "$in", "Alien, Metropolis");
    await results(["Alien", "Metropolis"]);
    assert.deepEqual(await where(), { title: { $in: ["Alien", "Metropolis"] } });
    await set(0, "year", "$eq", "no number");
    assert.equal(await where(), null);
  });
  await test("several conditions are met all, or one of them", async () => {
    await set(0, "year", "$lt", "1970");
    await page.click("text=Add a condition");
    await set(1, "title", "$ne", "Metropolis");
    await results(["The"]);
    assert.deepEqual(await where(), {
      $and: [{ year: { $lt: 1970 } }, { title: { $ne: "Metropolis" } }],
    });
    await page.locator(".filter-joiner select").selectOption("$or");
    await set(1, "grams", "$gt", "100");
    await results(["Metropolis", "The", "albatross"]);
    assert.equal(Object.keys(await where())[0], "$or");
  });
  await test("axe finds nothing with the builder open", async () => {
    assert.deepEqual(await findings(page), []);
    await page.screenshot({ path: join(pictures, `filter-${device}-light.png`), fullPage: true });
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert(width <= viewport.width, `${width} px wide`);
  });
  await test("the code is copied, and finds in a program what the page shows", async () => {
    await page.click("text=Copy code");
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.equal(copied, await page.textContent(".filter-code"));
    assert.match(copied, /getCollection\(\{ name: "files"/);
  });
  await test("a condition goes by its button, by keys too; another collection begins anew", async () => {
    const remove = row(1).locator(".filter-remove");
    await remove.focus();
    await page.keyboard.press("Enter");
    await results(["Metropolis", "The"]);
    await page.selectOption("#collection", "dictionary");
    assert.equal(await page.locator(".filter-row").count(), 0);
    assert.equal(await where(), null);
    await page.selectOption("#collection", "files");
    await page.click(".filter > summary");
  });
}
