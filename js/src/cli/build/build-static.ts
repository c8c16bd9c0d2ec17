import { resolve } from "node:path";
import { invalid, shown } from "../../collection/validate.js";
import { unwrap } from "../../engine/outcome.js";
import { packStrings } from "../../engine/packed-strings.js";
import { loadStaticBuilder } from "../../engine/static-builder.js";
import { loadStatic, type StaticBuilderModule } from "../../engine/static-module.js";
import { PagevecError, throwIfAborted } from "../../errors.js";
import { codedRowBytes } from "../../static/coded-rows.js";
import {
  FORMAT,
  type StaticTables,
  type StoredPage,
  type StoredSuggestion,
  type VectorTables,
} from "../../static/format.js";
import type { CallOptions, EmbeddingFunction } from "../../types.js";
import type { SitePage } from "../pages/site-page.js";
import { type CheckedPage, checkPage } from "./check-page.js";
import { writeCluster } from "./cluster-file.js";
import { type Earlier, inShards, numberPassages, readEarlier } from "./earlier.js";
import { FileSet, type WrittenFiles } from "./file-set.js";
import { isLanguage, passagesOf, type SitePassage, searchedText, WORDS } from "./passages.js";
import { inSuggestionShards, suggestionsOf } from "./suggestions.js";
import { clusterSite, embedSite, type SiteClusters, type SiteVectors } from "./vectors.js";

/** Bytes of a shard of terms before it is packed: about 15 KB on the wire. */
const TERM_SHARD_BYTES = 24 * 1024;
/** Longer passages say too little of their places. */
const MOST_TOKENS = 200;

export interface BuildParams {
  pages: Iterable<SitePage> | AsyncIterable<SitePage>;
  /** The folder of the index; made where there is none. An index in it is brought up to date. */
  out: string;
  /** What makes vectors; null or absent: keywords only. It is not closed. */
  embeddingFunction?: EmbeddingFunction | null;
  name?: string;
  /** BCP 47, of pages that have no language of their own. */
  language?: string;
  /** Texts that are suggested, with vectors, before titles and headings. */
  suggestions?: readonly string[];
  /** Of all, given ones too. 0: none. Default 2,000. */
  maxSuggestions?: number;
  /** Tokens of a passage with its title and heading. Default: the model's, at most 200. */
  maxTokens?: number;
  /**
   * Recall@10 that searches of the clusters are to have against all codes, by a sample of the site's own
   * passages, 0 to 1. Default 0.98.
   */
  recall?: number;
  /** Leaves files of earlier builds, for pages that are open while the site is published. */
  keepOld?: boolean;
  /** Nothing of an index in the folder is used again. */
  fresh?: boolean;
}

export interface BuildReport extends WrittenFiles {
  pages: number;
  passages: number;
  suggestions: number;
  /** Texts that went through the model, and passages whose vectors the earlier index had. */
  embedded: number;
  reused: number;
  clusters: number;
  /** Clusters that a search looks into, and the sample's recall then. */
  probes: number;
  recall: number;
  seconds: number;
  /** Why the index in the folder could not be used again. */
  notReused?: string;
}

/**
 * Builds the index of a site, for openStatic() (docs/static.md). Progress stage "embed".
 * @throws invalid_argument; embedding_failed and what the model throws; aborted. Nothing is written then.
 */
export async function buildStatic(
  params: BuildParams,
  options: CallOptions = {},
): Promise<BuildReport> {
  const begin = performance.now();
  check(params);
  const { embeddingFunction: model = null, fresh = false } = params;
  const out = resolve(params.out);
  const pages: CheckedPage[] = [];
  for await (const page of params.pages) pages.push(checkPage(page, pages.length));
  const read = fresh ? undefined : await readEarlier(out);
  const earlier = read instanceof PagevecError ? undefined : read;
  const numbered = numberPassages(await cut(pages, params, options), earlier);
  const suggestions = await suggest(params, pages);
  throwIfAborted(options.signal);
  const site = new SiteBuild(await loadStaticBuilder(), numbered, suggestions, earlier);
  if (model) await site.embed(model, params.recall ?? 0.98, options);
  throwIfAborted(options.signal);
  const written = await site.write(out, pages.length, params);
  return {
    pages: pages.length,
    suggestions: suggestions.length,
    ...site.counts(),
    ...written,
    seconds: (performance.now() - begin) / 1000,
    ...(read instanceof PagevecError ? { notReused: read.message } : {}),
  };
}

/** All passages of the pages, in order. */
async function cut(
  pages: CheckedPage[],
  { embeddingFunction, maxTokens, language }: BuildParams,
  options: CallOptions,
): Promise<SitePassage[]> {
  const tokens = (await embeddingFunction?.tokenizer?.(options)) ?? WORDS;
  const most = maxTokens ?? Math.min(tokens.maxTokens || MOST_TOKENS, MOST_TOKENS);
  return pages.flatMap((page) => passagesOf(page, tokens, most, language));
}

function check({ out, language, maxTokens, maxSuggestions, recall }: BuildParams): void {
  if (typeof out !== "string" || out === "") {
    throw invalid(`out must be the path of a folder, got ${shown(out)}`);
  }
  if (language && !isLanguage(language)) {
    throw invalid(`language must be a BCP 47 tag such as "en" or "pt-BR", got ${shown(language)}`);
  }
  const counts = { maxTokens: [maxTokens, 16], maxSuggestions: [maxSuggestions, 0] } as const;
  for (const [name, [value, least]] of Object.entries(counts)) {
    if (value === undefined || (Number.isSafeInteger(value) && value >= least)) continue;
    throw invalid(`${name} must be a whole number from ${least}, got ${shown(value)}`);
  }
  if (recall === undefined || (recall >= 0 && recall <= 1)) return;
  throw invalid(`recall must be a number from 0 to 1, got ${shown(recall)}`);
}

