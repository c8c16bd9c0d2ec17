import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";

/** The script, run twice. */
export async function node(test, environment) {
  const folder = environment.install("node");
  await rm(join(folder, "notes.pvar"), { force: true });
  const search = async (question) =>
    (await environment.run(folder, process.execPath, ["search.js", question])).trim().split("\n");

  await test("the first run embeds the notes, and finds one by meaning", async () => {
    const [made, first, ...others] = await search("will I get wet");
    assert.match(made, /^4 notes embedded, written to .*notes\.pvar$/);
    assert.match(first, /^0\.\d{3} rain\.txt It will pour tomorrow/);
    assert.equal(others.length, 2);
  });
  await test("the second run finds what the first stored", async () => {
    const [read, first] = await search("how do plants make sugar");
    assert.match(read, /^4 notes from .*notes\.pvar$/);
    assert.match(first, /^0\.\d{3} leaves\.txt Chlorophyll/);
  });
}
