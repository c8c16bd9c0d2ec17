// node search.js "how do plants make sugar": searches the texts in notes/ by meaning.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { Client, miniLM } from "pagevec";

const NOTES = new URL("notes/", import.meta.url);
const INDEX = new URL("notes.pvar", import.meta.url);
const question = process.argv[2] ?? "how do plants make sugar";

// The model is an npm package, too: nothing is downloaded at run time.
const modelUrl = new URL(".", import.meta.resolve("@pagevec/all-minilm-l6-v2/package.json")).href;
const model = miniLM({ modelUrl });
const client = await Client.open({ name: "notes", storage: "memory" });
const notes = await openNotes();

const { rows } = await notes.search({ text: question, limit: 3 });
for (const { id, score, document } of rows) console.log(score.toFixed(3), id, document);
await client.close();
await model.close();

/** The collection of an earlier run, or a new one. What it holds lives in memory, and in one file between runs. */
async function openNotes() {
  const stored = await readFile(INDEX).catch(() => undefined);
  if (stored) {
    await client.import(stored);
    const notes = await client.getCollection({ name: "notes", embeddingFunction: model });
    console.log(`${await notes.count()} notes from ${INDEX.pathname}`);
    return notes;
  }
  const notes = await client.createCollection({ name: "notes", embeddingFunction: model });
  const ids = (await readdir(NOTES)).sort();
  const documents = await Promise.all(ids.map((id) => readFile(new URL(id, NOTES), "utf8")));
  await notes.add({ ids, documents: documents.map((text) => text.trim()) });
  await writeFile(INDEX, await client.export());
  console.log(`${ids.length} notes embedded, written to ${INDEX.pathname}`);
  return notes;
}
