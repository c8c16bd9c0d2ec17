// What the suite playground does with the page's controls.

const MINUTE = 60_000;

/** Goes to a view by its link and waits until it is in sight. */
export async function openView(page, name) {
  await page.click(`#nav a[data-view="${name}"]`);
  await page.waitForSelector(`#view-${name}:not([hidden]) h2`);
}

/** Types a query over what is there and waits for all its answers. */
export async function ask(page, text) {
  await page.fill("#query", text);
  await page.waitForSelector(`#columns[data-query=${JSON.stringify(text)}]`, { timeout: MINUTE });
}

/** The answers of one way of searching, as the page shows them. */
export function answers(page, mode) {
  return page.$$eval(`[data-mode="${mode}"] .result`, (items) =>
    items.map((item) => ({
      id: item.dataset.id,
      title: item.querySelector(".title").textContent,
      score: Number(item.dataset.score),
      marks: [...item.querySelectorAll("mark")].map((mark) => mark.textContent),
      explained: [...item.querySelectorAll(".explain tbody tr")].map((row) => ({
        name: row.querySelector("th").textContent,
        rank: Number(row.cells[1].textContent),
        share: Number(row.cells[3].textContent),
      })),
    })),
  );
}

export function phase(page, name) {
  return page.waitForSelector(`#model[data-phase="${name}"]`, { timeout: 2 * MINUTE });
}

/** Waits until something in the page is so. */
export function until(page, condition, argument) {
  return page.waitForFunction(condition, argument, { timeout: MINUTE });
}

/** Switches a phone's list of answers; on a desktop all are in sight. */
export async function showColumn(page, mode) {
  if (!(await page.isVisible("#shown"))) return;
  await page.click(`#shown label:has([value="${mode}"])`);
  await page.waitForSelector(`#columns[data-shown="${mode}"]`, { state: "attached" });
}

/** Follows what goes wrong with the layout and the main thread, from now on. */
export function watchPerformance(page) {
  return page.addInitScript(() => {
    const seen = { shifts: 0, longTasks: [], paint: 0 };
    window.seen = seen;
    const observe = (type, read) =>
      new PerformanceObserver((list) => list.getEntries().forEach(read)).observe({
        type,
        buffered: true,
      });
    observe("layout-shift", (entry) => {
      if (!entry.hadRecentInput) seen.shifts += entry.value;
    });
    observe("longtask", (entry) => seen.longTasks.push(Math.round(entry.duration)));
    observe("largest-contentful-paint", (entry) => {
      seen.paint = entry.startTime;
    });
  });
}
