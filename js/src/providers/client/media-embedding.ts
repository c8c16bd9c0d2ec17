import { PagevecError } from "../../errors.js";
import type { MessagePart } from "../../types/generator.js";
import type {
  Media,
  MediaEmbeddingFunction,
  MediaInputs,
  MediaVectors,
} from "../../types/media.js";
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

/** Files in a request: few enough for what servers take as a body. */
const FILES = 16;

export type MediaKind = keyof MediaInputs;

/** In this order inputs are sent, and services answer. */
export const MEDIA_KINDS: readonly MediaKind[] = [
  "texts",
  "images",
  "audio",
  "video",
  "imu",
  "thermal",
  "depth",
];

/** One input; a text's source is the text. */
export interface MediaItem {
  kind: MediaKind;
  source: Media;
  /** Where it stands, for messages. */
  place: string;
}

/** Texts and files to vectors over one service: what differs from the others. */
export interface MediaWire<O extends EmbeddingOptions>
  extends Omit<EmbeddingWire<O>, "request" | "read"> {
  /** What the model takes. */
  kinds: readonly MediaKind[];
  /** Most files a request; with 1, a file and a text never share one. Default 16. */
  files?: number;
  request: (items: MediaItem[], side: Side) => WireRequest | Promise<WireRequest>;
  /** Vectors in the order of the inputs, whose kinds are given. */
  read: (answer: unknown, kinds: MediaKind[]) => EmbeddingAnswer;
}

export interface RemoteMediaFunction extends RemoteEmbeddingFunction {
  embedMedia: MediaEmbeddingFunction["embedMedia"];
}

/** The same where an input may be texts and files as they follow each other. */
export interface MixedWire<O extends EmbeddingOptions>
  extends Omit<MediaWire<O>, "request" | "read"> {
  request: (inputs: MediaItem[][], side: Side) => Promise<WireRequest>;
  read: (answer: unknown, count: number) => EmbeddingAnswer;
}

export interface MixedMediaFunction extends RemoteMediaFunction {
  /** A vector for each list of texts and images, which are read as they follow each other. */
  embedInputs(inputs: MessagePart[][], options?: CallOptions): Promise<number[][]>;
}

/** See remoteMedia(). */
export function remoteMixedMedia<O extends EmbeddingOptions>(
  client: HttpClient,
  wire: MixedWire<O>,
): MixedMediaFunction {
  const { options, files = FILES } = wire;
  const count = Math.min(options.batchSize ?? files, files);
  const lists: InputWire<MediaItem[]> = {
    options,
    split: (inputs) => splitBatches(inputs, { count }, () => 0),
    tokensOf: (items) => items.reduce((sum, item) => sum + itemTokens(item), 0),
    request: (inputs) => wire.request(inputs, "document"),
    read: (answer, { length }) => wire.read(answer, length),
  };
  const alone = remoteMedia(client, {
    ...wire,
    request: (items, side) =>
      wire.request(
        items.map((item) => [item]),
        side,
      ),
    read: (answer, { length }) => wire.read(answer, length),
  });
  return {
    ...alone,
    async embedInputs(inputs, call = {}) {
      const items = inputs.map((parts, i) => parts.map((part) => partItem(part, `inputs[${i}]`)));
      return embedInputs(client, lists, items, call);
    },
  };
}

function partItem(part: MessagePart, place: string): MediaItem {
  return part.type === "text"
    ? { kind: "texts", source: part.text, place }
    : { kind: "images", source: part.image, place };
}

/** See HttpClient.post() for what its calls throw, and encodeMedia() for what is no file. */
export function remoteMedia<O extends EmbeddingOptions>(
  client: HttpClient,
  wire: MediaWire<O>,
): RemoteMediaFunction {
  const texts = remoteEmbedding(client, {
    ...wire,
    request: (list, side) => wire.request(itemsOf("texts", list), side),
    read: (answer, count) => wire.read(answer, new Array(count).fill("texts")),
  });
  return {
    ...texts,
    async embedMedia(inputs, call = {}) {
      checkKinds(client, wire.kinds, inputs);
      const given = MEDIA_KINDS.filter((kind) => inputs[kind]);
      const items = given.flatMap((kind) => itemsOf(kind, inputs[kind] ?? []));
      const vectors = await embedInputs(client, itemWire(client, wire), items, call);
      return byKind(given, items, vectors);
    },
  };
}

function itemWire<O extends EmbeddingOptions>(
  { provider }: HttpClient,
  { options, files = FILES, request, read }: MediaWire<O>,
): InputWire<MediaItem> {
  const texts = options.batchSize ?? provider.embeds?.texts ?? DEFAULT_BATCH;
  // A request has room for so many texts, of which a file takes its share.
  const room = ({ kind }: MediaItem) => (kind === "texts" ? 1 : texts / Math.min(files, texts));
  return {
    options,
    split: (items) => splitBatches(items, { tokens: texts }, room),
    tokensOf: itemTokens,
    request: (items) => request(items, "document"),
    read: (answer, items) =>
      read(
        answer,
        items.map(({ kind }) => kind),
      ),
  };
}

/** What a file costs is not known. */
function itemTokens({ kind, source }: MediaItem): number {
  return kind === "texts" ? estimateTokens(source as string) : 0;
}

function itemsOf(kind: MediaKind, sources: readonly Media[]): MediaItem[] {
  return sources.map((source, i) => ({ kind, source, place: `${kind}[${i}]` }));
}

/** @throws unsupported, invalid_argument */
function checkKinds(
  { provider }: HttpClient,
  kinds: readonly MediaKind[],
  inputs: MediaInputs,
): void {
  const wrong = Object.entries(inputs).find(
    ([kind, list]) => list?.length && !kinds.includes(kind as MediaKind),
  );
  if (wrong) {
    throw new PagevecError(
      "unsupported",
      `${provider.name} was given ${wrong[0]}, which its model does not take; it takes ${kinds.join(", ")}`,
    );
  }
  checkTexts(provider, inputs.texts ?? []);
}

function byKind(
  given: readonly MediaKind[],
  items: readonly MediaItem[],
  vectors: number[][],
): MediaVectors {
  const lists = given.map((kind) => [kind, vectors.filter((_, i) => items[i]?.kind === kind)]);
  return Object.fromEntries(lists);
}
