import { createAnswers, streamAnswers } from "../generate/answers.js";
import type { Answered, AnswerParams, AnswerResult, AnswerStream } from "../generate/types.js";
import type { VectorizerSettings } from "../types/vectorizer.js";
import type { CallOptions, GetResult, Metadata, Row } from "../types.js";
import { blobsOf, isUnstoredFile, toProperties } from "./objects/object-properties.js";
import type { SearchParams, SearchResult, SearchRow } from "./search/search-types.js";
import { checkTexts, invalid } from "./validate.js";

export interface GenerateParams extends Omit<SearchParams, "include">, AnswerParams {
  /** Texts to search by: by the mean of their vectors, as nearText. */
  queryTexts?: string[];
  /** Gives the answers piece by piece. Default false. */
  stream?: boolean;
}

/** A record that was found, with what the prompts can name of it. */
export type GeneratedRow<M extends Metadata = Metadata> = Row<M> &
  Partial<SearchRow<M>> & {
    /** The metadata, and `document`, the passage if there is one; of a collection of objects the properties. */
    properties: Record<string, unknown>;
  };
export type GenerateResult<M extends Metadata = Metadata> = AnswerResult<GeneratedRow<M>>;
export type GenerateStream<M extends Metadata = Metadata> = AnswerStream<GeneratedRow<M>>;
export type AnsweredRow<M extends Metadata = Metadata> = Answered<GeneratedRow<M>>;

/** The collection whose records are answered about. */
export interface GenerateTarget<M extends Metadata> {
  vectorizer: VectorizerSettings | undefined;
  search(params: SearchParams, options: CallOptions): Promise<SearchResult<M>>;
  get(params: SearchParams, options: CallOptions): Promise<GetResult<M>>;
}

const SEARCH_ONLY = ["mode", "rerank", "groupBy", "diversity", "autocut", "distance"] as const;

/** See Collection.generate. */
export async function generate<M extends Metadata, P extends GenerateParams>(
  params: P,
  options: CallOptions,
  target: GenerateTarget<M>,
): Promise<P extends { stream: true } ? GenerateStream<M> : GenerateResult<M>>;
export async function generate<M extends Metadata>(
  params: GenerateParams,
  options: CallOptions,
  target: GenerateTarget<M>,
): Promise<GenerateResult<M> | GenerateStream<M>> {
  const { vectorizer } = target;
  const found = await findRows(params, options, target);
  const rows = found.map((row) => ({ ...row, properties: propertiesOf(row, vectorizer) }));
  const blobs = vectorizer ? blobsOf(vectorizer) : [];
  return params.stream
    ? streamAnswers(rows, params, { ...options, blobs })
    : createAnswers(rows, params, { ...options, blobs });
}

/** By a search where there is something to search by, else the first that meet the filter. */
async function findRows<M extends Metadata>(
  { queryTexts, ...params }: GenerateParams,
  options: CallOptions,
  target: GenerateTarget<M>,
): Promise<(Row<M> & Partial<SearchRow<M>>)[]> {
  const { text, embedding, nearText, nearMedia, limit = 10 } = params;
  const given = [text, embedding, nearText, nearMedia, queryTexts].filter(
    (value) => value !== undefined,
  );
  if (queryTexts !== undefined) {
    if (given.length > 1)
      throw invalid("queryTexts are all there is to search by; give no other query");
    const concepts = checkTexts(queryTexts, "queryTexts");
    return (await target.search({ ...params, nearText: { concepts } }, options)).rows;
  }
  // What only a search knows is for it to refuse where there is nothing to search by.
  const searches = SEARCH_ONLY.some((name) => params[name] !== undefined);
  if (given.length > 0 || searches) return (await target.search(params, options)).rows;
  return (await target.get({ ...params, limit }, options)).rows();
}

function propertiesOf<M extends Metadata>(
  { document, metadata, passage }: Row<M>,
  vectorizer: VectorizerSettings | undefined,
): Record<string, unknown> {
  const text = passage?.text ?? document;
  if (!vectorizer) return { ...(text != null && { document: text }), ...metadata };
  const properties = toProperties(metadata ?? null, vectorizer);
  // A file that is not stored is nothing that a prompt could say or show.
  return Object.fromEntries(
    Object.entries(properties).filter(([, value]) => !isUnstoredFile(value)),
  );
}
