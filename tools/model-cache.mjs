import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const FETCH = fileURLToPath(new URL("../models/fetch", import.meta.url));

/**
 * The folder of all models, with these files of this one in it: fetched if they are missing.
 * @param {string} files names in models/manifest.json, joined by commas
 */
export function modelsFolder(model = "all-MiniLM-L6-v2", files = "vocab,int8") {
  const got = spawnSync(FETCH, [model, "--files", files], { stdio: "inherit" });
  if (got.status !== 0) throw new Error(`models/fetch ${model} --files ${files} failed; see above`);
  return spawnSync(FETCH, ["--where"], { encoding: "utf8" }).stdout.trim();
}

/** The address of one model's folder, for modelUrl in Node. */
export function modelUrl(folder, model = "all-MiniLM-L6-v2") {
  return pathToFileURL(join(folder, model)).href;
}
