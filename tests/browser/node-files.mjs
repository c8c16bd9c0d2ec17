import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openClient } from "../../js/dist/node/index.js";
import { defineHelpers } from "./archive.mjs";

/** Files of collections that a page and a folder of pagevec/node hand to each other. */
export async function nodeFiles(test, environment) {
  await test("a file of a page opens in Node, and one of Node's in a page", async () => {
    const page = await environment.openPage();
    const path = await mkdtemp(join(tmpdir(), "pagevec-exchange-"));
    try {
      await page.evaluate(defineHelpers);
      await page.evaluate(() => window.openAs("from-page"));
      await page.evaluate(() => window.fill("notes", 3000));
      const fromPage = await page.evaluate(() => window.contents("notes"));
      await page.evaluate(() => window.exported());
      let client = await openClient({ path });
      const imported = await client.import(Buffer.from(await page.evaluate(readFile), "base64"));
      assert.deepEqual(imported, [
        { name: "notes", from: "notes", outcome: "created", records: 3000 },
      ]);
      const notes = await client.getCollection({ name: "notes" });
      assert.deepEqual(notes.metadata, { name: "notes" });
      assert.deepEqual(await recordsOf(notes), recordsIn(fromPage.notes));
      await notes.delete({ ids: ["r7", "r2999"] });
      await notes.add({ ids: ["node"], embeddings: [Array(16).fill(0.25)], documents: ["ü 😀"] });
      const inNode = await recordsOf(notes);
      await client.close();
      // From what is stored, not from what was loaded.
      client = await openClient({ path });
      const file = Buffer.from(await new Response(await client.export()).arrayBuffer());
      await client.close();
      await page.evaluate(() => window.openAs("from-node"));
      await page.evaluate(importFile, file.toString("base64"));
      const inPage = await page.evaluate(() => window.contents("notes"));
      assert.deepEqual(recordsIn(inPage.notes), inNode);
      assert.equal(inNode.ids.length, 2999);
      for (const { problems } of await page.evaluate(() => window.client.check())) {
        assert.deepEqual(problems, []);
      }
    } finally {
      await rm(path, { recursive: true });
      await page.close();
    }
  });
}

function recordsIn({ ids, documents, metadatas, vectors }) {
  return { ids, documents, metadatas, vectors };
}

async function recordsOf(collection) {
  const include = ["documents", "metadatas", "embeddings"];
  const { ids, documents, metadatas, embeddings } = await collection.get({ include });
  return { ids, documents, metadatas, vectors: embeddings.map((vector) => [...vector]) };
}

/** The page's file in Base64. */
async function readFile() {
  const bytes = new Uint8Array(await window.file.arrayBuffer());
  const parts = [];
  for (let at = 0; at < bytes.length; at += 32_768) {
    parts.push(String.fromCharCode(...bytes.subarray(at, at + 32_768)));
  }
  return btoa(parts.join(""));
}

async function importFile(base64) {
  await window.client.import(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)));
}
