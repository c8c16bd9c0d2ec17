import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { openWidgets } from "./widgets.mjs";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const DESKTOP = { width: 1440, height: 900 };
const PHONE = { width: 360, height: 740 };

/** The custom element: by keys alone, by mouse and touch, in forms, for everybody's eyes and ears. */
export async function element(test, environment) {
  const page = await openWidgets(environment);
  await page.setViewportSize(DESKTOP);
  await page.evaluate(prepare);
  await keyboard(test, page);
  await pointer(test, page);
  await forms(test, page);
  await results(test, page);
  await lives(test, page);
  await looks(test, page);
  await test("the element and the page have nothing to complain about", () => {
    assert.deepEqual(page.errors, []);
  });
  await page.close();
}

const place = (page, html, set) =>
  page.evaluate(([markup, properties]) => window.place(markup, properties), [html, set]);
const events = (page, type) =>
  page.evaluate((wanted) => window.events.filter((event) => event.type === wanted), type);
const field = (page) => page.getByRole("combobox");
const options = (page) => page.getByRole("option");
/** The id of the result that the field points at. */
const active = (page) =>
  page.evaluate(() => {
    const root = document.querySelector("pagevec-search").shadowRoot;
    const id = root.querySelector("input").getAttribute("aria-activedescendant");
    const option = id && root.getElementById(id);
    if (!option) return null;
    const marked = [...root.querySelectorAll("[aria-selected=true]")];
    return marked.length === 1 && marked[0] === option
      ? window.shownRows[Number(id.slice(7))].id
      : "?";
  });
const expanded = (page) => field(page).getAttribute("aria-expanded");
const status = (page) => page.locator("pagevec-search").getByRole("status").textContent();
const search = async (page, text) => {
  await field(page).fill(text);
  await page.waitForFunction((wanted) => window.answered === wanted, text);
};

async function keyboard(test, page) {
  await test("by keys alone: type, walk, select, close, empty", async () => {
    await place(page, "<pagevec-search limit=3 debounce=0></pagevec-search>");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.localName), "pagevec-search");
    assert.equal(await expanded(page), "false");
    await page.keyboard.type("rain");
    await page.waitForFunction(() => window.answered === "rain");
    assert.equal(await expanded(page), "true");
    assert.equal(await options(page).count(), 3);
    assert.equal(await status(page), "3 results");
    const ids = await page.evaluate(() => window.shownRows.map(({ id }) => id));
    assert.deepEqual([...ids].sort(), ["cat", "evil", "rain"]);
    assert.equal(await active(page), null);
    for (const [key, at] of [
      ["ArrowDown", 0],
      ["ArrowDown", 1],
      ["End", 2],
      ["ArrowDown", 0],
      ["ArrowUp", 2],
      ["ArrowUp", 1],
      ["Home", 0],
    ]) {
      await page.keyboard.press(key);
      assert.equal(await active(page), ids[at], `after ${key}`);
    }
    await page.keyboard.press("Enter");
    assert.deepEqual((await events(page, "select")).at(-1), {
      type: "select",
      id: ids[0],
      index: 0,
    });
    assert.equal(await expanded(page), "false");
    assert.equal(await field(page).inputValue(), "rain");
    await page.keyboard.press("ArrowUp");
    assert.equal(await expanded(page), "true");
    assert.equal(await active(page), ids[2]);
    await page.keyboard.press("Escape");
    assert.equal(await expanded(page), "false");
    assert.equal(await field(page).inputValue(), "rain");
    await page.keyboard.press("Escape");
    assert.equal(await field(page).inputValue(), "");
  });

  await test("Home and End are the text's until the list is walked through", async () => {
    await search(page, "rain");
    await page.keyboard.press("Home");
    assert.equal(await active(page), null);
    const caret = () =>
      page.evaluate(
        () =>
          document.querySelector("pagevec-search").shadowRoot.querySelector("input").selectionEnd,
      );
    assert.equal(await caret(), 0);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.type("g");
    assert.equal(await active(page), null, "another letter leaves the list");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    assert.equal(await expanded(page), "false", "the focus went elsewhere");
  });

  await test("Enter searches at once; a prevented select leaves the list open", async () => {
    await place(page, "<pagevec-search debounce=60000></pagevec-search>");
    await field(page).pressSequentially("umbrella");
    assert.equal(await options(page).count(), 0);
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => window.answered === "umbrella");
    assert.equal((await events(page, "search")).length, 1);
    await page.evaluate(() =>
      document.addEventListener("select", (event) => event.preventDefault(), { once: true }),
    );
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    assert.equal((await events(page, "select")).at(-1).id, "rain");
    assert.equal(await expanded(page), "true");
  });

  await test("half a word of an input method is no question", async () => {
    await place(page, "<pagevec-search debounce=0></pagevec-search>");
    await field(page).focus();
    const session = await page.context().newCDPSession(page);
    const compose = (text) =>
      session.send("Input.imeSetComposition", { text, selectionStart: 1, selectionEnd: 1 });
    await compose("m");
    await compose("ma");
    await page.waitForTimeout(150);
    assert.deepEqual(await page.evaluate(() => window.model.asked), []);
    await session.send("Input.insertText", { text: "mat" });
    await page.waitForFunction(() => window.answered === "mat");
    assert.deepEqual(await page.evaluate(() => window.model.asked), ["mat"]);
    await session.detach();
  });
}

