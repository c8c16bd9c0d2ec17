import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { glosses } from "../../tools/glosses.mjs";
import { cosine, makeTinyBert } from "../support/tiny-bert.mjs";

const PVM = "/models/all-MiniLM-L6-v2/all-MiniLM-L6-v2.pvm";
const texts = glosses().filter((_, i) => i % 700 === 0);

/** In the page: what `run` gives for a model (miniLM() without a name), or its error, and the warnings. */
async function runModel({ name, cached, ...options }, run, args) {
  const warnings = [];
  const given = { onWarning: (message) => warnings.push(message), ...options };
  const { miniLM, localModel } = window.pagevec;
  const model = name === undefined ? miniLM(given) : localModel(name, given);
  if (!cached) await model.clear();
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

  /** Runs in the page with the model; its cache is empty at first, unless `cached`. */
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

  await repositories(test, { server, withModel, embed, requestsOf });
  await page.close();
}

const TINY_TEXTS = ["cat sits on the mat", "old house", "rain and snow", "river tree green"];

/** localModel() of repositories that the manifest does not know. */
async function repositories(test, { server, withModel, embed, requestsOf }) {
  const tiny = makeTinyBert();
  for (const [path, content] of Object.entries(tiny.files))
    server.files.set(`/tiny/${path}`, content);
  const options = { name: "test/tiny", modelUrl: "/tiny/" };
  const weights = () => requestsOf("/tiny/model.safetensors");

  await test("a repository's BERT is converted once; then it needs no network", async () => {
    const first = await withModel(options, embed, { texts: TINY_TEXTS });
    assert.equal(first.engine, "native", first.message);
    for (const [i, text] of TINY_TEXTS.entries()) {
      assert(cosine(first.value[i], tiny.vectorOf(`passage: ${text}`)) > 0.995, text);
    }
    const again = await withModel({ ...options, cached: true }, embed, { texts: TINY_TEXTS });
    assert.deepEqual(again, first);
    assert.deepEqual(
      server.requests.filter(({ path }) => path.startsWith("/tiny/")),
      [],
    );
    const two = { ...options, cached: true, concurrency: 2 };
    assert.deepEqual(await withModel(two, embed, { texts: TINY_TEXTS }), first);
  });

  await test("clear() forgets a repository's model, and isCached() knows", async () => {
    const run = async (model) => {
      const states = [await model.isCached()];
      await model.load();
      states.push(await model.isCached());
      await model.clear();
      states.push(await model.isCached());
      return [states, await window.pagevec.cachedModelBytes()];
    };
    const before = await withModel(options, () => window.pagevec.cachedModelBytes());
    const { value, message } = await withModel(options, run);
    assert.deepEqual(value, [[false, true, false], before.value], message);
  });

  await test("interrupted weights go on where they stopped, and stopped ones another time", async () => {
    server.fail("/tiny/model.safetensors", { cutAfter: 70_000 });
    const { engine, message } = await withModel(options, embed, { texts: ["cat"] });
    assert.equal(engine, "native", message);
    assert.equal(weights().length, 2);
  });

  await test("a repository that is not BERT runs on ONNX, the second time from the cache", async () => {
    const config = JSON.parse(tiny.files["config.json"]);
    server.files.set("/tiny/config.json", JSON.stringify({ ...config, model_type: "distilbert" }));
    server.files.set("/tiny/onnx/model.onnx", tiny.onnx());
    const first = await withModel(options, embed, { texts: TINY_TEXTS });
    assert.equal(first.engine, "onnx", first.message);
    assert.match(first.warnings[0], /distilbert, not bert/);
    for (const [i, text] of TINY_TEXTS.entries()) {
      assert(cosine(first.value[i], tiny.wordVectorOf(`passage: ${text}`)) > 0.999999, text);
    }
    const again = await withModel({ ...options, cached: true }, embed, { texts: TINY_TEXTS });
    assert.deepEqual(again.value, first.value);
    assert.equal(server.requests.filter(({ path }) => path.startsWith("/tiny/")).length, 0);
  });

  await test("all-MiniLM-L6-v2 converted in the page is close to the reference", async () => {
    const folder = "/models/all-MiniLM-L6-v2/";
    const shape = { hidden_size: 384, num_attention_heads: 12, max_position_embeddings: 512 };
    const configs = {
      "config.json": { model_type: "bert", hidden_act: "gelu", layer_norm_eps: 1e-12, ...shape },
      "modules.json": JSON.parse(tiny.files["modules.json"]),
      "1_Pooling/config.json": { pooling_mode_mean_tokens: true },
      "sentence_bert_config.json": { max_seq_length: 256, do_lower_case: false },
    };
    for (const [path, json] of Object.entries(configs)) {
      server.files.set(folder + path, JSON.stringify(json));
    }
    const { texts, reference, dimensions } = await readFixture("all-minilm-l6-v2");
    // Without calibration.
    const bars = { simd128: 0.999, relaxed: 0.997 };
    for (const [variant, bar] of Object.entries(bars)) {
      const cached = variant === "relaxed";
      const given = { name: "test/minilm", modelUrl: folder, variant, cached };
      const { value, message } = await withModel(given, embed, { texts });
      assert.equal(value?.length, texts.length, message);
      const cosines = value.map((vector, row) =>
        cosine(vector, reference.subarray(row * dimensions, (row + 1) * dimensions)),
      );
      const mean = cosines.reduce((a, b) => a + b) / cosines.length;
      const least = Math.min(...cosines).toFixed(5);
      console.log(
        `local-models: converted in the page, ${variant}: mean ${mean.toFixed(5)}, least ${least}`,
      );
      assert(mean >= bar, `${variant}: the mean cosine is ${mean}`);
    }
  });
}

async function readFixture(name) {
  const file = (ending) =>
    readFile(new URL(`../fixtures/embeddings/${name}.${ending}`, import.meta.url));
  const { texts, dimensions } = JSON.parse(await file("json"));
  const bytes = await file("f32");
  return { texts, dimensions, reference: new Float32Array(new Uint8Array(bytes).buffer) };
}
