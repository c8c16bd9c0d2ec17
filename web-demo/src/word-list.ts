import type { WordMetadata } from "./library.js";

/** One meaning: [id, part of speech, words, gloss], as tools/wordnet.mjs writes it. */
type Row = [id: string, part: string, words: string[], gloss: string];

export interface Entry {
  id: string;
  document: string;
  metadata: WordMetadata;
}

interface Index {
  total: number;
  shardSize: number;
  shards: string[];
}

/** WordNet in parts, the most familiar words first. */
export class WordList {
  private constructor(private readonly index: Index) {}

  static async load(): Promise<WordList> {
    return new WordList(await loadJson<Index>("index.json"));
  }

  get total(): number {
    return this.index.total;
  }

  /** The first `limit` entries, part by part. */
  async *parts(limit: number): AsyncGenerator<Entry[]> {
    for (const [place, shard] of this.index.shards.entries()) {
      const left = limit - place * this.index.shardSize;
      if (left <= 0) return;
      yield (await loadJson<Row[]>(shard)).slice(0, left).map(toEntry);
    }
  }
}

function toEntry([id, part, words, gloss]: Row): Entry {
  return { id, document: `${words[0]}: ${gloss}`, metadata: { part, words } };
}

async function loadJson<T>(name: string): Promise<T> {
  let response: Response;
  try {
    response = await fetch(new URL(`data/${name}`, document.baseURI));
  } catch (cause) {
    throw new Error(
      "The next part of the dictionary is not on this machine yet and the network is away. Continue when you are online.",
      { cause },
    );
  }
  if (!response.ok) throw new Error(`The dictionary's file ${name} answered ${response.status}.`);
  return (await response.json()) as T;
}