async function pointer(test, page) {
  await test("by mouse: a click selects, the field keeps the focus, × empties", async () => {
    await place(page, "<pagevec-search debounce=0></pagevec-search><p>elsewhere</p>");
    await field(page).click();
    await search(page, "garden");
    await options(page).first().click();
    assert.equal((await events(page, "select")).at(-1).id, "dog");
    assert.equal(await expanded(page), "false");
    assert.equal(await page.evaluate(() => document.activeElement.localName), "pagevec-search");
    await field(page).click();
    assert.equal(await expanded(page), "true");
    await page.mouse.click(5, 700);
    assert.equal(await expanded(page), "false", "a click elsewhere");
    await page.getByRole("button", { name: "Clear" }).click();
    assert.equal(await field(page).inputValue(), "");
    assert.equal(await page.getByRole("button", { name: "Clear" }).count(), 0);
    assert.equal(await page.evaluate(() => document.activeElement.localName), "pagevec-search");
  });

  await test("by touch, on a phone: large enough, inside the screen", async () => {
    await page.setViewportSize(PHONE);
    const session = await page.context().newCDPSession(page);
    await session.send("Emulation.setTouchEmulationEnabled", { enabled: true });
    await place(page, "<pagevec-search debounce=0></pagevec-search>");
    const tap = async (locator) => {
      const { x, y, width, height } = await locator.boundingBox();
      const touchPoints = [{ x: x + width / 2, y: y + height / 2 }];
      await session.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints });
      await session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
    };
    await tap(field(page));
    await page.waitForFunction(() => document.activeElement?.localName === "pagevec-search");
    await search(page, "rain");
    const { width, height, x } = await options(page).nth(1).boundingBox();
    assert.ok(height >= 44 && x >= 0 && x + width <= PHONE.width, `${x} ${width} ${height}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.equal(wide, PHONE.width, "nothing scrolls sideways");
    const wanted = await page.evaluate(() => window.shownRows[1].id);
    await tap(options(page).nth(1));
    await page.waitForFunction(() => window.events.some(({ type }) => type === "select"));
    assert.equal((await events(page, "select")).at(-1).id, wanted);
    await session.send("Emulation.setTouchEmulationEnabled", { enabled: false });
    await session.detach();
    await page.setViewportSize(DESKTOP);
  });
}

async function forms(test, page) {
  await test("in a form: a named value, a label, a reset, and Enter does not submit", async () => {
    await place(
      page,
      `<form><label for="q">Find a note</label>
       <pagevec-search id="q" name="question" value="mat" debounce=0></pagevec-search>
       <button>Send</button><button type="reset">Reset</button></form>`,
    );
    await page.evaluate(() => {
      window.sent = [];
      document.querySelector("form").onsubmit = (event) => {
        event.preventDefault();
        window.sent.push(Object.fromEntries(new FormData(event.target)));
      };
    });
    await page.getByText("Find a note").click();
    assert.equal(await page.evaluate(() => document.activeElement.localName), "pagevec-search");
    assert.equal(await page.getByRole("combobox", { name: "Find a note" }).count(), 1);
    await search(page, "rain");
    await page.keyboard.press("Enter");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    assert.equal((await events(page, "select")).length, 1);
    assert.deepEqual(await page.evaluate(() => window.sent), []);
    await page.getByRole("button", { name: "Send" }).click();
    assert.deepEqual(await page.evaluate(() => window.sent), [{ question: "rain" }]);
    await page.getByRole("button", { name: "Reset" }).click();
    assert.equal(await field(page).inputValue(), "mat");
    assert.equal(await expanded(page), "false");
  });

  await test("a disabled fieldset disables it", async () => {
    await place(page, "<fieldset disabled><pagevec-search value=rain></pagevec-search></fieldset>");
    assert.ok(await field(page).isDisabled());
    assert.ok(await page.getByRole("button", { name: "Clear" }).isDisabled());
    await page.evaluate(() => (document.querySelector("fieldset").disabled = false));
    assert.ok(await field(page).isEnabled());
  });
}

async function results(test, page) {
  await test("matches are marked, and nothing of a record is HTML", async () => {
    await place(page, "<pagevec-search debounce=0></pagevec-search>");
    await search(page, "tag");
    const evil = options(page).first();
    assert.equal(await evil.locator("[part=title]").textContent(), "About evil");
    assert.ok((await evil.textContent()).includes("<img src=x onerror="));
    assert.deepEqual(await evil.locator("mark").allTextContents(), ["tags"]);
    assert.equal(await evil.locator("img").count(), 0);
    assert.notEqual(await page.title(), "broken");
  });

  await test("a template says what a result looks like", async () => {
    await place(
      page,
      `<pagevec-search debounce=0><template><b part="name" data-field="metadata.title"></b>
       <i data-field="document"></i><u data-field="metadata.none">gone</u><s data-field="id"></s>
       </template></pagevec-search>`,
    );
    await search(page, "umbrella");
    const first = options(page).first();
    assert.equal(await first.locator("b").textContent(), "About rain");
    assert.equal(await first.locator("s").textContent(), "rain");
    assert.deepEqual(await first.locator("i mark").allTextContents(), ["umbrella"]);
    assert.equal(await first.locator("u").count(), 0);
  });

  await test("renderResult says it too; its failure is an event, as a wrong template's", async () => {
    await page.evaluate(() => {
      const element = document.querySelector("pagevec-search");
      element.renderResult = ({ id }) => `<b>${id}</b>`;
    });
    assert.equal(await options(page).first().textContent(), "<b>rain</b>");
    await page.evaluate(() => {
      document.querySelector("pagevec-search").renderResult = () => {
        throw new Error("of the page");
      };
    });
    assert.equal((await events(page, "error")).at(-1).message, "of the page");
    await place(
      page,
      `<pagevec-search debounce=0><template><b data-field="titel"></b></template></pagevec-search>`,
    );
    await search(page, "umbrella");
    assert.equal((await events(page, "error")).at(-1).code, "invalid_argument");
  });

  await test("params filter; messages are the page's; nothing found is said", async () => {
    await place(page, "<pagevec-search debounce=0 mode=keyword></pagevec-search>", {
      params: { where: { title: "About cat" } },
    });
    await page.evaluate(() => {
      document.querySelector("pagevec-search").messages = {
        label: "Suche",
        results: (count) => (count === 0 ? "Nichts gefunden" : `${count} Treffer`),
      };
    });
    assert.equal(await page.getByRole("combobox", { name: "Suche" }).count(), 1);
    await search(page, "rain");
    assert.equal(await options(page).count(), 1);
    assert.equal(await status(page), "1 Treffer");
    await search(page, "zebra");
    assert.equal(await status(page), "Nichts gefunden");
    assert.equal(await expanded(page), "false");
    assert.ok(await page.locator("[part=message]").isVisible());
    assert.deepEqual(await page.evaluate(() => window.model.asked), [], "by keywords alone");
  });
}

async function lives(test, page) {
  await test("set before it is defined, connected later, moved: it works", async () => {
    await page.evaluate(() => {
      // Of a document without custom elements, so it is one only once it is in this one.
      const early = document.implementation.createHTMLDocument().createElement("pagevec-search");
      Object.assign(early, { value: "umbrella", collection: window.notes });
      window.place("<div id=a></div><div id=b></div>");
      window.watch(early);
      document.getElementById("a").append(early);
    });
    await page.waitForFunction(() => window.answered === "umbrella");
    assert.equal(await expanded(page), "false", "nobody has typed");
    await page.evaluate(() =>
      document.getElementById("b").append(document.querySelector("pagevec-search")),
    );
    await search(page, "garden");
    assert.equal(await options(page).first().isVisible(), true);
  });

  await test("ready says how many there are, error what went wrong", async () => {
    await place(page, "<pagevec-search></pagevec-search>");
    await page.waitForFunction(() => window.events.some(({ type }) => type === "ready"));
    assert.deepEqual((await events(page, "ready")).at(-1), { type: "ready", count: 5 });
    await page.evaluate(() => {
      document.querySelector("pagevec-search").collection = window.client.getCollection({
        name: "missing",
      });
    });
    await page.waitForFunction(() => window.events.some(({ type }) => type === "error"));
    assert.equal((await events(page, "error")).at(-1).code, "not_found");
    await place(page, "<pagevec-search debounce=0 limit=many></pagevec-search>");
    await field(page).fill("rain");
    await page.waitForFunction(() => window.events.some(({ type }) => type === "error"));
    assert.equal((await events(page, "error")).at(-1).code, "invalid_argument");
    assert.equal(await status(page), "The search failed");
  });

  await test("a change of the collection is shown, and the chosen result stays chosen", async () => {
    await place(page, "<pagevec-search debounce=0 mode=keyword></pagevec-search>");
    await search(page, "rain");
    await page.keyboard.press("ArrowDown");
    const chosen = await active(page);
    await page.evaluate(() =>
      window.notes.upsert({ ids: ["more"], documents: ["rain rain rain"] }),
    );
    await page.waitForFunction(() => window.shownRows.length === 4);
    assert.equal(await page.evaluate(() => window.shownRows[0].id), "more");
    assert.equal(await active(page), chosen);
    assert.equal(await status(page), "4 results");
    await page.evaluate(() => window.notes.delete({ ids: ["more"] }));
    await page.waitForFunction(() => window.shownRows.length === 3);
    assert.equal(await active(page), chosen);
    await page.keyboard.press("Escape");
    await page.evaluate(() =>
      window.notes.upsert({ ids: ["more"], documents: ["rain rain rain"] }),
    );
    await page.waitForFunction(() => window.shownRows.length === 4);
    assert.equal(await status(page), "", "a closed list is not read out");
    await page.evaluate(() => window.notes.delete({ ids: ["more"] }));
  });

  await test("taken out of the page while it searches, it stops", async () => {
    await page.evaluate(() => (window.model.delays.forever = Infinity));
    await place(page, "<pagevec-search debounce=0></pagevec-search>");
    await field(page).fill("forever");
    await page.waitForFunction(() => window.model.asked.includes("forever"));
    await page.locator("[part=progress]").waitFor();
    await page.evaluate(() => document.querySelector("pagevec-search").remove());
    await page.waitForFunction(() => window.model.aborted.includes("forever"));
  });
}

async function looks(test, page) {
  const axe = await readFile(AXE, "utf8");
  await page.evaluate(axe);
  const findings = () =>
    page.evaluate(async () => {
      const { violations } = await window.axe.run();
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join()}`);
    });
  for (const colorScheme of ["light", "dark"]) {
    for (const [screen, size] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
      await test(`axe finds nothing, ${colorScheme}, ${screen}`, async () => {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize(size);
        await place(page, "<pagevec-search debounce=0 placeholder='Notes'></pagevec-search>");
        assert.deepEqual(await findings(), [], "empty");
        await search(page, "rain");
        assert.deepEqual(await findings(), [], "with results");
        await page.keyboard.press("ArrowDown");
        await options(page).nth(2).hover();
        assert.deepEqual(await findings(), [], "with one chosen");
        await place(page, "<pagevec-search debounce=0 mode=keyword></pagevec-search>");
        await search(page, "zebra");
        assert.deepEqual(await findings(), [], "with nothing found");
      });
    }
  }
  await page.setViewportSize(DESKTOP);

  await test("the colours are the page's scheme, whatever the system's", async () => {
    const paper = () =>
      page.locator("[part=box]").evaluate((box) => getComputedStyle(box).backgroundColor);
    assert.equal(await paper(), "rgb(27, 31, 30)");
    await page.evaluate(() => (document.documentElement.style.colorScheme = "light"));
    assert.equal(await paper(), "rgb(255, 255, 255)");
    await page.evaluate(() => {
      document.querySelector("pagevec-search").style.setProperty("--pagevec-background", "#123456");
    });
    assert.equal(await paper(), "rgb(18, 52, 86)");
    await page.evaluate(() => (document.documentElement.style.colorScheme = ""));
  });

  await test("who wants less motion sees none", async () => {
    const animation = () =>
      page.locator("[part=progress]").evaluate((bar) => getComputedStyle(bar).animationName);
    assert.equal(await animation(), "busy");
    await page.emulateMedia({ reducedMotion: "reduce" });
    assert.equal(await animation(), "none");
    await page.emulateMedia({ reducedMotion: null, colorScheme: null });
  });
}

/** Runs in the page: place(html, properties) shows elements in an empty page and notes their events. */
async function prepare() {
  Object.assign(window, await window.openNotes("element"));
  document.documentElement.style.colorScheme = "light dark";
  document.title = "Notes";
  window.watch = (element) => {
    for (const type of ["ready", "search", "select", "error"]) {
      element.addEventListener(type, ({ detail, composed }) => {
        const { row, index, count, error, rows, text } = detail;
        if (!composed) throw new Error(`${type} is not composed`);
        if (type === "search") [window.answered, window.shownRows] = [text, rows];
        const told = {
          type,
          id: row?.id,
          index,
          count,
          code: error?.code,
          message: error?.message,
        };
        window.events.push(JSON.parse(JSON.stringify(told)));
      });
    }
  };
  window.place = (html, properties = {}) => {
    document.body.innerHTML = `<main><h1>Notes</h1>${html}</main>`;
    window.events = [];
    window.answered = undefined;
    window.model.asked.length = 0;
    for (const element of document.querySelectorAll("pagevec-search")) {
      window.watch(element);
      Object.assign(element, properties, { collection: window.notes });
    }
  };
}
