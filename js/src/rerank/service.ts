import type { CoreModule, CrossEncoderHandle } from "../engine/module.js";
import { unwrap } from "../engine/outcome.js";
import { packStrings } from "../engine/packed-strings.js";
import type { CallContext, Service } from "../engine/protocol.js";
import { nextTurn } from "../engine/turns.js";
import { PagevecError, throwIfAborted } from "../errors.js";
import type { ModelSpec } from "../models/manifest.js";
import { ModelStore } from "../models/store.js";

export interface ScoreResult {
  /** One a document. */
  scores: Float32Array;
  /** Indices of the documents that were cut, or whose query was. */
  truncated: number[];
}

/** What the engine does for rerankers. */
export interface RerankMethods {
  /** The .pvm file is in the cache by its SHA-256, or in `file`. */
  "reranker.open": { params: { spec: ModelSpec; file?: Uint8Array | undefined }; result: number };
  "reranker.score": {
    params: { handle: number; query: string; documents: readonly string[] };
    result: ScoreResult;
  };
  "reranker.close": { params: { handle: number }; result: null };
}

/** Documents scored in one go: a search that comes in between waits for so many characters. */
const SLICE_CHARACTERS = 4000;

export function createRerankService(core: CoreModule): Service<RerankMethods> {
  const models = new Map<number, CrossEncoderHandle>();
  let lastHandle = 0;

  return {
    async "reranker.open"({ spec, file }) {
      const bytes = file ?? (await (await ModelStore.open()).load(spec, "pvm"));
      models.set(++lastHandle, unwrap(core.createCrossEncoder(bytes)));
      return lastHandle;
    },

    async "reranker.score"({ handle, query, documents }, context) {
      const result: ScoreResult = { scores: new Float32Array(documents.length), truncated: [] };
      for (let begin = 0; begin < documents.length; ) {
        throwIfAborted(context.signal);
        const model = models.get(handle);
        if (!model) throw new PagevecError("closed", "the reranker was closed");
        const slice = takeSlice(documents, begin);
        scoreSlice(model, query, slice, begin, result);
        begin += slice.length;
        report(context, begin, documents.length);
        await nextTurn();
      }
      return result;
    },

    async "reranker.close"({ handle }) {
      models.get(handle)?.delete();
      models.delete(handle);
      return null;
    },
  };
}

function takeSlice(documents: readonly string[], begin: number): string[] {
  let end = begin;
  let characters = 0;
  do {
    characters += (documents[end++] as string).length;
  } while (end < documents.length && characters < SLICE_CHARACTERS);
  return documents.slice(begin, end);
}

function scoreSlice(
  model: CrossEncoderHandle,
  query: string,
  documents: readonly string[],
  begin: number,
  result: ScoreResult,
): void {
  const { logits, truncated } = unwrap(model.score(packStrings([query, ...documents])));
  result.scores.set(logits, begin);
  for (const [i, cut] of truncated.entries()) if (cut) result.truncated.push(begin + i);
}

function report({ progress }: CallContext, done: number, total: number): void {
  if (done < total) progress({ stage: "rerank", done, total });
}
