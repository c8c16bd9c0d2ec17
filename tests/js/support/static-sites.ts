import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import type { SitePage } from "../../../js/src/cli/pages/site-page.js";
import type { EmbeddingFunction } from "../../../js/src/types.js";
import { uniform } from "../../support/mulberry32.mjs";

const DIMENSIONS = 128;

/** Vectors of words: texts with common words are near. Counts the texts that it was given. */
export class WordEmbedding implements EmbeddingFunction {
  readonly name = "words";
  readonly seen: string[] = [];
  private readonly words = new Map<string, number[]>();

  constructor(private readonly seed = 1) {}

  async generate(texts: string[]): Promise<Float32Array[]> {
    this.seen.push(...texts);
    return texts.map((text) => this.vectorOf(text));
  }

  private wordVector(word: string): number[] {
    let vector = this.words.get(word);
    if (vector === undefined) {
      const bytes = createHash("sha256").update(word).digest();
      const random = uniform(bytes.readUInt32LE(0) + this.seed);
      vector = Array.from({ length: DIMENSIONS }, () => random() - 0.5);
      this.words.set(word, vector);
    }
    return vector;
  }

  private vectorOf(text: string): Float32Array {
    const sum = new Float32Array(DIMENSIONS);
    for (const word of text.toLowerCase().match(/[\p{L}\d]+/gu) ?? []) {
      const own = this.wordVector(word);
      for (let d = 0; d < DIMENSIONS; d++) sum[d] = (sum[d] as number) + (own[d] as number);
    }
    const norm = Math.hypot(...sum) || 1;
    return sum.map((value) => value / norm);
  }
}

const WORDS =
  "river stone café Straße naïve 日本 plant sugar light water heat engine train note song bird winter summer root leaf bread salt iron glass paper".split(
    " ",
  );

/** Texts of words, some of them rare. */
export function randomTexts(count: number, seed: number): string[] {
  const random = uniform(seed);
  return Array.from({ length: count }, () =>
    Array.from({ length: 3 + Math.floor(random() * 25) }, () => {
      const word = WORDS[Math.floor(random() ** 2 * WORDS.length)];
      return random() < 0.4 ? `${word}${Math.floor(random() ** 2 * 300)}` : word;
    }).join(" "),
  );
}

/** A page a text, without title, so that a passage is the text. */
export function pagesOf(texts: readonly string[]): SitePage[] {
  return texts.map((text, i) => ({
    url: `https://site.example/${i}`,
    title: "",
    sections: [{ anchor: "", heading: "", text }],
  }));
}

/** A folder for one test file, removed by its second value. */
export async function temporaryFolder(): Promise<[path: string, remove: () => Promise<void>]> {
  const path = await mkdtemp(join(tmpdir(), "pagevec-static-"));
  return [path, () => rm(path, { recursive: true })];
}

const nameOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex").slice(0, 16);

/**
 * Changes one file of an index and everything that names it, as somebody could who has the whole folder: its hash
 * is right again.
 * @returns whether there is a file of that kind
 */
export async function forge(
  folder: string,
  kind: string,
  change: (bytes: Buffer) => Uint8Array,
  pick = 0,
): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(`${kind}.`)).sort();
  const name = names[pick % names.length] as string;
  const changed = change(gunzipSync(await readFile(join(folder, name))));
  await write(folder, kind, changed);
  const manifest = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8"));
  if (kind === "tables") {
    manifest.tables = [nameOf(changed), changed.length];
  } else {
    const tables = `tables.${manifest.tables[0]}.pvs`;
    const text = gunzipSync(await readFile(join(folder, tables))).toString();
    const entry = new RegExp(`"${name.split(".")[1]}",\\d+`, "g");
    const own = Buffer.from(text.replace(entry, `"${nameOf(changed)}",${changed.length}`));
    await write(folder, "tables", own);
    manifest.tables = [nameOf(own), own.length];
  }
  await writeFile(join(folder, "manifest.json"), JSON.stringify(manifest));
}

async function write(folder: string, kind: string, bytes: Uint8Array): Promise<void> {
  await writeFile(join(folder, `${kind}.${nameOf(bytes)}.pvs`), gzipSync(bytes));
}
