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
export interface Starter {
  entries: Entry[];
  vectors: Float32Array[];
}

interface Index {
  total: number;
  shardSize: number;
  shards: string[];
}

/** Of the first shard, as tools/starter.mjs writes it. */
const STARTER_FILE = "starter/vectors.bin";
const DIMENSION = 384;

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
    const [entries, file] = await Promise.all([
      this.shard(this.index.shards[0] ?? ""),
      load(STARTER_FILE),
    ]);
    const vectors = readVectors(await file.arrayBuffer(), DIMENSION);
    if (vectors.length !== entries.length) {
      throw new Error(`${STARTER_FILE} has ${vectors.length} vectors of ${entries.length} entries`);
    }
    return { entries, vectors };
  }

  /** The first `limit` entries, part by part. */
  async *parts(limit: number): AsyncGenerator<Entry[]> {
    for (const [place, shard] of this.index.shards.entries()) {
      const left = limit - place * this.index.shardSize;
      if (left <= 0) return;
      yield (await this.shard(shard)).slice(0, left);
    }
  }

  private async shard(name: string): Promise<Entry[]> {
    const response = await load(`data/${name}`);
    return ((await response.json()) as Row[]).map(toEntry);
  }
}

function toEntry([id, part, words, gloss]: Row): Entry {
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
