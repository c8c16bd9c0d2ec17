import type { WordMetadata } from "./library.js";
import { readVectors } from "./vectors-file.js";

/** One meaning: [id, part of speech, words, gloss], as tools/wordnet.mjs writes it. */
type Row = [id: string, part: string, words: string[], gloss: string];

export interface Entry {
  id: string;
  document: string;
  metadata: WordMetadata;
}

/** Entries with their vectors, made when the page was built. */
export class Starter {
  /**
   * @param lines a row each
   * @param vectors as tools/starter.mjs writes them
   */
  constructor(
    private readonly lines: string[],
    private readonly vectors: ArrayBuffer,
  ) {
    const bytes = lines.length * DIMENSION;
    if (vectors.byteLength !== bytes) {
      throw new Error(`${STARTER_FILE} has ${vectors.byteLength} bytes, the entries need ${bytes}`);
    }
  }

  get size(): number {
    return this.lines.length;
  }

  /** Some of them: to read all at once would hold the page up. */
  slice(start: number, end: number): { entries: Entry[]; embeddings: Float32Array[] } {
    const bytes = this.vectors.slice(start * DIMENSION, end * DIMENSION);
    return {
      entries: this.lines.slice(start, end).map(toEntry),
      embeddings: readVectors(bytes, DIMENSION),
    };
  }
}

interface Index {
  total: number;
  shardSize: number;
  shards: string[];
}

/** Of the first shard, as tools/starter.mjs writes it. */
const STARTER_FILE = "starter/vectors.bin";
const DIMENSION = 384;
/** How many entries are read in one go. */
const PIECE_SIZE = 250;

/** WordNet in parts, the most familiar words first; the first part's vectors come with the page. */
export class WordList {
  private fetched: Promise<Starter> | undefined;

  private constructor(private readonly index: Index) {}

  static async load(): Promise<WordList> {
    const response = await load("data/index.json");
    return new WordList((await response.json()) as Index);
  }

  get total(): number {
    return this.index.total;
  }

  /** How many entries come with their vectors. */
  get starterSize(): number {
    return this.index.shardSize;
  }

  /** Fetched once, however often it is asked for, until it is forgotten or could not be had. */
  starter(): Promise<Starter> {
    this.fetched ??= this.fetchStarter().catch((error) => {
      this.forgetStarter();
      throw error;
    });
    return this.fetched;
  }

  /** Frees the memory that it takes. */
  forgetStarter(): void {
    this.fetched = undefined;
  }

  private async fetchStarter(): Promise<Starter> {
    const [lines, file] = await Promise.all([
      readLines(this.index.shards[0] ?? ""),
      load(STARTER_FILE),
    ]);
    return new Starter(lines, await file.arrayBuffer());
  }

  /** The first `limit` entries, a few at a time. */
  async *parts(limit: number): AsyncGenerator<Entry[]> {
    for (const [place, shard] of this.index.shards.entries()) {
      const left = limit - place * this.index.shardSize;
      if (left <= 0) return;
      const lines = (await readLines(shard)).slice(0, left);
      for (let start = 0; start < lines.length; start += PIECE_SIZE) {
        yield lines.slice(start, start + PIECE_SIZE).map(toEntry);
      }
    }
  }
}

/** The rows of a shard, which has one a line between its brackets, as text still. */
async function readLines(name: string): Promise<string[]> {
  const text = await (await load(`data/${name}`)).text();
  return text.trim().split("\n").slice(1, -1);
}

function toEntry(line: string): Entry {
  const [id, part, words, gloss] = JSON.parse(line.replace(/,$/, "")) as Row;
  return { id, document: `${words[0]}: ${gloss}`, metadata: { part, words } };
}

/** A file that comes with the page. */
async function load(path: string): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(new URL(path, document.baseURI));
  } catch (cause) {
    throw new Error(
      "The next part of the dictionary is not on this machine yet and the network is away. Continue when you are online.",
      { cause },
    );
  }
  if (!response.ok) throw new Error(`The page's file ${path} answered ${response.status}.`);
  return response;
}
