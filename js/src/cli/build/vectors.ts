import { embedTexts } from "../../collection/embed.js";
import type { Vectors } from "../../collection/validate.js";
import { unwrap } from "../../engine/outcome.js";
import type { StaticBuilderModule } from "../../engine/static-module.js";
import { PagevecError, throwIfAborted } from "../../errors.js";
import { codedRowBytes } from "../../static/coded-rows.js";
import { MODEL_PROBE } from "../../static/format.js";
import type { CallOptions, EmbeddingFunction } from "../../types.js";
import type { EarlierVectors } from "./earlier.js";

/** Texts a call of the model; the first batch also says which codes fit. */
const BATCH = 1024;

type Rows = Map<string, Uint8Array>;

/** The vectors of a site as rows (src/static/coded_rows.h). */
export interface SiteVectors {
  dimension: number;
  clip: number;
  check: Uint8Array;
  rows: Rows;
  queries: Rows;
  /** Texts that the model was given. */
  embedded: number;
  /** Whether the model, and so the codes, are those of the earlier build. */
  same: boolean;
}

/**
 * Embeds texts and queries, but for those that the earlier build has of the same model.
 * @throws embedding_failed, also for what is no vector; what the model throws
 */
export async function embedSite(
  builder: StaticBuilderModule,
  model: EmbeddingFunction,
  wanted: { texts: string[]; queries: string[] },
  earlier: EarlierVectors | null,
  options: CallOptions,
): Promise<SiteVectors> {
  const by = (role: "documents" | "queries") => (texts: string[]) =>
    embedTexts(model, texts, role, { signal: options.signal });
  const { data: probed, dimension } = await by("documents")([MODEL_PROBE]);
  const check = earlier && builder.encode(probed, dimension, earlier.clip);
  const same = check !== null && Buffer.from(check).equals(earlier?.check as Uint8Array);
  const known = same ? earlier : null;
  const texts = unknown(wanted.texts, known?.rows);
  const queries = unknown(wanted.queries, known?.queries);
  const total = texts.length + queries.length;
  const site = new Embedding(builder, dimension, known?.clip, total, options);
  const rows = await site.run(texts, by("documents"));
  const queryRows = await site.run(queries, by("queries"));
  const clip = site.clip ?? builder.clipOf(probed, dimension);
  return {
    dimension,
    clip,
    check: builder.encode(probed, dimension, clip),
    rows: pick(wanted.texts, rows, known?.rows),
    queries: pick(wanted.queries, queryRows, known?.queries),
    embedded: total,
    same,
  };
}

/** Each text once that is not there. */
function unknown(texts: string[], known: Rows | undefined): string[] {
  return [...new Set(texts)].filter((text) => !known?.has(text));
}

function pick(texts: string[], fresh: Rows, known: Rows | undefined): Rows {
  return new Map(texts.map((text) => [text, (fresh.get(text) ?? known?.get(text)) as Uint8Array]));
}

class Embedding {
  private done = 0;

  constructor(
    private readonly builder: StaticBuilderModule,
    private readonly dimension: number,
    public clip: number | undefined,
    private readonly total: number,
    private readonly options: CallOptions,
  ) {}

  async run(texts: string[], embed: (texts: string[]) => Promise<Vectors>): Promise<Rows> {
    const rows: Rows = new Map();
    const size = codedRowBytes(this.dimension);
    for (let at = 0; at < texts.length; at += BATCH) {
      throwIfAborted(this.options.signal);
      const some = texts.slice(at, at + BATCH);
      const { data, ...given } = await embed(some);
      if (given.dimension !== this.dimension) {
        throw new PagevecError(
          "embedding_failed",
          `the model gave vectors of ${given.dimension} and of ${this.dimension} dimensions; it must give all of one length`,
        );
      }
      this.clip ??= this.builder.clipOf(data, this.dimension);
      const coded = this.builder.encode(data, this.dimension, this.clip);
      for (const [i, text] of some.entries()) {
        rows.set(text, coded.subarray(i * size, (i + 1) * size));
      }
      this.done += some.length;
      this.options.onProgress?.({ stage: "embed", done: this.done, total: this.total });
    }
    return rows;
  }
}

/** Centroids, the cluster of each row, and how many clusters a search must look into. */
export interface SiteClusters {
  centroids: Uint8Array;
  nearest: Uint32Array;
  probes: number;
  recall: number;
}

/**
 * Clusters rows. The earlier centroids stay while the site has about as many passages as they were made for: then
 * the clusters of what has not changed stay, and so do their files.
 */
export function clusterSite(
  builder: StaticBuilderModule,
  rows: Uint8Array[],
  dimension: number,
  earlier: Uint8Array | null,
  recall: number,
): SiteClusters {
  const all = new Uint8Array(Buffer.concat(rows));
  const wanted = Math.max(1, Math.round(Math.sqrt(rows.length)));
  const had = (earlier?.length ?? 0) / codedRowBytes(dimension);
  const fits = earlier !== null && had >= wanted / 1.5 && had <= wanted * 1.5;
  const centroids = fits ? earlier : unwrap(builder.train(all, dimension, wanted));
  const nearest = unwrap(builder.assign(all, centroids, dimension));
  const probes = unwrap(builder.probe(all, centroids, nearest, dimension, 10, recall));
  return { centroids, nearest, probes: probes.count, recall: probes.recall };
}
