/**
 * pagevec/node: batches of 100 documents with vectors of 384 dimensions, relaxed and strict, beside plain
 * appends of the same bytes to a file, without and with fsync; opening and exporting a folder of many
 * records; and texts that miniLM() embeds a second, in place and in threads. In turns in one run.
 *
 *   --records 100000   in the folder that is opened and exported
 *   --index flat       without a graph, which takes minutes to build
 *   --rounds 5
 *   --json             a JSON object a line
 */
import { createWriteStream, readFileSync } from "node:fs";
import { mkdtemp, open, readdir, rm, stat } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { parseArgs } from "node:util";
import { miniLM } from "../../js/dist/index.js";
import { openClient, setModelFolder } from "../../js/dist/node/index.js";
import { modelsFolder, modelUrl } from "../../tools/model-cache.mjs";
import { uniform } from "../support/mulberry32.mjs";
import { interleave, median, report } from "./report.mjs";

const { values } = parseArgs({
  options: {
    records: { type: "string", default: "100000" },
    index: { type: "string", default: "auto" },
    rounds: { type: "string", default: "5" },
    json: { type: "boolean", default: false },
  },
});
const ROUNDS = Number(values.rounds);
const RECORDS = Number(values.records);
const DIMENSION = 384;
const BATCH = 100;
const CENTRES = 1000;
const TEXTS = 400;
const MIB = 2 ** 20;
const APPENDS = 10 * ROUNDS;
const TEXT = "pagevec keeps what was written ".repeat(9);

const random = uniform(1);
const centres = Array.from({ length: CENTRES }, () =>
  Float32Array.from({ length: DIMENSION }, () => random() - 0.5),
);

/** Vectors lie in clusters, as those of texts do. */
function batchOf(first, count = BATCH) {
  const rows = Array.from({ length: count }, (_, i) => first + i);
  return {
    ids: rows.map(String),
    documents: rows.map((row) => `${row} ${TEXT}`),
    embeddings: rows.map((row) =>
      centres[row % CENTRES].map((value) => value + (random() - 0.5) * 0.5),
    ),
  };
}

const root = await mkdtemp(join(tmpdir(), "pagevec-bench-"));
console.error(`load average at the start: ${loadavg()[0].toFixed(2)}`);
try {
  await measureAppends();
  await measureFolder();
  await measureTexts();
} finally {
  await rm(root, { recursive: true });
}
console.error(`load average at the end: ${loadavg()[0].toFixed(2)}`);

async function measureAppends() {
  const clients = {};
  for (const durability of ["relaxed", "strict"]) {
    const client = await openClient({ path: join(root, durability), durability });
    const notes = await client.createCollection({
      name: "notes",
      configuration: { index: "flat" },
    });
    clients[durability] = { client, notes };
  }
  const raw = await open(join(root, "raw"), "a");
  // With the first turn, which is not counted, of both.
  const batches = Array.from({ length: 2 * (APPENDS + 1) }, (_, i) => batchOf(BATCH * i));
  // The documents and vectors of a batch, as many bytes as its record has, about.
  const bytes = new Uint8Array(BATCH * (DIMENSION * 4 + TEXT.length + 16));
  const add = (durability) => () => clients[durability].notes.add(batches.pop());
  const times = await interleave(
    {
      relaxed: add("relaxed"),
      "raw.relaxed": () => raw.write(bytes),
      strict: add("strict"),
      "raw.strict": async () => {
        await raw.write(bytes);
        await raw.sync();
      },
    },
    APPENDS,
  );
  await raw.close();
  for (const { client } of Object.values(clients)) await client.close();
  for (const [name, list] of Object.entries(times)) {
    const against = name.startsWith("raw") ? undefined : `raw.${name}`;
    const value = median(list);
    const ratio = against && value / median(times[against]);
    report({ name: `node.append.${name}`, value, unit: "ms", ratio, against });
  }
}

async function measureFolder() {
  const path = join(root, "large");
  let client = await openClient({ path });
  const configuration = { index: values.index };
  let notes = await client.createCollection({ name: "notes", configuration });
  for (let at = 0; at < RECORDS; at += 1000) await notes.add(batchOf(at, 1000));
  for (let left = 1; left > 0; ) {
    ({ numUnindexedOps: left } = await notes.getIndexingStatus());
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  // Stores the snapshot.
  await client.close();
  const query = { queryEmbeddings: [centres[0]], nResults: 10 };
  const times = await interleave(
    {
      read: () => readAll(path),
      open: async () => {
        client = await openClient({ path });
        notes = await client.getCollection({ name: "notes" });
        await notes.query(query);
      },
      export: async () => {
        const file = createWriteStream(join(root, "file"));
        await (await client.export()).pipeTo(Writable.toWeb(file));
        await client.close();
      },
    },
    ROUNDS,
  );
  const bytes = (await stat(join(root, "file"))).size;
  report({ name: "node.export.bytes", value: bytes / MIB, unit: "MiB" });
  for (const [name, list] of Object.entries(times)) {
    const ratio = name === "read" ? undefined : median(list) / median(times.read);
    report({ name: `node.${name}`, value: median(list), unit: "ms", ratio, against: "read" });
  }
}

/** The files of a folder, 4 MiB at a time: what opening them cannot do without. */
async function readAll(path) {
  const buffer = new Uint8Array(4 * MIB);
  for (const name of await readdir(path)) {
    const file = await open(join(path, name));
    while ((await file.read(buffer, 0, buffer.length)).bytesRead > 0);
    await file.close();
  }
}

async function measureTexts() {
  setModelFolder(null);
  const url = modelUrl(modelsFolder("all-MiniLM-L6-v2", "vocab,pvm"));
  const fixture = new URL("../fixtures/embeddings/all-minilm-l6-v2.json", import.meta.url);
  const given = JSON.parse(readFileSync(fixture, "utf8")).texts.filter(
    ({ length }) => length < 400,
  );
  const texts = Array.from({ length: TEXTS }, (_, i) => `${given[i % given.length]} ${i}`);
  const models = {
    "in place": miniLM({ modelUrl: url }),
    "1 thread": miniLM({ modelUrl: url, worker: true }),
    "2 threads": miniLM({ modelUrl: url, concurrency: 2 }),
  };
  for (const model of Object.values(models)) await model.load();
  const runs = Object.entries(models).map(([name, model]) => [name, () => model.generate(texts)]);
  const times = await interleave(Object.fromEntries(runs), ROUNDS);
  for (const model of Object.values(models)) await model.close();
  const rate = (name) => (1000 * TEXTS) / median(times[name]);
  for (const name of Object.keys(times)) {
    const ratio = rate(name) / rate("1 thread");
    report({
      name: `node.texts.${name}`,
      value: rate(name),
      unit: "/s",
      ratio,
      against: "1 thread",
    });
  }
}
