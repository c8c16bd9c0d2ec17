import type { RankedDocument, Reranker } from "../../types/reranker.js";
import { estimateTokens, runParts, splitBatches } from "./batches.js";
import { badAnswer, fields } from "./failure.js";
import type { HttpClient, WireRequest } from "./http.js";
import { invalid } from "./keys.js";
import type { Provider, ProviderOptions } from "./provider.js";
import { billedTokens } from "./vectors.js";

export interface RerankerOptions extends ProviderOptions {
  model?: string;
}

/** A ranking over one service: what differs from the others. */
export interface RerankWire {
  options: RerankerOptions;
  /** `limit` is given when all documents fit one request. */
  request: (query: string, documents: string[], limit: number | undefined) => WireRequest;
  /** Indexes count from the first document of the request. */
  read: (answer: unknown, documents: string[]) => RankedDocument[];
}

interface Part {
  documents: string[];
  begin: number;
}

/**
 * Scores of different requests are compared as they are, as Weaviate does; an empty list is not
 * sent. See HttpClient.post() for what rerank() throws.
 */
export function remoteReranker(client: HttpClient, wire: RerankWire): Reranker {
  const { provider } = client;
  const { options, request, read } = wire;
  return {
    name: provider.name,
    async rerank(query, documents, call = {}) {
      const wrong = documents.findIndex((document) => typeof document !== "string");
      if (wrong !== -1) throw invalid(provider, `was given a document ${wrong} that is no string`);
      const parts = splitDocuments(documents, options.batchSize ?? provider.reranks?.documents);
      const limit = parts.length === 1 ? call.limit : undefined;
      const ranked = await runParts(
        parts,
        options.maxConcurrency ?? 4,
        call,
        async (part, inner) => {
          const { documents, begin } = part;
          const tokens = documents.reduce((sum, text) => sum + estimateTokens(query + text), 0);
          const answer = await client.post({ ...request(query, documents, limit), tokens }, inner);
          const results = checkRanking(provider, read(answer, documents), documents.length, limit);
          const billed = billedTokens(answer);
          if (billed !== undefined) options.onUsage?.({ input: billed });
          return results.map(({ index, score }) => ({ index: begin + index, score }));
        },
      );
      const all = ranked.flat().sort((a, b) => b.score - a.score || a.index - b.index);
      return all.slice(0, call.limit);
    },
  };
}

function splitDocuments(documents: readonly string[], count: number | undefined): Part[] {
  let begin = 0;
  return splitBatches(documents, { ...(count && { count }) }, () => 0).map((part) => {
    const placed = { documents: part, begin };
    begin += part.length;
    return placed;
  });
}

/** `[{index, relevance_score | score | logit}]`, the forms that services give. */
export function readRanking(list: unknown, score: string): RankedDocument[] {
  if (!Array.isArray(list)) return [];
  return list.map((item) => ({
    index: fields(item).index as number,
    score: fields(item)[score] as number,
  }));
}

function checkRanking(
  provider: Provider,
  results: RankedDocument[],
  count: number,
  limit = count,
): RankedDocument[] {
  const expected = Math.min(limit, count);
  const seen = new Set<number>();
  for (const { index, score } of results) {
    if (!(Number.isInteger(index) && index >= 0 && index < count) || seen.has(index)) {
      throw badAnswer(provider, `a result with the index ${index}, for ${count} documents`);
    }
    if (!Number.isFinite(score)) throw badAnswer(provider, `no score for document ${index}`);
    seen.add(index);
  }
  if (seen.size < expected) throw badAnswer(provider, `${seen.size} results of ${expected}`);
  return results;
}
