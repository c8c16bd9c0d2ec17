import "fake-indexeddb/auto";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Client } from "../../js/src/client.js";
import { loadCore } from "../../js/src/engine/load.js";
import type { CoreModule } from "../../js/src/engine/module.js";
import { IndexedDbStore } from "../../js/src/storage/indexeddb.js";
import type { Manifest } from "../../js/src/storage/store.js";
import { uniform } from "../support/mulberry32.mjs";
import { settled, withDatabase } from "./support/damage.js";
import {
  BATCHES,
  damaged,
  pick,
  type Random,
  stateOf,
  storeBatches,
} from "./support/damaged-client.js";
import { openMirroredClient } from "./support/mirrored-client.js";
import { NodeFolder } from "./support/node-folder.js";

// A stored database with one thing wrong with it, at a random place, again and again. PAGEVEC_PLACES and
// PAGEVEC_SEED: how many places, and which.

const PLACES = Number(process.env.PAGEVEC_PLACES ?? 100);
const SEED = Number(process.env.PAGEVEC_SEED ?? Date.now() % 1e6);
const STORES = ["meta", "journal", "parts"] as const;

type StoreName = (typeof STORES)[number];
interface Row {
  store: StoreName;
  key: IDBValidKey;
  value: unknown;
}
/** A stored database as it lies there. */
interface Image {
  rows: Row[];
  files: Map<string, Uint8Array>;
}

const root = fs.mkdtempSync(join(tmpdir(), "pagevec-damage-"));
afterAll(() => fs.rmSync(root, { recursive: true }));
const folderOf = (name: string) => new NodeFolder(join(root, name));

let core: CoreModule;
let image: Image;
/** What the collection has after the snapshot and so many batches. */
let states: string[];

async function build(): Promise<void> {
  const name = "pristine";
  states = await storeBatches(() => openMirroredClient({ core, name, folder: folderOf(name) }));
  image = await read(name);
}

async function read(name: string): Promise<Image> {
  const rows: Row[] = [];
  await withDatabase(name, async (database) => {
    for (const store of STORES) {
      const objects = database.transaction(store).objectStore(store);
      const [keys, values] = await Promise.all([
        settled(objects.getAllKeys()),
        settled(objects.getAll()),
      ]);
      rows.push(...keys.map((key, i) => ({ store, key, value: values[i] })));
    }
  });
  const { path } = folderOf(name);
  const names = fs.readdirSync(path);
  return {
    rows,
    files: new Map(names.map((n) => [n, new Uint8Array(fs.readFileSync(join(path, n)))])),
  };
}

let names = 0;

async function store({ rows, files }: Image): Promise<string> {
  const name = `damaged-${++names}`;
  await (await IndexedDbStore.open(name)).close();
  await withDatabase(name, async (database) => {
    const transaction = database.transaction(STORES, "readwrite");
    for (const { store, key, value } of rows) transaction.objectStore(store).put(value, key);
    await new Promise((resolve) => {
      transaction.oncomplete = resolve;
    });
  });
  const { path } = folderOf(name);
  for (const [file, bytes] of files) fs.writeFileSync(join(path, file), bytes);
  return name;
}

/** The numbers of a manifest that say where the blocks are. */
function damagedManifest(manifest: Manifest, random: Random): { what: string; value?: Manifest } {
  const field = pick(random, ["missing", "generation", "parts", "coveredSequence"] as const);
  if (field === "missing") return { what: field };
  const value = manifest.snapshot[field] + pick(random, [-1, 1]);
  return {
    what: field,
    value: { ...manifest, snapshot: { ...manifest.snapshot, [field]: value } },
  };
}

interface Damaged {
  what: string;
  image: Image;
  row?: Row;
  file?: string;
}

function damageRow(row: Row, random: Random, from = image): Damaged {
  const { what, ...left } =
    row.store === "meta"
      ? damagedManifest(row.value as Manifest, random)
      : damaged(new Uint8Array(row.value as ArrayBuffer), random);
  const value = "bytes" in left ? left.bytes?.buffer : (left as { value?: Manifest }).value;
  const others = from.rows.filter(({ store, key }) => store !== row.store || key !== row.key);
  const rows = value === undefined ? others : [...others, { ...row, value }];
  const key = JSON.stringify(row.key);
  return { what: `${row.store} ${key} ${what}`, image: { ...from, rows }, row };
}

function damageFile(file: string, random: Random, from = image): Damaged {
  const { what, bytes } = damaged(from.files.get(file) as Uint8Array, random);
  const files = new Map(from.files);
  if (bytes) files.set(file, bytes);
  else files.delete(file);
  return { what: `${file} ${what}`, image: { ...from, files }, file };
}

/** Those that damage is done to: not the note of who writes. */
const rowsOf = ({ rows }: Image) => rows.filter(({ key }) => key !== "/writer");

