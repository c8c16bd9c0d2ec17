import assert from "node:assert/strict";
import { glosses } from "../../tools/glosses.mjs";

const PVM = "/models/all-MiniLM-L6-v2/all-MiniLM-L6-v2.pvm";
const texts = glosses().filter((_, i) => i % 700 === 0);

/** In the page: what `run` gives for a model whose cache is empty, or its error, and the warnings. */
async function runModel(options, run, args) {
  const warnings = [];
  const onWarning = (message) => warnings.push(message);
  const model = window.pagevec.miniLM({ onWarning, ...options });
  await model.clear();
  try {
    const value = await run(model, args);
    return { value, warnings, engine: model.engine };
  } catch (error) {
    return { code: error.code, message: error.message, warnings };
  } finally {
    await model.close();
  }
}

/** How models are had and run in a real browser: workers, caches, faults on the way. */
export async function localModels(test, environment) {
  const { server, modelUrl } = environment;
  const page = await environment.openPage();
  const requestsOf = (path) => server.requests.filter((request) => request.path === path);

  /** Runs in the page with the model, its cache empty at first. */
  const withModel = (options, run, args = {}) => {
    server.requests.length = 0;
    const given = JSON.stringify({ modelUrl, ...options });
    // As source text: the page's policy forbids making functions of text inside it.
    return page.evaluate(`(${runModel})(${given}, ${run}, ${JSON.stringify(args)})`);
  };
  const embed = async (model, { texts }) => (await model.generate(texts)).map((row) => [...row]);

  await test("two workers give the vectors of one, bit by bit, and load the file once", async () => {
    for (const variant of ["simd128", "relaxed"]) {
      const one = await withModel({ variant }, embed, { texts });
      assert.equal(one.engine, "native");
      const two = await withModel({ variant, concurrency: 2 }, embed, { texts });
      assert.deepEqual(two, one);
      assert.equal(requestsOf(PVM).length, 1);
    }
  });

  await test("queries are answered while two workers embed a bulk, and an abort stops it", async () => {
    const run = async (model, { texts }) => {
      await model.load();
      const controller = new AbortController();
      const { signal } = controller;
      const bulk = model.generate(texts, { signal }).then(
        () => "done",
        (error) => error.code,
      );
      const [query] = await model.generateForQueries(["a query"]);
      controller.abort();
      const ended = await bulk;
      const [again] = await model.generateForQueries(["a query"]);
      return { ended, same: query.every((value, i) => value === again[i]) };
    };
    const many = Array(40).fill(texts).flat();
    const { value } = await withModel({ concurrency: 2 }, run, { texts: many });
    assert.deepEqual(value, { ended: "aborted", same: true });
  });

  await test("where the .pvm file is not served, ONNX runs and one warning says so", async () => {
    for (const fault of [{ status: 404 }, { html: true }]) {
      server.fail(PVM, fault);
      const { value, warnings, engine } = await withModel({}, embed, { texts: ["a", "b"] });
      assert.equal(value?.length, 2);
      assert.equal(engine, "onnx");
      assert.equal(warnings.length, 1);
      assert.match(warnings[0], /\.pvm.*runs on onnxruntime-web/);
    }
  });

  await test("a server that fails is no reason for another engine", async () => {
    server.fail(PVM, { status: 503, times: 4 });
    const { code, message } = await withModel({}, embed, { texts: ["a"] });
    assert.equal(code, "network", message);
  });

  await test("an interrupted download goes on where it stopped", async () => {
    server.fail(PVM, { cutAfter: 9_000_000 });
    const { value, engine } = await withModel({}, embed, { texts: ["a"] });
    assert.equal(value?.length, 1);
    assert.equal(engine, "native");
    const [first, second] = requestsOf(PVM);
    assert.equal(first.range, undefined);
    assert.match(second.range, /^bytes=\d{6,}-$/);
  });

  await test("device webgpu is refused before anything is downloaded, where there is none", async () => {
    const { code, message } = await withModel({ device: "webgpu" }, embed, { texts: ["a"] });
    assert.equal(code, "unsupported");
    assert.match(message, /WebGPU/);
    assert.equal(server.requests.filter(({ path }) => path.startsWith(modelUrl)).length, 0);
  });

  await page.close();
}
