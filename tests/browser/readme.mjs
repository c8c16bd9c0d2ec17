import assert from "node:assert/strict";
import { startServer } from "../../tools/loopback-server.mjs";
import { PAUSE_MS, PIECES, startOllama } from "../support/ollama.mjs";
import { exampleUnder, withoutImports } from "./snippets.mjs";

/** Far longer than a case waits: who still listens when it is over did not stop. */
const LONG_PAUSE_MS = 20_000;
/** What ends on a loaded machine; the time that it took is printed. */
const MOST_MS = 1000;

const SUGAR = "Chlorophyll takes up light, and with water and carbon dioxide leaves make sugar. ";
const TEXTS = {
  plants: [
    "Botanists of the eighteenth century travelled far and named thousands of species. ",
    SUGAR,
    "A garden wall keeps the wind away, and roses climb along its southern side. ",
  ]
    .map((sentence) => sentence.repeat(9).trim())
    .join("\n\n"),
  bonds: "Bond prices fell as interest rates rose, and lenders waited.",
  rain: "It will pour tomorrow, so take an umbrella with you.",
};
const QUESTION = "How do plants make sugar?";

/** The code in README.md, as it stands there, in a page. */
export async function readme(test, environment) {
  const service = await startOllama();
  const csp = `default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ${service.url}`;
  const server = await startServer({ csp, mounts: environment.mounts });
  const page = await environment.openPage(server.url);
  const options = { modelUrl: environment.modelUrl, baseURL: service.url };
  await page.evaluate(inject, { ...options, texts: TEXTS, question: QUESTION });
  const run = async (heading, abortAfter) =>
    page.evaluate(`window.runReadme(async (names) => { ${await codeOf(heading)} }, ${abortAfter})`);

  await test("the quick start prints what it says", async () => {
    const { error, printed } = await run("## Quick start");
    assert.equal(error, undefined);
    assert.deepEqual(printed, [["It will pour tomorrow"]]);
  });
  await test("an answer from documents streams, and cites them", async () => {
    const { error, printed, pieces } = await run("### Answers from your documents");
    assert.equal(error, undefined);
    assert.deepEqual(
      pieces.map((piece) => piece.text),
      PIECES,
    );
    assert.ok(pieces[2].at - pieces[0].at > PAUSE_MS, "all pieces came at once");
    const [[citations, passage]] = printed;
    assert.equal(citations[0], "plants");
    assert.equal(citations.length, 2);
    assert.ok(passage.text.includes(SUGAR.trim()), passage.text);
    assert.equal(TEXTS.plants.slice(passage.begin, passage.end), passage.text);
    const { path, body } = service.requests.at(-1);
    assert.deepEqual([path, body.model, body.stream], ["/api/generate", "llama3.2", true]);
    assert.ok(body.prompt.includes(QUESTION));
    for (const id of citations) {
      const given = id === "plants" ? passage.text : TEXTS[id];
      assert.ok(body.prompt.includes(JSON.stringify(given)), `the prompt is ${body.prompt}`);
    }
    for (const id of Object.keys(TEXTS)) {
      const told = body.prompt.includes(TEXTS[id].slice(0, 40));
      if (!citations.includes(id)) assert.ok(!told, `${id} was given and is not cited`);
    }
    assert.ok(body.prompt.length < TEXTS.plants.length, "the whole document was given");
  });
  await test("an abort in the middle ends the call and the request", async () => {
    service.pause = LONG_PAUSE_MS;
    const { error, pieces, aborted, ended } = await run("### Answers from your documents", 1);
    assert.equal(error, "aborted");
    assert.deepEqual(
      pieces.map((piece) => piece.text),
      PIECES.slice(0, 1),
    );
    const { left, written } = service.requests.at(-1);
    const closed = await Promise.race([left, rejectAfter(MOST_MS, "the request goes on")]);
    assert.equal(written.length, 1);
    const [call, request] = [ended - aborted, closed - aborted];
    console.log(
      `readme: abort() ended the call after ${call.toFixed(1)} ms, the request after ${request.toFixed(1)} ms`,
    );
    assert.ok(call < MOST_MS && request < MOST_MS);
  });

  await page.close();
  await server.close();
  await service.close();
}

async function codeOf(heading) {
  const body = withoutImports(await exampleUnder("README.md", heading));
  return `const { texts, question, button, show, console } = names;\n${body}`;
}

/** Runs in the page: what the examples use, and what comes of one. */
function inject({ modelUrl, baseURL, texts, question }) {
  const { Client, miniLM } = window.pagevec;
  window.runReadme = async (example, abortAfter) => {
    const button = {};
    const printed = [];
    const pieces = [];
    let aborted = 0;
    const clients = [];
    const names = {
      Client: {
        async open(options) {
          clients.push(await Client.open(options));
          return clients.at(-1);
        },
      },
      miniLM: () => miniLM({ modelUrl }),
      ollamaGenerator: (options) => window.ollamaGenerator({ ...options, baseURL }),
      texts,
      question,
      button,
      show(text) {
        pieces.push({ text, at: performance.now() });
        if (pieces.length !== abortAfter) return;
        // While the next piece is waited for.
        setTimeout(() => {
          aborted = performance.timeOrigin + performance.now();
          button.onclick();
        }, 20);
      },
      console: { log: (...values) => printed.push(values) },
    };
    const error = await example(names).then(
      () => undefined,
      (cause) => cause.code ?? String(cause),
    );
    const ended = performance.timeOrigin + performance.now();
    for (const client of clients) await client.close();
    return { error, printed, pieces, aborted, ended };
  };
}

function rejectAfter(milliseconds, message) {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(message)), milliseconds).unref();
  });
}
