// Loaded with a CLIP model, not with every page.
import type { ClipSpec, ClipTower } from "./clip-manifest.js";
import type { UnpinnedFile } from "./first-use.js";

export type ClipFile = "vocab" | "merges" | `${ClipTower}-${"int8" | "fp32"}`;

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

/** The files of a CLIP model. */
export function clipFiles({ hub, revision }: ClipSpec): Readonly<Record<ClipFile, UnpinnedFile>> {
  const files = Object.entries(PATHS).map(([key, file]) => {
    const url = `https://huggingface.co/${hub}/resolve/${revision}/${file.path}`;
    return [key, { ...file, url }];
  });
  return Object.fromEntries(files);
}
