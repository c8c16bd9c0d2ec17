import { element } from "./widgets-element.mjs";
import { examples } from "./widgets-examples.mjs";
import { react } from "./widgets-react.mjs";

/** `pagevec/react` and `pagevec/element`, over real collections in real workers, without a model. */
export async function widgets(test, environment) {
  await react(test, environment);
  await element(test, environment);
  await examples(test, environment);
}

/** A page that has the widgets, in an empty document. What it logs as an error is kept in page.errors. */
export async function openWidgets(environment) {
  const page = await environment.openPage();
  page.errors = [];
  page.on("pageerror", (error) => page.errors.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") page.errors.push(message.text());
  });
  await page.evaluate(() => window.loadWidgets());
  return page;
}

/** Waits until a count of the page's workers is reached. */
export async function workersOf(page, count) {
  const end = Date.now() + 10_000;
  while (page.workers().length !== count) {
    if (Date.now() > end) throw new Error(`${page.workers().length} workers, not ${count}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
