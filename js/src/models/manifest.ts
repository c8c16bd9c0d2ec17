import { PagevecError } from "../errors.js";
import type { Space } from "../types.js";

/** What a file must be, to the byte. */
export interface FileContent {
  bytes: number;
  sha256: string;
}

export interface ModelFile {
  /** Where it lies below a `modelUrl`: the layout of the model's repository on the hub. */
  path: string;
  /** Any of these is right: different exports of the same weights. */
  contents: readonly FileContent[];
  /** Where it is downloaded from when the caller names no `modelUrl`. */
  urls: readonly string[];
}

/** BERT's tokenizer over a vocab.txt. */
export interface WordPieceSpec {
  type: "wordpiece";
  file: string;
  lowercase: boolean;
}

/** The sentencepiece library's over a .model file. */
export interface SentencePieceSpec {
  type: "sentencepiece";
  file: string;
  /** How the network numbers the pieces. */
  mapping: "xlm-r" | "t5";
}

/** A linear layer behind the pooling: Dense of Sentence Transformers. */
export interface DenseShape {
  inputs: number;
  outputs: number;
  bias: boolean;
  activation: "identity" | "tanh";
}

/** What is said of every model. */
export interface ModelFacts {
  name: string;
  /** The repository of the files on the hub, and the commit (or branch) they are from. */
  hub: string;
  revision: string;
  /** SPDX. */
  licence: string;
  dimensions: number;
  /** Longer texts are cut here, special tokens included. */
  maxTokens: number;
}

/** A model that runs in the page. */
export interface ModelSpec extends ModelFacts {
  /** How token vectors become one: their mean, or the first token's. */
  pooling: "mean" | "cls";
  /** Vectors are scaled to length 1. */
  normalize: boolean;
  space: Space;
  /** What the model expects in front of a text. */
  prefixes: { query: string; document: string };
  /** False: the mean leaves the prefix's tokens out. Default true. */
  includePrompt?: boolean | undefined;
  /** From the first to the last; the file "dense" has their weights. */
  dense?: readonly DenseShape[] | undefined;
  /** What the weights do not say of the model's shape (its config.json). */
  architecture: { heads: number; layerNormEpsilon: number };
  tokenizer: WordPieceSpec | SentencePieceSpec;
  files: Readonly<Record<string, ModelFile>>;
}

function hub(repository: string, revision: string, path: string): string {
  return `https://huggingface.co/${repository}/resolve/${revision}/${path}`;
}

/** A file of a companion package, which holds one model's .pvm file. */
function cdn(companion: string, path: string): string {
  return `https://cdn.jsdelivr.net/npm/${companion}/${path}`;
}

const MINILM = "sentence-transformers/all-MiniLM-L6-v2";
const MINILM_REVISION = "1110a243fdf4706b3f48f1d95db1a4f5529b4d41";
const MINILM_ONNX = "Xenova/all-MiniLM-L6-v2";
const MINILM_ONNX_REVISION = "751bff37182d3f1213fa05d7196b954e230abad9";

const BGE = "BAAI/bge-small-en-v1.5";
const BGE_REVISION = "5c38ec7c405ec4b44b94cc5a9bb96e735b38267a";
const BGE_ONNX = "Xenova/bge-small-en-v1.5";
const BGE_ONNX_REVISION = "b7ad92a45a298ac620504489f28ecb6ac66ad67c";
const E5 = "intfloat/e5-small-v2";
const E5_REVISION = "dca8b1a9dae0d4575df2bf423a5edb485a431236";
const E5_ONNX = "Xenova/e5-small-v2";
const E5_ONNX_REVISION = "main";

/** The manifest's models are BERTs. */
export type ManifestModel = ModelSpec & { tokenizer: WordPieceSpec };

