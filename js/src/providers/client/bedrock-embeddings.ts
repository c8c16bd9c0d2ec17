import type { Media } from "../../types/media.js";
import type { EmbeddingOptions, Side } from "./embedding.js";
import { badAnswer, errorInBody, fields } from "./failure.js";
import { invalid } from "./keys.js";
import { encodeMedia } from "./media.js";
import type { MediaItem, MediaKind } from "./media-embedding.js";
import type { Provider } from "./provider.js";
import { type EmbeddingAnswer, numberOr } from "./vectors.js";

/** How Bedrock's models differ in what they are asked; each takes what it knows. */
export interface BedrockModelOptions extends EmbeddingOptions {
  /**
   * What the vectors are for, by the model's own name: Cohere's input_type, Nova's embeddingPurpose.
   * Default: documents search_document, GENERIC_INDEX; queries search_query, GENERIC_RETRIEVAL.
   */
  task?: string;
  /** Of a text that is too long: Cohere's "NONE", "START" or "END"; Nova's "END" is the default. */
  truncate?: "NONE" | "START" | "END";
  /** Titan text v2: vectors of length 1, which is the service's default. */
  normalize?: boolean;
}

export type FamilyInput = Pick<MediaItem, "kind" | "source">;

export interface EmbeddingFamily {
  /** Part of the model's name. */
  pattern: RegExp;
  /** Most texts a request; of files it is one. */
  texts: number;
  kinds: readonly MediaKind[];
  /** A text and an image together have a vector. */
  pairs?: boolean;
  body: (items: readonly FamilyInput[], side: Side, options: BedrockModelOptions) => unknown;
  read: (provider: Provider, answer: unknown) => EmbeddingAnswer;
}

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html */
const FAMILIES: readonly EmbeddingFamily[] = [
  {
    pattern: /titan-embed-text-v2/,
    texts: 1,
    kinds: ["texts"],
    body: ([item], _, { dimensions, normalize }) => ({
      inputText: item?.source,
      dimensions,
      normalize,
    }),
    read: readTitan,
  },
  {
    pattern: /titan-embed-image/,
    texts: 1,
    kinds: ["texts", "images"],
    pairs: true,
    body: titanBody,
    read: readTitan,
  },
  { pattern: /titan-embed/, texts: 1, kinds: ["texts"], body: titanBody, read: readTitan },
  { pattern: /nova/, texts: 1, kinds: ["texts", "images"], body: novaBody, read: readList },
  { pattern: /cohere/, texts: 96, kinds: ["texts", "images"], body: cohereBody, read: readList },
];

/** @throws invalid_argument for a model whose requests are not known */
export function embeddingFamily(provider: Provider, model: string): EmbeddingFamily {
  const family = FAMILIES.find(({ pattern }) => pattern.test(model));
  if (family) return family;
  throw invalid(provider, `embeds by models of Titan, Nova and Cohere, not by "${model}"`);
}

async function titanBody(
  items: readonly FamilyInput[],
  _: Side,
  { dimensions }: BedrockModelOptions,
): Promise<unknown> {
  const text = items.find(({ kind }) => kind === "texts");
  const image = items.find(({ kind }) => kind === "images");
  return {
    inputText: text?.source,
    inputImage: image && (await encodeMedia(image.source, "an image")).base64,
    ...(dimensions && { embeddingConfig: { outputEmbeddingLength: dimensions } }),
  };
}

async function novaBody(
  [item]: readonly FamilyInput[],
  side: Side,
  { task, dimensions, truncate = "END" }: BedrockModelOptions,
): Promise<unknown> {
  const purpose = task ?? (side === "query" ? "GENERIC_RETRIEVAL" : "GENERIC_INDEX");
  const { kind, source } = item as FamilyInput;
  const input =
    kind === "texts"
      ? { text: { truncationMode: truncate, value: source } }
      : { image: await bedrockImage(source) };
  return {
    taskType: "SINGLE_EMBEDDING",
    singleEmbeddingParams: {
      embeddingPurpose: purpose,
      embeddingDimension: dimensions,
      ...input,
    },
  };
}

async function cohereBody(
  items: readonly FamilyInput[],
  side: Side,
  { task, truncate, dimensions }: BedrockModelOptions,
): Promise<unknown> {
  const sources = items.map(({ source }) => source);
  if (items[0]?.kind === "images") {
    const images = await Promise.all(sources.map(dataURL));
    return { images, input_type: "image", output_dimension: dimensions };
  }
  const input_type = task ?? (side === "query" ? "search_query" : "search_document");
  return { texts: sources, input_type, truncate, output_dimension: dimensions };
}

function readTitan(provider: Provider, answer: unknown): EmbeddingAnswer {
  const { embedding, inputTextTokenCount, message } = fields(answer);
  if (embedding === undefined && message) throw errorInBody(provider, answer);
  return { vectors: [embedding], inputTokens: numberOr(inputTextTokenCount) };
}

/** Cohere's vectors, which may be grouped by type, or Nova's objects. */
function readList(provider: Provider, answer: unknown): EmbeddingAnswer {
  const { embeddings } = fields(answer);
  const list = Array.isArray(embeddings) ? embeddings : fields(embeddings).float;
  if (!Array.isArray(list)) throw badAnswer(provider, "no list of embeddings");
  return { vectors: list.map((item) => (Array.isArray(item) ? item : fields(item).embedding)) };
}

async function dataURL(image: Media): Promise<string> {
  const { base64, mediaType } = await encodeMedia(image, "an image", "image/jpeg");
  return `data:${mediaType};base64,${base64}`;
}

/** As Nova and Converse take it. */
export async function bedrockImage(image: Media): Promise<unknown> {
  const { base64, mediaType } = await encodeMedia(image, "an image", "image/jpeg");
  return { format: mediaType.replace(/^.*\//, ""), source: { bytes: base64 } };
}