/** Without the last batch: a journal that ends before it was is like one that had no more. */
function notLast(from: Image): Row[] {
  const last = from.rows.filter(({ store }) => store === "journal").at(-1);
  return rowsOf(from).filter((row) => row !== last);
}

async function opened<T>(
  damage: Damaged,
  withCopy: boolean,
  judge: (client: Client, name: string) => Promise<T>,
): Promise<T> {
  const name = await store(damage.image);
  const folder = withCopy ? folderOf(name) : undefined;
  const client = await openMirroredClient({ core, name, folder });
  try {
    return await judge(client, name);
  } finally {
    await client.close();
    fs.rmSync(join(root, name), { recursive: true, force: true });
  }
}

const kindsOf = async (client: Client) => (await client.storage()).reports.map(({ kind }) => kind);
const whole = () => states[BATCHES] as string;

/** What is wrong, if anything. */
async function judgeRow(client: Client): Promise<string | null> {
  if ((await stateOf(client)) !== whole()) return "the data is another";
  const kinds = await kindsOf(client);
  if (kinds.length === 0) return "nothing was reported";
  if (kinds.includes("lost")) return "lost was reported, and there was a second copy";
  const problems = (await client.check()).flatMap((checked) => checked.problems);
  return problems.length > 0 ? `it was not healed: ${problems}` : null;
}

async function judgeFile(client: Client, name: string, { file, image: from }: Damaged) {
  const path = join(root, name, file as string);
  const rewritten = () => {
    const now = fs.existsSync(path) ? fs.readFileSync(path) : undefined;
    const then = from.files.get(file as string);
    return now === undefined || then === undefined || Buffer.compare(now, then) !== 0;
  };
  const problems = (await client.check()).flatMap((checked) => checked.problems);
  if (problems.length === 0 && !rewritten()) return "nobody noticed";
  if ((await stateOf(client)) !== whole()) return "the data is another";
  return (await kindsOf(client)).includes("lost") ? "lost was reported" : null;
}

/** Without a sound copy: what is there is a state that was, and what is not is told. */
async function judgeAlone(client: Client): Promise<string | null> {
  const found = await stateOf(client).catch((error) => error.code);
  const kinds = await kindsOf(client);
  if (found === whole()) {
    return kinds.includes("recovered") && !kinds.includes("lost")
      ? null
      : `whole, reported ${kinds}`;
  }
  if (!kinds.includes("lost")) {
    const { copy, copyProblem } = await client.storage();
    return `after batch ${states.indexOf(found)}: reported ${kinds}; copy ${copy} ${copyProblem}`;
  }
  if (found === "corrupt" || found === "not_found") return null;
  // Empty: as the catalog before the last one has it, where both the manifest and that one are damaged.
  return states.includes(found) || found === "[]" ? null : "the data never was so";
}

describe(`${PLACES} damages, seed ${SEED}`, () => {
  beforeAll(async () => {
    core = await loadCore({ variant: "simd128" });
    await build();
  });

  async function soak(
    seed: number,
    damage: (random: Random) => Damaged,
    withCopy: boolean,
    judge: (client: Client, name: string, damage: Damaged) => Promise<string | null>,
  ): Promise<void> {
    const random = uniform(seed);
    const wrong: string[] = [];
    for (let i = 0; i < PLACES / 4; ++i) {
      const done = damage(random);
      const problem = await opened(done, withCopy, (client, name) => judge(client, name, done));
      if (problem) wrong.push(`${done.what}: ${problem}`);
    }
    expect(wrong).toEqual([]);
  }
  const LIMIT_MS = 60_000 + PLACES * 500;

  test(
    "IndexedDB is healed from the second copy",
    async () => {
      await soak(SEED, (random) => damageRow(pick(random, rowsOf(image)), random), true, judgeRow);
    },
    LIMIT_MS,
  );

  test(
    "a damaged second copy harms nothing, and is noticed",
    async () => {
      const files = () => [...image.files.keys()];
      await soak(SEED + 1, (random) => damageFile(pick(random, files()), random), true, judgeFile);
    },
    LIMIT_MS,
  );

  test(
    "without a second copy it is told what is lost",
    async () => {
      const blocks = () => notLast(image).filter(({ store }) => store !== "meta");
      await soak(
        SEED + 2,
        (random) => damageRow(pick(random, blocks()), random),
        false,
        judgeAlone,
      );
    },
    LIMIT_MS,
  );

  test(
    "damage to both copies is healed or told",
    async () => {
      const both = (random: Random) => {
        const row = damageRow(pick(random, notLast(image)), random);
        const file = damageFile(pick(random, [...image.files.keys()]), random, row.image);
        return { ...file, what: `${row.what}, ${file.what}` };
      };
      await soak(SEED + 3, both, true, judgeAlone);
    },
    LIMIT_MS,
  );
});