/** The browser's part of models/manifest.json; a test compares the two. */
export const MODELS: readonly ManifestModel[] = [
  {
    name: "all-MiniLM-L6-v2",
    hub: MINILM,
    revision: MINILM_REVISION,
    licence: "Apache-2.0",
    dimensions: 384,
    maxTokens: 256,
    pooling: "mean",
    normalize: true,
    space: "cosine",
    prefixes: { query: "", document: "" },
    architecture: { heads: 12, layerNormEpsilon: 1e-12 },
    tokenizer: { type: "wordpiece", file: "vocab", lowercase: true },
    files: {
      vocab: {
        path: "vocab.txt",
        contents: [
          {
            bytes: 231508,
            sha256: "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
          },
        ],
        urls: [hub(MINILM, MINILM_REVISION, "vocab.txt")],
      },
      int8: {
        path: "onnx/model_quantized.onnx",
        contents: [
          {
            bytes: 22972370,
            sha256: "afdb6f1a0e45b715d0bb9b11772f032c399babd23bfc31fed1c170afc848bdb1",
          },
        ],
        urls: [hub(MINILM_ONNX, MINILM_ONNX_REVISION, "onnx/model_quantized.onnx")],
      },
      pvm: {
        path: "all-MiniLM-L6-v2.pvm",
        contents: [
          {
            bytes: 23265408,
            sha256: "beb36bde50e179506afb319436189ef2f185f84943ce1ffc8bb551d7e7c00baf",
          },
        ],
        urls: [cdn("@pagevec/all-minilm-l6-v2@0.1.0", "all-MiniLM-L6-v2.pvm")],
      },
      fp32: {
        path: "onnx/model.onnx",
        contents: [
          {
            bytes: 90984153,
            sha256: "ca46f1a88a9c6e61b918af1ab38be3e7903b986616551f0a6f10a7ecc5730cd4",
          },
          {
            bytes: 90405214,
            sha256: "6fd5d72fe4589f189f8ebc006442dbb529bb7ce38f8082112682524616046452",
          },
        ],
        urls: [hub(MINILM, MINILM_REVISION, "onnx/model.onnx")],
      },
    },
  },
  {
    name: "bge-small-en-v1.5",
    hub: BGE,
    revision: BGE_REVISION,
    licence: "MIT",
    dimensions: 384,
    maxTokens: 512,
    pooling: "cls",
    normalize: true,
    space: "cosine",
    prefixes: {
      query: "Represent this sentence for searching relevant passages: ",
      document: "",
    },
    architecture: { heads: 12, layerNormEpsilon: 1e-12 },
    tokenizer: { type: "wordpiece", file: "vocab", lowercase: true },
    files: {
      vocab: {
        path: "vocab.txt",
        contents: [
          {
            bytes: 231508,
            sha256: "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
          },
        ],
        urls: [hub(BGE, BGE_REVISION, "vocab.txt")],
      },
      int8: {
        path: "onnx/model_quantized.onnx",
        contents: [
          {
            bytes: 34014426,
            sha256: "6c9c6101a956d62dfb5e7190c538226c0c5bb9cb27b651234b6df063ee7dbfe4",
          },
        ],
        urls: [hub(BGE_ONNX, BGE_ONNX_REVISION, "onnx/model_quantized.onnx")],
      },
      pvm: {
        path: "bge-small-en-v1.5.pvm",
        contents: [
          {
            bytes: 34251456,
            sha256: "67483a60ca8f261e45765b2119876dfd815959d97ca4a38a07641bca41c0a802",
          },
        ],
        urls: [cdn("@pagevec/bge-small-en-v1.5@0.1.0", "bge-small-en-v1.5.pvm")],
      },
      fp32: {
        path: "onnx/model.onnx",
        contents: [
          {
            bytes: 133093490,
            sha256: "828e1496d7fabb79cfa4dcd84fa38625c0d3d21da474a00f08db0f559940cf35",
          },
        ],
        urls: [hub(BGE_ONNX, BGE_ONNX_REVISION, "onnx/model.onnx")],
      },
    },
  },
  {
    name: "e5-small-v2",
    hub: E5,
    revision: E5_REVISION,
    licence: "MIT",
    dimensions: 384,
    maxTokens: 512,
    pooling: "mean",
    normalize: true,
    space: "cosine",
    prefixes: { query: "query: ", document: "passage: " },
    architecture: { heads: 12, layerNormEpsilon: 1e-12 },
    tokenizer: { type: "wordpiece", file: "vocab", lowercase: true },
    files: {
      vocab: {
        path: "vocab.txt",
        contents: [
          {
            bytes: 231508,
            sha256: "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
          },
        ],
        urls: [hub(E5, E5_REVISION, "vocab.txt")],
      },
      int8: {
        path: "onnx/model_quantized.onnx",
        contents: [
          {
            bytes: 34014367,
            sha256: "7d9092cb25f2bd1c023b7e8d2aa459044a02030ac880e5a59fdaf27af69f1ded",
          },
        ],
        urls: [hub(E5_ONNX, E5_ONNX_REVISION, "onnx/model_quantized.onnx")],
      },
      pvm: {
        path: "e5-small-v2.pvm",
        contents: [
          {
            bytes: 34251392,
            sha256: "f907f33c92962177d63935d93f3635559a1af1b461e49e6cd4dfbcb2df5e15a5",
          },
        ],
        urls: [cdn("@pagevec/e5-small-v2@0.1.0", "e5-small-v2.pvm")],
      },
      fp32: {
        path: "onnx/model.onnx",
        contents: [
          {
            bytes: 133093467,
            sha256: "b2a43b66f7f9b6f29643a21340ad7c03d2d91e6bd5d43429a77799a9ee880eb0",
          },
        ],
        urls: [hub(E5_ONNX, E5_ONNX_REVISION, "onnx/model.onnx")],
      },
    },
  },
];

/** @throws not_found for a name that is not in the manifest. */
export function findModel(name: string): ManifestModel {
  const spec = MODELS.find((model) => model.name === name);
  if (spec) return spec;
  const known = MODELS.map((model) => model.name).join(", ");
  throw new PagevecError("not_found", `there is no model "${name}"; there is ${known}`);
}

/** @throws not_found for a file that the model does not have. */
export function findFile(spec: ModelSpec, name: string): ModelFile {
  const file = spec.files[name];
  if (file) return file;
  const known = Object.keys(spec.files).join(", ");
  throw new PagevecError("not_found", `${spec.name} has no file "${name}"; it has ${known}`);
}
