import { join } from "node:path";
import { modelsFolder } from "../../tools/model-cache.mjs";

/**
 * The folder of a model with these files, which are downloaded if they are not there yet.
 * PAGEVEC_MODELS: a folder of models that already has them.
 */
export function modelFolder(model: string, files: readonly string[]): string {
  return join(process.env.PAGEVEC_MODELS || modelsFolder(model, files.join(",")), model);
}