async function suggest(
  { suggestions = [], maxSuggestions = 2000 }: BuildParams,
  pages: CheckedPage[],
): Promise<StoredSuggestion[]> {
  const empty = Uint8Array.of(0);
  const handle = unwrap((await loadStatic()).openStatic(empty, packStrings([])));
  try {
    return suggestionsOf(suggestions, pages, maxSuggestions, (text) => handle.fold(text));
  } finally {
    handle.delete();
  }
}

/** The files of one build. */
class SiteBuild {
  private readonly files = new FileSet();
  private vectors: SiteVectors | undefined;
  private clusters: SiteClusters | undefined;
  /** Of the passages that there are, in order. */
  private readonly numbers: number[];

  constructor(
    private readonly builder: StaticBuilderModule,
    private readonly numbered: (SitePassage | null)[],
    private readonly suggestions: StoredSuggestion[],
    private readonly earlier: Earlier | undefined,
  ) {
    this.numbers = [...numbered.keys()].filter((number) => numbered[number]);
  }

  async embed(model: EmbeddingFunction, recall: number, options: CallOptions): Promise<void> {
    const texts = this.numbers.map((number) => this.searched(number));
    const queries = this.suggestions.map(({ text }) => text);
    const before = this.earlier?.vectors ?? null;
    this.vectors = await embedSite(this.builder, model, { texts, queries }, before, options);
    const { rows, dimension, same } = this.vectors;
    const own = texts.map((text) => rows.get(text) as Uint8Array);
    const centroids = same ? (before?.centroids ?? null) : null;
    this.clusters = clusterSite(this.builder, own, dimension, centroids, recall);
  }

  counts() {
    const embedded = this.vectors?.embedded ?? 0;
    const known = this.vectors?.same ? this.earlier?.vectors?.rows : undefined;
    const reused = this.numbers.filter((number) => known?.has(this.searched(number))).length;
    const rowBytes = (this.vectors?.dimension ?? 0) + 4;
    const clusters = (this.clusters?.centroids.length ?? 0) / rowBytes;
    const { probes = 0, recall = 0 } = this.clusters ?? {};
    return { passages: this.numbers.length, embedded, reused, clusters, probes, recall };
  }

  /** The only step that changes the folder. */
  write(out: string, pages: number, params: BuildParams): Promise<WrittenFiles> {
    const { embeddingFunction, name = "", language = "", keepOld = false } = params;
    const tables = this.files.add("tables", this.tables());
    const model = this.vectors && {
      name: embeddingFunction?.name ?? "",
      dimensions: this.vectors.dimension,
    };
    const counts = { pages, passages: this.numbers.length };
    const manifest = { format: FORMAT, name, language, ...counts, model: model ?? null, tables };
    return this.files.write(out, manifest, keepOld);
  }

  private tables(): StaticTables {
    const words = new this.builder.StaticWordsHandle();
    try {
      const texts = this.numbered.map((passage) => passage && searchedText(passage));
      unwrap(words.add(packStrings(texts)));
      return {
        lengths: this.files.add("lengths", words.lengths()),
        terms: words
          .shards(TERM_SHARD_BYTES)
          .map(({ first, bytes }) => [first, ...this.files.add("terms", bytes)]),
        texts: this.textShards(),
        vectors: this.clusters ? this.vectorTables() : null,
        suggestions: this.suggestionShards(),
      };
    } finally {
      words.delete();
    }
  }

  private searched(number: number): string {
    return searchedText(this.numbered[number] as SitePassage);
  }

  private textShards() {
    const clusterOf = new Map(this.numbers.map((number, i) => [number, this.clusters?.nearest[i]]));
    let number = -1;
    return inShards(this.numbered).map((shard) => {
      const pages = new Map<string, [number, StoredPage]>();
      const passages = shard.map((passage) => {
        number += 1;
        if (passage === null) return null;
        const { page, anchor, heading, text } = passage;
        const key = JSON.stringify(page);
        const [place] = pages.get(key) ?? [pages.size];
        pages.set(key, [place, page]);
        return { page: place, anchor, heading, text, cluster: clusterOf.get(number) ?? -1 };
      });
      return this.files.add("texts", {
        pages: [...pages.values()].map(([, page]) => page),
        passages,
      });
    });
  }

  private vectorTables(): VectorTables {
    const { dimension, clip, check, rows } = this.vectors as SiteVectors;
    const { centroids, nearest, probes, recall } = this.clusters as SiteClusters;
    const members: [number, Uint8Array][][] = Array.from(
      { length: centroids.length / codedRowBytes(dimension) },
      () => [],
    );
    for (const [i, number] of this.numbers.entries()) {
      const row = rows.get(this.searched(number)) as Uint8Array;
      members[nearest[i] as number]?.push([number, row]);
    }
    const width = Buffer.alloc(4);
    width.writeUInt32LE(dimension);
    return {
      clip,
      probes,
      recall,
      centroids: this.files.add("centroids", Buffer.concat([width, centroids])),
      clusters: members.map((cluster) => this.files.add("vectors", writeCluster(cluster))),
      check: this.files.add("check", check),
    };
  }

  private suggestionShards() {
    return inSuggestionShards(this.suggestions).map((shard) => {
      const rows = shard.map(({ text }) => this.vectors?.queries.get(text) as Uint8Array);
      return {
        first: shard[0]?.key ?? "",
        texts: this.files.add("suggestions", shard),
        vectors: this.vectors ? this.files.add("queries", Buffer.concat(rows)) : null,
      };
    });
  }
}
