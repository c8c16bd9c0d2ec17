import { decodeRow } from "./coded-rows.js";
import {
  addressOf,
  checkSuggestions,
  type StoredSuggestion,
  type SuggestionEntry,
} from "./format.js";
import { kept } from "./kept.js";
import type { SiteFiles } from "./site-files.js";

export interface Suggestion {
  text: string;
  /** Of the page that it is a title or a heading of, absolute; undefined for others. */
  url?: string;
}

/** Texts with vectors, in shards by what they are folded to. */
export class Suggestions {
  private readonly shards = new Map<number, Promise<StoredSuggestion[]>>();
  private readonly rows = new Map<number, Promise<Uint8Array>>();

  constructor(
    private readonly files: SiteFiles,
    private readonly entries: SuggestionEntry[],
    private readonly fold: (text: string) => string,
  ) {}

  async find(prefix: string, limit: number): Promise<Suggestion[]> {
    const key = this.fold(prefix);
    const found: Suggestion[] = [];
    let shard = this.shardOf(key);
    while (shard < this.entries.length && found.length < limit) {
      for (const { key: own, text, url } of await this.shard(shard)) {
        if (!own.startsWith(key) || found.length === limit) continue;
        const { href } = this.files.base;
        found.push(url === "" ? { text } : { text, url: addressOf(url, href).href });
      }
      shard += 1;
      if (!this.entries[shard]?.first.startsWith(key)) break;
    }
    return found;
  }

  /** The vector of a suggestion of that text, up to case, accents and what is between words. */
  async vector(text: string): Promise<Float32Array | undefined> {
    const key = this.fold(text);
    const number = this.shardOf(key);
    const { vectors = null } = this.entries[number] ?? {};
    if (key === "" || vectors === null) return undefined;
    const suggestions = await this.shard(number);
    const place = suggestions.findIndex((suggestion) => suggestion.key === key);
    if (place < 0) return undefined;
    const rows = await kept(this.rows, number, () => this.files.get("queries", vectors));
    return decodeRow(rows, place, suggestions.length);
  }

  /** The last that does not begin after the key. */
  private shardOf(key: string): number {
    const after = this.entries.findIndex(({ first }) => first > key);
    return Math.max(0, (after < 0 ? this.entries.length : after) - 1);
  }

  private shard(number: number): Promise<StoredSuggestion[]> {
    const { texts } = this.entries[number] as SuggestionEntry;
    const load = async () => checkSuggestions(await this.files.json("suggestions", texts));
    return kept(this.shards, number, load);
  }
}
