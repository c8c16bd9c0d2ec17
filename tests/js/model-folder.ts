import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const FETCH = fileURLToPath(new URL("../../models/fetch.mjs", import.meta.url));

/**
 * The folder of a model with these files, which are downloaded if they are not there yet.
 * PAGEVEC_MODELS: a folder of models that already has them.
 */
export function modelFolder(model: string, files: readonly string[]): string {
  const ready = process.env.PAGEVEC_MODELS;
  if (ready) return join(ready, model);
  execFileSync(process.execPath, [FETCH, model, "--files", files.join(",")], { stdio: "pipe" });
  const root = execFileSync(process.execPath, [FETCH, "--where"], { encoding: "utf8" });
  return join(root.trim(), model);
}
