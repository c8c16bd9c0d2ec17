import type { CallOptions } from "../../types.js";
import { estimateTokens, splitBatches } from "./batches.js";
import {
  checkTexts,
  DEFAULT_BATCH,
  type EmbeddingOptions,
  type EmbeddingWire,
  embedInputs,
  type InputWire,
  type RemoteEmbeddingFunction,
  remoteEmbedding,
  type Side,
} from "./embedding.js";
import type { HttpClient, WireRequest } from "./http.js";
import type { EmbeddingAnswer } from "./vectors.js";

/** Documents to a vector for each of their chunks: what differs from other services. */
export interface ChunkWire<O extends EmbeddingOptions>
  extends Omit<EmbeddingWire<O>, "request" | "read"> {
  request: (documents: string[][], side: Side) => WireRequest;
  /** The vectors of all chunks, those of the first document first. */
  read: (answer: unknown, documents: string[][]) => EmbeddingAnswer;
}

export interface ChunkEmbeddingFunction extends RemoteEmbeddingFunction {
  /** For each document a vector for each of its chunks, which know of the others. */
  embedChunks(documents: string[][], options?: CallOptions): Promise<number[][][]>;
}

/** A text alone is a document of one chunk. See HttpClient.post() for what its calls throw. */
export function remoteChunks<O extends EmbeddingOptions>(
  client: HttpClient,
  { request, read, ...wire }: ChunkWire<O>,
): ChunkEmbeddingFunction {
  const { provider } = client;
  const { texts: count = DEFAULT_BATCH, tokens } = provider.embeds ?? {};
  const limits = { count: wire.options.batchSize ?? count, tokens };
  const chunks: InputWire<string[]> = {
    options: wire.options,
    split: (documents) => splitBatches(documents, limits, chunkTokens),
    tokensOf: chunkTokens,
    vectorsOf: ({ length }) => length,
    request: (documents) => request(documents, "document"),
    read,
  };
  const texts = remoteEmbedding(client, {
    ...wire,
    request: (list, side) => request(asDocuments(list), side),
    read: (answer, length) => read(answer, asDocuments(new Array(length).fill(""))),
  });
  return {
    ...texts,
    async embedChunks(documents, call = {}) {
      checkTexts(provider, documents.flat());
      const vectors = await embedInputs(client, chunks, documents, call);
      return regrouped(vectors, documents);
    },
  };
}

function asDocuments(texts: string[]): string[][] {
  return texts.map((text) => [text]);
}

function chunkTokens(chunks: string[]): number {
  return chunks.reduce((sum, chunk) => sum + estimateTokens(chunk), 0);
}

function regrouped(vectors: number[][], documents: string[][]): number[][][] {
  let end = 0;
  return documents.map(({ length }) => {
    end += length;
    return vectors.slice(end - length, end);
  });
}
