import type { Outcome } from "../engine/module.js";
import { unwrap } from "../engine/outcome.js";
import type { StaticHandle } from "../engine/static-module.js";
import { PagevecError } from "../errors.js";
import {
  checkTextShard,
  corrupt,
  type FileEntry,
  type FileKind,
  type StaticTables,
  type StoredPage,
  type StoredPassage,
  TEXTS_PER_SHARD,
  type TextShard,
} from "./format.js";
import { kept } from "./kept.js";
import type { SiteFiles } from "./site-files.js";

/** A passage and the page that it is of. */
export interface PassagePlace {
  number: number;
  page: StoredPage;
  passage: StoredPassage;
}

/** Brings the parts of an index that a search needs, each once, into the core or, as texts, here. */
export class StaticParts {
  private readonly added = new Map<string, Promise<void>>();
  private readonly texts = new Map<number, Promise<TextShard>>();
  private closed = false;

  constructor(
    private readonly handle: StaticHandle,
    private readonly files: SiteFiles,
    private readonly tables: StaticTables,
  ) {}

  /** What comes from now on is thrown away. */
  close(): void {
    this.closed = true;
  }

  async loadTerms(text: string, prefix: number): Promise<void> {
    const entryOf = (i: number): FileEntry | undefined => {
      const [, ...entry] = this.tables.terms[i] ?? [];
      return entry as FileEntry;
    };
    const shards = this.handle.termShards(text, prefix);
    await this.load("terms", shards, entryOf, (i, bytes) => this.handle.addTermShard(i, bytes));
  }

  /** The clusters nearest to a query, in an index that has vectors. */
  async loadClusters(query: Float32Array, probes: number): Promise<void> {
    await this.loadCentroids();
    await this.loadNumbered(unwrap(this.handle.clusters(query, probes)));
  }

  /** The vector of a passage; undefined where there is none. */
  async vectorOf(number: number): Promise<Float32Array | undefined> {
    const { cluster } = (await this.find(number))?.passage ?? { cluster: -1 };
    if (cluster < 0) return undefined;
    await this.loadCentroids();
    await this.loadNumbered([cluster]);
    const vector = this.handle.vectorOf(cluster, number);
    return vector.length > 0 ? vector : undefined;
  }

  /** @throws corrupt when there is no passage of that number */
  async place(number: number): Promise<PassagePlace> {
    const place = await this.find(number);
    if (place) return place;
    throw corrupt("texts");
  }

  private async find(number: number): Promise<PassagePlace | undefined> {
    const shardNumber = Math.floor(number / TEXTS_PER_SHARD);
    if (number < 0 || shardNumber >= this.tables.texts.length) return undefined;
    const { pages, passages } = await this.textShard(shardNumber);
    const passage = passages[number % TEXTS_PER_SHARD];
    const page = passage && pages[passage.page];
    return page ? { number, page, passage } : undefined;
  }

  private textShard(number: number): Promise<TextShard> {
    const entry = this.tables.texts[number] as FileEntry;
    const load = async () => checkTextShard(await this.files.json("texts", entry));
    return kept(this.texts, number, load);
  }

  private loadCentroids(): Promise<void> {
    const entryOf = () => this.tables.vectors?.centroids;
    return this.load("centroids", [0], entryOf, (_, bytes) => this.handle.addCentroids(bytes));
  }

  private loadNumbered(clusters: Iterable<number>): Promise<void> {
    const entryOf = (i: number) => this.tables.vectors?.clusters[i];
    return this.load("vectors", clusters, entryOf, (i, bytes) => this.handle.addCluster(i, bytes));
  }

  private async load(
    kind: FileKind,
    numbers: Iterable<number>,
    entryOf: (number: number) => FileEntry | undefined,
    add: (number: number, bytes: Uint8Array) => Outcome<null>,
  ): Promise<void> {
    const bring = async (number: number) => {
      const entry = entryOf(number);
      if (entry === undefined) throw corrupt(kind);
      const bytes = await this.files.get(kind, entry);
      this.mustBeOpen();
      unwrap(add(number, bytes));
    };
    await Promise.all(
      [...numbers].map((number) => kept(this.added, `${kind} ${number}`, () => bring(number))),
    );
    this.mustBeOpen();
  }

  private mustBeOpen(): void {
    if (this.closed) throw new PagevecError("closed", "the static index was closed meanwhile");
  }
}
