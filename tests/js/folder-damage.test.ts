import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Client } from "../../js/src/client.js";
import { loadCore } from "../../js/src/engine/load.js";
import type { CoreModule } from "../../js/src/engine/module.js";
import { uniform } from "../support/mulberry32.mjs";
import { BATCHES, damaged, pick, stateOf, storeBatches } from "./support/damaged-client.js";
import { openFolderClient } from "./support/folder-client.js";

// A folder with one thing wrong with it, at a random place, again and again. PAGEVEC_PLACES and
// PAGEVEC_SEED: how many places, and which.

const PLACES = Number(process.env.PAGEVEC_PLACES ?? 100);
const SEED = Number(process.env.PAGEVEC_SEED ?? Date.now() % 1e6);

const root = fs.mkdtempSync(join(tmpdir(), "pagevec-folder-damage-"));
afterAll(() => fs.rmSync(root, { recursive: true }));

let core: CoreModule;
/** The files of the folder. */
let image: Map<string, Uint8Array>;
/** What the collection has after the snapshot and so many batches. */
let states: string[];
const whole = () => states[BATCHES] as string;

async function build(): Promise<void> {
  const path = join(root, "pristine");
  states = await storeBatches(() => openFolderClient({ core, path }));
  const names = fs.readdirSync(path);
  image = new Map(names.map((name) => [name, new Uint8Array(fs.readFileSync(join(path, name)))]));
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
        const name = pick(random, [...image.keys()]);
        const { what, bytes } = damaged(image.get(name) as Uint8Array, random);
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
