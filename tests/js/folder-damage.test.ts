import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Client } from "../../js/src/client.js";
import { loadCore } from "../../js/src/engine/load.js";
import type { CoreModule } from "../../js/src/engine/module.js";
import { uniform } from "../support/mulberry32.mjs";
import { openFolderClient } from "./support/folder-client.js";

// A folder with one thing wrong with it, at a random place, again and again. PAGEVEC_PLACES and
// PAGEVEC_SEED: how many places, and which.

const PLACES = Number(process.env.PAGEVEC_PLACES ?? 100);
const SEED = Number(process.env.PAGEVEC_SEED ?? Date.now() % 1e6);
/** More than a journal may have before an idle collection gets a snapshot. */
const LONG = "x".repeat(300 * 1024);
const BATCHES = 6;
/** Where blocks have their headers. */
const HEADER_BYTES = 64;

const root = fs.mkdtempSync(join(tmpdir(), "pagevec-folder-damage-"));
afterAll(() => fs.rmSync(root, { recursive: true }));

let core: CoreModule;
/** The files of the folder. */
let image: Map<string, Uint8Array>;
/** What the collection has after the snapshot and so many batches. */
const states: string[] = [];
const whole = () => states[BATCHES] as string;

async function stateOf(client: Client): Promise<string> {
  const notes = await client.getCollection({ name: "notes" });
  const { ids, documents, embeddings } = await notes.get({ include: ["documents", "embeddings"] });
  return JSON.stringify(ids.map((id, i) => [id, documents[i], [...(embeddings[i] ?? [])]]));
}

async function build(): Promise<void> {
  const path = join(root, "pristine");
  let client = await openFolderClient({ core, path });
  let notes = await client.createCollection({ name: "notes", configuration: { index: "hnsw" } });
  const ids = Array.from({ length: 100 }, (_, i) => `${i}`);
  const vectorOf = (i: number) => Array.from({ length: 8 }, (_, d) => Math.sin(i * 8 + d));
  const documents = ids.map((id) => (id === "50" ? LONG : id));
  await notes.add({ ids, embeddings: ids.map((_, i) => vectorOf(i)), documents });
  while ((await notes.getIndexingStatus()).numUnindexedOps > 0) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  // Stores the snapshot.
  await client.close();
  client = await openFolderClient({ core, path });
  notes = await client.getCollection({ name: "notes" });
  states.push(await stateOf(client));
  for (let batch = 1; batch <= BATCHES; ++batch) {
    const ids = [`${batch}`, `new-${batch}`];
    const embeddings = ids.map((_, i) => vectorOf(batch * 1000 + i));
    await notes.upsert({ ids, embeddings, documents: ids.map((id) => `${id} again`) });
    states.push(await stateOf(client));
  }
  await client.close();
  const names = fs.readdirSync(path);
  image = new Map(names.map((name) => [name, new Uint8Array(fs.readFileSync(join(path, name)))]));
}

const below = (random: () => number, limit: number) => Math.floor(random() * limit);

/** Undefined: missing. Headers are as likely as all the rest. */
function damaged(bytes: Uint8Array, random: () => number): [what: string, bytes?: Uint8Array] {
  const kind = ["flip", "flip", "flip", "flip", "cut", "missing"][below(random, 6)];
  const limit = random() < 0.5 ? Math.min(HEADER_BYTES, bytes.length) : bytes.length;
  const at = below(random, limit);
  if (kind === "missing") return ["missing"];
  if (kind === "cut") return [`cut off at ${at}`, bytes.slice(0, at)];
  const flipped = bytes.slice();
  flipped[at] = (flipped[at] as number) ^ (1 << below(random, 8));
  return [`flipped at ${at}`, flipped];
}

/** What is wrong with what a client finds there, if anything. */
async function judge(path: string, readOnly: boolean): Promise<string | null> {
  const opened: Client | string = await openFolderClient({ core, path, readOnly }).catch(
    (error) => error.code,
  );
  // Refused as a whole.
  if (typeof opened === "string") return opened === "corrupt" ? null : `it is ${opened}`;
  try {
    const found = await stateOf(opened).catch((error) => error.code);
    const kinds = (await opened.storage()).reports.map(({ kind }) => kind);
    if (found === whole()) return kinds.includes("lost") ? "lost was reported" : null;
    if (found !== "corrupt" && !states.includes(found)) return `${found.slice(0, 200)} was never`;
    return kinds.includes("lost") ? null : "nothing was reported as lost";
  } finally {
    await opened.close();
  }
}

describe(`a folder that is damaged (seed ${SEED})`, () => {
  beforeAll(async () => {
    core = await loadCore({ variant: "simd128" });
    await build();
  });

  test("has a snapshot, a journal, and a manifest twice", () => {
    const kinds = [...image.keys()].map((name) => name.replace(/^\d+\./, ""));
    expect(kinds.sort()).toEqual(["journal", "manifest", "manifest.copy", "parts"]);
    expect(new Set(states).size).toBe(BATCHES + 1);
  });

  test.each(["to write", "to read"])(
    "opened %s: whole, or told",
    async (how) => {
      const random = uniform(SEED);
      for (let place = 0; place < PLACES; ++place) {
        const name = [...image.keys()][below(random, image.size)] as string;
        const [what, bytes] = damaged(image.get(name) as Uint8Array, random);
        const path = join(root, `damaged-${how.replace(" ", "-")}-${place}`);
        fs.mkdirSync(path);
        for (const [file, sound] of image) {
          const content = file === name ? bytes : sound;
          if (content) fs.writeFileSync(join(path, file), content);
        }
        const problem = await judge(path, how === "to read");
        if (problem) throw new Error(`${name} ${what} (place ${place}, seed ${SEED}): ${problem}`);
        // What was set aside is not told again.
        if (how === "to write") {
          const again = await openFolderClient({ core, path }).catch((error) => error.code);
          if (typeof again === "string") expect(again).toBe("corrupt");
          else await again.close();
        }
        fs.rmSync(path, { recursive: true });
      }
    },
    300_000,
  );
});
