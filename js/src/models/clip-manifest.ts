import { PagevecError } from "../errors.js";
import type { ModelFacts } from "./manifest.js";

/** What a CLIP model reads: texts, or images. Each has a tower of its own. */
export type ClipTower = "text" | "image";

/** A model with a text and an image tower whose vectors share one space. */
export interface ClipSpec extends ModelFacts {
  /** Edge of the square that the image tower sees, in pixels. */
  imageSize: number;
}

function base(name: string, hub: string): ClipSpec {
  return {
    name,
    hub,
    revision: "main",
    licence: "MIT",
    dimensions: 512,
    maxTokens: 77,
    imageSize: 224,
  };
}

/** "clip" of models/manifest.json, beside the files (clip-files.ts); a test compares the two. */
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
