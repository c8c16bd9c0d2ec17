import { concat } from "../../engine/concat.js";
import { PagevecError } from "../../errors.js";
import type { Bytes } from "../../models/cache.js";
import type { SentencePieceSpec } from "../../models/manifest.js";
import type { Json } from "./json.js";

type Piece = readonly [text: string, score: number];
type Mapping = SentencePieceSpec["mapping"];

/** With what a Unigram vocabulary of tokenizer.json begins. */
const BEGINNINGS: Record<Mapping, readonly string[]> = {
  "xlm-r": ["<s>", "<pad>", "</s>", "<unk>"],
  t5: ["<pad>", "</s>", "<unk>"],
};
const NORMAL = 1;
const UNKNOWN = 2;
const CONTROL = 3;
/** What transformers makes of a sentencepiece model (convert_slow_tokenizer.py, SpmConverter). */
const PARTS = ["Precompiled", "Strip", "Replace", "WhitespaceSplit", "Metaspace"];

/**
 * How the network behind a Unigram model of tokenizer.json numbers its pieces.
 * @throws unsupported for a numbering that is neither XLM-RoBERTa's nor T5's.
 */
export function mappingOf(tokenizer: Json): Mapping {
  const vocab = vocabularyOf(tokenizer);
  for (const mapping of ["xlm-r", "t5"] as const) {
    if (BEGINNINGS[mapping].every((text, i) => vocab[i]?.[0] === text)) return mapping;
  }
  const first = vocab.slice(0, 4).map(([text]) => text);
  throw new PagevecError(
    "unsupported",
    `the model's tokenizer numbers its pieces from ${first.join(" ")}; pagevec knows XLM-RoBERTa's and T5's`,
  );
}

/**
 * The .model file (sentencepiece_model.proto) that a Unigram tokenizer.json was made of, as far as it
 * decides on ids: the pieces, and the table of the normalizer.
 * @throws unsupported for what SpmConverter does not make; corrupt.
 */
export function sentencePieceOf(tokenizer: Json): Bytes {
  const mapping = mappingOf(tokenizer);
  const vocab = vocabularyOf(tokenizer);
  // Tokens that were added behind the model's pieces.
  while (/^<(mask|extra_id_\d+)>$/.test(vocab.at(-1)?.[0] ?? "")) vocab.pop();
  const own = vocab.slice(BEGINNINGS[mapping].length);
  const special = mapping === "xlm-r" ? ["<unk>", "<s>", "</s>"] : BEGINNINGS.t5;
  const pieces = [
    ...special.map((text) => piece([text, 0], text === "<unk>" ? UNKNOWN : CONTROL)),
    ...own.map((each) => piece(each, NORMAL)),
  ];
  const table = charsMapOf(tokenizer);
  const normalizer = table && field(3, field(2, table));
  return concat(normalizer ? [...pieces, normalizer] : pieces);
}

function vocabularyOf(tokenizer: Json): Piece[] {
  const { vocab, type, byte_fallback: bytes } = (tokenizer.model ?? {}) as Json;
  if (type !== "Unigram" || bytes === true) {
    throw new PagevecError(
      "unsupported",
      "tokenizer.json has no Unigram model without byte pieces",
    );
  }
  const good = (entry: unknown) =>
    Array.isArray(entry) && typeof entry[0] === "string" && typeof entry[1] === "number";
  if (Array.isArray(vocab) && vocab.every(good)) return vocab.slice();
  throw new PagevecError(
    "corrupt",
    "the vocabulary of tokenizer.json is no list of pieces and scores",
  );
}

/** The normalizer's table, if it has one. Prefix and spaces are treated as sentencepiece does by default. */
function charsMapOf({ normalizer, pre_tokenizer }: Json): Uint8Array | undefined {
  const parts = [...partsOf(normalizer), ...partsOf(pre_tokenizer)];
  const odd = parts.find(
    ({ type, add_prefix_space, prepend_scheme }) =>
      !PARTS.includes(String(type)) || add_prefix_space === false || prepend_scheme === "never",
  );
  if (odd) {
    const message = `the model's tokenizer is not sentencepiece's alone: it has ${JSON.stringify(odd).slice(0, 100)}`;
    throw new PagevecError("unsupported", message);
  }
  const table = parts.find(({ type }) => type === "Precompiled")?.precompiled_charsmap;
  if (!table) return undefined;
  try {
    return Uint8Array.from(atob(String(table)), (char) => char.charCodeAt(0));
  } catch (cause) {
    throw new PagevecError("corrupt", `precompiled_charsmap is no base64: ${cause}`, { cause });
  }
}

function partsOf(node: unknown): Json[] {
  const part = (node ?? { type: "Sequence" }) as Json;
  if (part.type !== "Sequence") return [part];
  const inner = (part.normalizers ?? part.pretokenizers ?? []) as Json[];
  return inner.flatMap(partsOf);
}

/** ModelProto.pieces: text, score, type. */
function piece([text, score]: Piece, type: number): Uint8Array {
  const rest = new Uint8Array(7);
  rest[0] = 0x15;
  new DataView(rest.buffer).setFloat32(1, score, true);
  rest.set([0x18, type], 5);
  return field(1, concat([field(1, new TextEncoder().encode(text)), rest]));
}

/** A field of bytes in Protocol Buffers. */
function field(number: number, content: Uint8Array): Uint8Array {
  const head = [number * 8 + 2];
  let rest = content.length;
  for (; rest > 127; rest >>>= 7) head.push((rest & 127) | 128);
  return concat([Uint8Array.from([...head, rest]), content]);
}
