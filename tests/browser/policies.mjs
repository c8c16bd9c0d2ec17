import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { startServer } from "../../tools/loopback-server.mjs";
import { POLICY } from "../support/policy.mjs";

/** What the loader promises: the variant that fits, a strict policy, and errors that say what to do. */
export async function policies(test, environment) {
  const page = await environment.openPage();

  await test("the relaxed variant is chosen where the browser has it", async () => {
    assert.equal(await page.evaluate(() => window.coreVariant()), "relaxed");
    assert.equal(await page.evaluate(() => window.coreVariant("simd128")), "simd128");
  });

  await test("the policy is in force: eval is refused, the core runs all the same", async () => {
    const blocked = await page.evaluate(() => window.evalFailure);
    assert.equal(blocked, "EvalError");
  });

  await test("a missing wasm file is named, with what to do", async () => {
    const error = await page.evaluate(() =>
      window.pagevec.loadTokenizer("all-MiniLM-L6-v2", { wasmUrl: "/nowhere" }).catch((e) => ({
        code: e.code,
        message: e.message,
      })),
    );
    assert.equal(error.code, "engine_failed");
    assert.match(error.message, /nowhere\/core\.\w+\.wasm answered 404; .*wasmUrl/);
  });

  await test("a worker that cannot be loaded is named, with what to do", async () => {
    const error = await page.evaluate(() =>
      window.pagevec.Client.open({ name: "x", workerUrl: "/nowhere.js" }).catch((e) => ({
        code: e.code,
        message: e.message,
      })),
    );
    assert.equal(error.code, "engine_failed");
    assert.match(error.message, /nowhere\.js answered 404; .*workerUrl/);
  });

  await test("the core as bytes or as a compiled module goes into the worker", async () => {
    const files = await readdir(join(environment.mounts["/"], "assets"));
    const file = files.find((name) => /^core\.simd128-.*\.wasm$/.test(name));
    const args = { address: `/assets/${file}`, modelUrl: environment.modelUrl };
    assert.deepEqual(await page.evaluate(openWithBinaries, args), [0, 384, 0, 384]);
  });
  await page.close();

  await test("under Trusted Types a trusted address, or a worker that was made, does", async () => {
    await trustedTypes(environment);
  });
}

/** Runs in the page: a client and a model with either form. Their files are looked for nowhere. */
async function openWithBinaries({ address, modelUrl }) {
  const bytes = await (await fetch(address)).arrayBuffer();
  const found = [];
  for (const wasmBinary of [bytes, await WebAssembly.compile(bytes)]) {
    const engine = { wasmBinary, wasmUrl: "/nowhere/" };
    const client = await window.pagevec.Client.open({ name: "b", storage: "memory", ...engine });
    found.push(await client.countCollections());
    await client.close();
    const model = window.pagevec.miniLM({ modelUrl, ...engine });
    found.push((await model.generate(["a text"]))[0].length);
    await model.close();
  }
  return found;
}

async function trustedTypes({ mounts, openPage }) {
  const assets = await readdir(join(mounts["/"], "assets"));
  const script = assets.find((file) => /^worker-.*\.js$/.test(file));
  const csp = `${POLICY}; require-trusted-types-for 'script'; trusted-types app`;
  const server = await startServer({ csp, mounts });
  const page = await openPage(server.url);
  const { refused, counts } = await page.evaluate(async (address) => {
    const policy = window.trustedTypes.createPolicy("app", { createScriptURL: (url) => url });
    const trusted = policy.createScriptURL(address);
    const open = (options) =>
      window.pagevec.Client.open({ name: "trusted", storage: "memory", ...options });
    const refused = await open({}).catch(({ code, message }) => ({ code, message }));
    const counts = [];
    const worker = new Worker(trusted, { type: "module" });
    for (const options of [{ workerUrl: trusted }, { worker }]) {
      const client = await open(options);
      counts.push(await client.countCollections());
      await client.close();
    }
    return { refused, counts };
  }, `/assets/${script}`);
  assert.equal(refused.code, "engine_failed");
  assert.match(refused.message, /TrustedScriptURL/);
  assert.deepEqual(counts, [0, 0]);
  await page.close();
  await server.close();
}
