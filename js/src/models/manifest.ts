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

/** A model that runs in the page. */
export interface ModelSpec {
  name: string;
  /** The model's repository on the hub, and the commit the files are from. */
  hub: string;
  revision: string;
  /** SPDX. */
  licence: string;
  dimensions: number;
  /** Longer texts are cut here, special tokens included. */
  maxTokens: number;
  /** How token vectors become one: their mean, or the first token's. */
  pooling: "mean" | "cls";
  /** Vectors are scaled to length 1. */
  normalize: boolean;
  space: Space;
  /** What the model expects in front of a text. */
  prefixes: { query: string; document: string };
  tokenizer: { type: "wordpiece"; file: string; lowercase: boolean };
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

/** The browser's part of models/manifest.json; a test compares the two. */
export const MODELS: readonly ModelSpec[] = [
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
            bytes: 23180160,
            sha256: "05b2e1e79fdad67c44f6cfa1dd2e65c77dea6055216d2e042c170562ce1001f4",
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
];

/** @throws not_found for a name that is not in the manifest. */
export function findModel(name: string): ModelSpec {
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
