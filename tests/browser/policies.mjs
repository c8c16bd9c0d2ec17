import assert from "node:assert/strict";

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
    assert.match(error.message, /workerUrl/);
  });
  await page.close();
}
