import assert from "node:assert/strict";
import { openView, phase, until } from "./playground-page.mjs";
import { ANSWER, DIMENSIONS, vectorOf } from "./playground-services.mjs";

export const CANARY = "sk-canary-playground-77b1";
const QUESTION = "How do plants {make} sugar?";

/** Fills the fields of a service. */
async function choose(form, { service, model, address, key }) {
  await form.locator('[data-field="choice"]').selectOption(service);
  if (model) await form.locator('[data-field="model"]').fill(model);
  await form.locator('[data-field="address"]').fill(address);
  if (key) await form.locator('[data-field="key"]').fill(key);
}

export async function ask(test, { page }, services) {
  await page.selectOption("#collection", "files");
  await openView(page, "ask");
  await phase(page, "ready");
  const form = page.locator("#ask-service");
  const send = async (question = QUESTION) => {
    await page.fill("#ask-question", question);
    await page.keyboard.press("Enter");
  };
  const ended = () => until(page, () => document.querySelector("#ask-stop").hidden);
  const answer = () => page.textContent("#ask-text");
  const note = () => page.textContent("#ask-note");
  /** With citations as they are written. */
  const told = ANSWER.replace("[1]", "1").replace("[2]", "2").trimEnd();

  for (const [service, settings] of [
    ["ollama", { service: "ollama", model: "llama3.2", address: `${services.url}/ollama` }],
    ["openai", { service: "compatible", address: `${services.url}/openai` }],
    ["anthropic", { service: "anthropic", address: `${services.url}/anthropic`, key: CANARY }],
  ]) {
    await test(`${service} answers piece by piece from what was found`, async () => {
      await choose(form, settings);
      await page.evaluate(() => {
        window.pieces = [];
        const text = document.querySelector("#ask-text");
        const note = () => window.pieces.push(text.textContent);
        new MutationObserver(note).observe(text, { childList: true });
      });
      await send();
      await ended();
      assert.equal((await answer()).trimEnd(), told);
      const pieces = new Set(await page.evaluate(() => window.pieces));
      assert(
        [...pieces].some((piece) => piece !== "" && piece.length < 40),
        "it came at once",
      );
      assert.match(await note(), /first words after .* 50 tokens read · 9 written/);
      const { body, headers } = services.requests.at(-1);
      const sent = JSON.stringify(body);
      assert.match(sent, /leaves of a plant/);
      assert.match(sent, /How do plants {2}make {2}sugar/);
      assert.equal(JSON.stringify(headers).includes(CANARY), service === "anthropic");
    });
  }

  await test("citations lead to their passages; one of none is no link", async () => {
    const sources = await page.$$eval("#ask-list .source", (items) =>
      items.map((item) => item.textContent),
    );
    assert.equal(sources.length, 5);
    assert.match(sources[0], /Photosynthesis/);
    const citations = page.locator("#ask-text .citation");
    assert.equal(await citations.count(), 2);
    await citations.nth(1).focus();
    await page.keyboard.press("Enter");
    assert.equal(await page.getAttribute(".source[data-cited]", "data-number"), "2");
    const focused = await page.evaluate(() => document.activeElement.dataset.number);
    assert.equal(focused, "2");
  });

  await test("Stop ends the request; what has come stays", async () => {
    await send();
    await until(page, () => document.querySelector("#ask-text").textContent.length > 10);
    await page.click("#ask-stop");
    await ended();
    assert.equal(await note(), "stopped");
    assert((await answer()).length < told.length);
    await services.requests.at(-1).left;
  });

  await test("another question takes the place of the one under way", async () => {
    await send();
    await until(page, () => document.querySelector("#ask-text").textContent.length > 10);
    await send("What burns sugar?");
    await ended();
    assert.equal((await answer()).trimEnd(), told);
    assert.match(JSON.stringify(services.requests.at(-1).body), /What burns sugar/);
  });

  for (const [name, settings, expected] of [
    [
      "a key that is refused",
      { service: "openai", address: `${services.url}/denied`, key: CANARY },
      /does not take this key: .*\[key\]/,
    ],
    [
      "a service that answers no pages",
      { service: "compatible", address: `${services.url}/closed` },
      /cannot be reached: .*CORS/,
    ],
    [
      "a service that is not there",
      { service: "ollama", address: "http://127.0.0.1:9" },
      /cannot be reached: .*OLLAMA_ORIGINS/,
    ],
    [
      "an address that the page's policy forbids",
      { service: "compatible", address: "http://unencrypted.test/v1" },
      /cannot be reached/,
    ],
    [
      "a key that would go unencrypted to another machine",
      { service: "openai", address: "http://unencrypted.test/v1", key: CANARY },
      /unencrypted/,
    ],
    ["no key", { service: "openai", address: "" }, /needs a key/],
  ]) {
    await test(`${name}: said in the place of the answer`, async () => {
      await choose(form, settings);
      await send();
      await ended();
      assert.match(await note(), expected);
      assert(!(await page.textContent("body")).includes(CANARY));
      assert.equal(await answer(), "");
    });
  }

  await test("where nothing is found nothing is sent", async () => {
    await page.selectOption("#collection", "my-text");
    await choose(form, { service: "ollama", address: `${services.url}/ollama` });
    const before = services.requests.length;
    await send();
    await ended();
    assert.match(await note(), /Nothing was found/);
    assert.equal(services.requests.length, before);
    await page.selectOption("#collection", "files");
    await send();
    await ended();
  });
}

