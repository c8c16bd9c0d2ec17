import { PagevecError, throwIfAborted } from "../errors.js";
import type { StoredEmbeddingFunction } from "../storage/store.js";
import type { CallOptions, EmbeddingFunction, QueryParams } from "../types.js";
import { checkTexts, flattenVectors, invalid, isNumbers, type Vectors } from "./validate.js";

/**
 * Has the embedding function embed texts and checks what it returns: one vector per text, all of
 * one length, every number finite.
 * @throws embedding_failed, with the function's own error as cause; aborted
 */
export async function embedTexts(
  embeddingFunction: EmbeddingFunction,
  texts: string[],
  role: "documents" | "queries",
  options: CallOptions,
): Promise<Vectors> {
  const name = embeddingFunction.name ?? "the embedding function";
  throwIfAborted(options.signal);
  let vectors: unknown;
  try {
    vectors =
      role === "queries" && embeddingFunction.generateForQueries
        ? await embeddingFunction.generateForQueries(texts, options)
        : await embeddingFunction.generate(texts, options);
  } catch (cause) {
    throwIfAborted(options.signal);
    if (cause instanceof PagevecError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PagevecError("embedding_failed", `${name} failed: ${reason}`, { cause });
  }
  throwIfAborted(options.signal);
  return flattenGenerated(vectors, texts.length, name);
}

function flattenGenerated(vectors: unknown, count: number, name: string): Vectors {
  const fail = (what: string) =>
    new PagevecError("embedding_failed", `${name} returned ${what}; nothing was stored`);
  if (!Array.isArray(vectors)) throw fail("something that is not a list of vectors");
  if (vectors.length !== count) throw fail(`${vectors.length} vectors for ${count} texts`);
  const dimension = (vectors[0] as ArrayLike<number> | undefined)?.length ?? 0;
  const data = new Float32Array(count * dimension);
  for (const [i, vector] of vectors.entries()) {
    const { length } = isNumbers(vector) ? vector : { length: 0 };
    if (!length) throw fail(`no vector for text ${i}`);
    if (length !== dimension) throw fail(`vectors of ${dimension} and of ${length} dimensions`);
    data.set(vector, i * dimension);
  }
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad !== -1) throw fail(`a number that is not finite for text ${Math.floor(bad / dimension)}`);
  return { data, count, dimension };
}

/** The vectors of a query's texts, or the ones it brings. */
export async function embedQueries(
  params: QueryParams,
  embedder: () => EmbeddingFunction,
  options: CallOptions,
): Promise<Vectors> {
  if (params.queryEmbeddings !== undefined) {
    return flattenVectors(params.queryEmbeddings, "queryEmbeddings");
  }
  if (params.queryTexts === undefined) {
    throw invalid("query needs queryTexts or queryEmbeddings; give one of them");
  }
  const texts = checkTexts(params.queryTexts, "queryTexts");
  return embedTexts(embedder(), texts, "queries", options);
}

/** For texts in a collection that was opened without its function. */
export function missingFunction(collection: string, stored: StoredEmbeddingFunction): PagevecError {
  const which = stored.type === "known" ? `"${stored.name}"` : "one";
  return invalid(
    `collection "${collection}" was opened without an embedding function, so it cannot embed texts; pass ${which} as embeddingFunction when you open it, or give embeddings`,
  );
}
