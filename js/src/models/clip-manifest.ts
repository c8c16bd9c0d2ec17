import { PagevecError } from "../errors.js";
import type { UnpinnedFile } from "./first-use.js";

/** What a CLIP model reads: texts, or images. Each has a tower of its own. */
export type ClipTower = "text" | "image";
export type ClipFile = "vocab" | "merges" | `${ClipTower}-${"int8" | "fp32"}`;

/** A model with a text and an image tower whose vectors share one space. */
export interface ClipSpec {
  name: string;
  /** The repository of the ONNX files on the hub, and its branch. */
  hub: string;
  revision: string;
  /** SPDX. */
  licence: string;
  dimensions: number;
  /** Longer texts are cut here, special tokens included. */
  maxTokens: number;
  /** Edge of the square that the image tower sees, in pixels. */
  imageSize: number;
  files: Readonly<Record<ClipFile, UnpinnedFile>>;
}

const MIB = 1024 * 1024;
/** Above what the files of a base model weigh: 64 and 89 MB as int8, 254 and 352 MB as fp32. */
const PATHS: Readonly<Record<ClipFile, Omit<UnpinnedFile, "url">>> = {
  vocab: { path: "vocab.json", maxBytes: 8 * MIB },
  merges: { path: "merges.txt", maxBytes: 8 * MIB },
  "text-int8": { path: "onnx/text_model_quantized.onnx", maxBytes: 128 * MIB },
  "image-int8": { path: "onnx/vision_model_quantized.onnx", maxBytes: 128 * MIB },
  "text-fp32": { path: "onnx/text_model.onnx", maxBytes: 512 * MIB },
  "image-fp32": { path: "onnx/vision_model.onnx", maxBytes: 512 * MIB },
};

function base(name: string, hub: string): ClipSpec {
  const revision = "main";
  const files = Object.entries(PATHS).map(([key, file]) => {
    const url = `https://huggingface.co/${hub}/resolve/${revision}/${file.path}`;
    return [key, { ...file, url }];
  });
  return {
    name,
    hub,
    revision,
    licence: "MIT",
    dimensions: 512,
    maxTokens: 77,
    imageSize: 224,
    files: Object.fromEntries(files),
  };
}

/** The browser's part of "clip" in models/manifest.json; a test compares the two. */
export const CLIP_MODELS: readonly ClipSpec[] = [
  base("openai/clip-vit-base-patch32", "Xenova/clip-vit-base-patch32"),
  base("openai/clip-vit-base-patch16", "Xenova/clip-vit-base-patch16"),
];

/** @throws not_found for a name that is not in the manifest. */
export function findClipModel(name: string): ClipSpec {
  const spec = CLIP_MODELS.find((model) => model.name === name);
  if (spec) return spec;
  const known = CLIP_MODELS.map((model) => model.name).join(", ");
  throw new PagevecError("not_found", `there is no CLIP model "${name}"; there is ${known}`);
}