export async function compare(test, { page }, services) {
  await openView(page, "providers");
  const contender = (number) => page.locator(".contender").nth(number);
  const run = async () => {
    await page.click("#compare-run");
    await until(page, () =>
      /compared|stopped/.test(document.querySelector("#compare-note").textContent),
    );
  };
  const nearest = (number) => contender(number).locator(".nearest li").allTextContents();

  await test("three models are compared: dimensions, times, the nearest of each", async () => {
    await page.click("#compare-add");
    const [ollama, openai] = [1, 2].map((number) => contender(number));
    await choose(ollama, { service: "ollama", address: `${services.url}/ollama` });
    await choose(openai, { service: "openai", address: `${services.url}/openai`, key: CANARY });
    await run();
    for (const [number, dimensions] of [384, DIMENSIONS, DIMENSIONS].entries()) {
      const facts = await contender(number).locator(".contender-facts").textContent();
      assert.match(facts, new RegExp(`^${dimensions} dimensions · 12 texts in .*ms · query in`));
    }
    assert.match((await nearest(0))[0], /kitten is napping|cat sleeps/);
    assert.deepEqual(await nearest(1), await nearest(2));
    const { headers } = services.requests.at(-1);
    assert.equal(headers.authorization, `Bearer ${CANARY}`);
  });

  await test("the nearest are those of the cosine, computed the slow way", async () => {
    const texts = (await page.inputValue("#compare-texts")).split("\n");
    const query = vectorOf(await page.inputValue("#compare-query"));
    const length = (vector) => Math.hypot(...vector);
    const cosine = (text) => {
      const vector = vectorOf(text);
      const dot = vector.reduce((sum, value, i) => sum + value * query[i], 0);
      return dot / length(vector) / length(query);
    };
    const scores = texts.map(cosine).sort((a, b) => b - a);
    const shown = (await nearest(1)).map((line) => Number(/-?\d\.\d{3}$/.exec(line)[0]));
    assert.deepEqual(
      shown,
      scores.slice(0, 5).map((score) => Number(score.toFixed(3))),
    );
  });

  await test("one that fails says why, the others have their answers", async () => {
    await choose(contender(1), {
      service: "openai",
      address: `${services.url}/denied`,
      key: CANARY,
    });
    await run();
    const facts = await contender(1).locator(".contender-facts").textContent();
    assert.match(facts, /does not take this key/);
    assert(!facts.includes(CANARY));
    assert.equal((await nearest(1)).length, 0);
    assert.equal((await nearest(2)).length, 5);
    await choose(contender(1), { service: "ollama", address: `${services.url}/ollama` });
    await run();
    assert.equal((await nearest(1)).length, 5);
  });

  await test("another service's field has no key of the one before", async () => {
    const key = contender(2).locator('[data-field="key"]');
    assert.equal(await key.inputValue(), CANARY);
    await contender(2).locator('[data-field="choice"]').selectOption("mistral");
    assert.equal(await key.inputValue(), "");
    await contender(2).locator("text=Remove").click();
    assert.equal(await page.locator(".contender").count(), 2);
    await page.fill("#compare-query", "");
    await page.click("#compare-run");
    assert.match(await page.textContent("#compare-note"), /It takes some texts and a query/);
    await page.fill("#compare-query", "a young cat taking a rest");
  });
}
