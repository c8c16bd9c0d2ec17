import assert from "node:assert/strict";
import { cases, farFrom, hubModelFiles, texts } from "../support/hub-models.mjs";

/**
 * Models with a sentencepiece vocabulary, end to end in a worker under the strict policy: the tokenizer's
 * wasm module is loaded on demand, and the second visit needs no network.
 */
export async function hubModels(test, environment) {
  const { server } = environment;
  const page = await environment.openPage();
  const names = [...new Set(cases.map(({ model }) => model))];
  for (const name of names) {
    for (const [path, content] of Object.entries(hubModelFiles(name))) {
      server.files.set(`/${name}/${path}`, content);
    }
  }
  const requestsOf = (part) => server.requests.filter(({ path }) => path.includes(part));
  const embed = (given, cached) => {
    server.requests.length = 0;
    return page.evaluate(embedInPage, { ...given, texts, cached });
  };

  for (const each of cases) {
    const { model, kind, instruction } = each;
    const label = [model, kind, instruction?.trim().slice(0, 20)].filter(Boolean).join(", ");
    await test(`hub-models: ${label}: as in Python, then without the network`, async () => {
      const given = { model, kind, instruction };
      const first = await embed(given, false);
      assert.deepEqual(farFrom(each, first.vectors), []);
      assert.equal(requestsOf(`/${model}/onnx/model.onnx`).length, 1);
      const again = await embed(given, true);
      assert.deepEqual(again, first);
      assert.deepEqual(requestsOf(`/${model}/`), []);
    });
  }

  await test("hub-models: two workers give the vectors of one, and load the files once", async () => {
    const given = { model: "instructor", kind: "document", instruction: cases.at(-2).instruction };
    const { vectors } = await embed({ ...given, concurrency: 2 }, false);
    assert.deepEqual(farFrom(cases.at(-2), vectors), []);
    assert.equal(requestsOf("/instructor/onnx/model.onnx").length, 1);
    assert.equal(requestsOf("/instructor/spiece.model").length, 1);
  });

  await test("hub-models: a download stops with its signal, and clear() leaves nothing", async () => {
    server.fail("/instructor/onnx/model.onnx", { delayMs: 500 });
    const answer = await page.evaluate(async () => {
      const { instructor, cachedModelBytes } = window.pagevec;
      const before = await cachedModelBytes();
      const model = instructor({ modelUrl: "/instructor/" });
      await model.clear();
      const signal = AbortSignal.timeout(300);
      const code = await model.load({ signal }).catch((error) => error.code);
      await model.load();
      const states = [await model.isCached()];
      await model.clear();
      states.push(await model.isCached());
      await model.close();
      return { code, states, less: (await cachedModelBytes()) <= before };
    });
    assert.deepEqual(answer, { code: "aborted", states: [true, false], less: true });
  });
  await page.close();
}

/** Runs in the page. */
async function embedInPage({ model: name, kind, instruction, texts, cached, concurrency = 1 }) {
  const { instructor, localModel } = window.pagevec;
  const options = { modelUrl: `/${name}/`, concurrency, onTruncate() {}, onWarning() {} };
  const model =
    name === "instructor"
      ? instructor({ ...options, instruction })
      : localModel(`test/${name}`, options);
  if (!cached) await model.clear();
  const vectors = await (kind === "query"
    ? model.generateForQueries(texts)
    : model.generate(texts));
  await model.close();
  return { vectors: vectors.map((vector) => [...vector]) };
}
