import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";

const GOLDEN = new URL("../fixtures/snapshot/v1/", import.meta.url);

/** What was written natively is read in the browser, by both variants, with the same answers. */
export async function storedForm(test, environment) {
  const names = (await readdir(GOLDEN)).sort();
  const read = async (name) => (await readFile(new URL(name, GOLDEN))).toString("base64");
  const blocks = (prefix) => Promise.all(names.filter((name) => name.startsWith(prefix)).map(read));
  const args = { parts: await blocks("part"), journal: await blocks("journal") };
  const page = await environment.openPage();
  const answers = {};
  for (const variant of ["simd128", "relaxed"]) {
    await test(`the golden snapshot and journal load (${variant})`, async () => {
      answers[variant] = await page.evaluate(
        ([v, a]) => window.replayGolden(v, a),
        [variant, args],
      );
      assert.equal(answers[variant].count, 42);
      assert.equal(answers[variant].lastSequence, 7);
    });
  }
  await test("both variants find the same neighbours", () => {
    assert.deepEqual(answers.relaxed.nearest, answers.simd128.nearest);
    assert.equal(answers.relaxed.nearest.length, 10);
  });
  await page.close();
}
