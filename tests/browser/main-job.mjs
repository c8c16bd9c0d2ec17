import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { driveDemo } from "../../tools/demo-drive.mjs";
import { glosses } from "../../tools/glosses.mjs";
import { startServer } from "../../tools/loopback-server.mjs";
import { POLICY } from "../support/policy.mjs";

const DEMO = fileURLToPath(new URL("../../web-demo/dist", import.meta.url));
const PICTURES = fileURLToPath(new URL("../../build/main-job", import.meta.url));
const ENTRIES = Number(process.env.PAGEVEC_ENTRIES ?? 10_000);
const QUERIES = 200;
const LEAST_RECALL = 0.95;

/**
 * The demo's whole life with real glosses: embed, index, search, reload offline, search again; and
 * on the same real vectors, how close HNSW comes to the flat index.
 */
export async function mainJob(test, environment) {
  const { "/": tests, "/models/": models } = environment.mounts;
  const server = await startServer({
    mounts: { "/": DEMO, "/models/": models, "/tests/": tests },
    csp: POLICY,
  });
  let recall;
  const inspect = async (context) => {
    const page = await context.newPage();
    await page.goto(`${server.url}tests/`);
    await page.waitForFunction(() => "measureRecall" in window);
    recall = await page.evaluate((args) => window.measureRecall(args), {
      client: "reverse-dictionary",
      collection: "dictionary",
      texts: glosses().slice(-QUERIES),
      modelUrl: "/models/all-MiniLM-L6-v2/",
    });
    await page.close();
  };

  await test(`${ENTRIES} glosses: the answers after an offline reload are those before`, async () => {
    const equal = await driveDemo({ server, entries: ENTRIES, pictures: PICTURES, inspect });
    assert(equal, "see the table above");
  });
  for (const space of ["l2", "ip", "cosine"]) {
    await test(`recall@10 at efSearch 64 in ${space} is at least ${LEAST_RECALL}`, () => {
      assert.equal(recall.rows, ENTRIES);
      console.log(`main-job: recall@10 in ${space} ${recall.recalls[space].toFixed(4)}`);
      assert(recall.recalls[space] >= LEAST_RECALL, `it is ${recall.recalls[space]}`);
    });
  }
}
