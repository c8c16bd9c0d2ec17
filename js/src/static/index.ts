// Subpath "pagevec/static": a site's search from files on any web server (docs/static.md).
import { absoluteUrl } from "#platform";
import { invalid, shown } from "../collection/validate.js";
import { unwrap } from "../engine/outcome.js";
import { packStrings } from "../engine/packed-strings.js";
import type { CoreOptions } from "../engine/protocol.js";
import { loadStatic } from "../engine/static-module.js";
import { throwIfAborted, unlessAborted } from "../errors.js";
import type { CallOptions, EmbeddingFunction } from "../types.js";
import { checkManifest, checkTables, type StaticManifest } from "./format.js";
import { SiteFiles } from "./site-files.js";
import { StaticIndex } from "./static-index.js";

export { PagevecError } from "../errors.js";
export type { StaticManifest, StaticModel } from "./format.js";
export type {
  StaticIndex,
  StaticMetadata,
  StaticResult,
  StaticRow,
  StaticSearchParams,
} from "./static-index.js";
export type { Suggestion } from "./suggestions.js";

export interface StaticOptions extends CallOptions {
  /** Makes the model that loadModel() loads. Default: by the name that the index has of it. */
  model?: () => EmbeddingFunction | Promise<EmbeddingFunction>;
  /** Folder of static.wasm. Default: beside the package's scripts. */
  wasmUrl?: CoreOptions["wasmUrl"];
}

/**
 * Opens the folder that `pagevec build` wrote. Loads the tables only; works in pages, in workers and in Node,
 * in place. onProgress is told of every file of the index, also later ones: stage "download", bytes so far.
 * @param url of the folder
 * @throws not_found, network, corrupt, format_too_new; engine_failed; invalid_argument; aborted
 */
export async function openStatic(
  url: string | URL,
  options: StaticOptions = {},
): Promise<StaticIndex> {
  const { signal, onProgress, model, wasmUrl } = options;
  throwIfAborted(signal);
  if (typeof url !== "string" && !(url instanceof URL)) {
    throw invalid(`openStatic() needs the address of a folder, got ${shown(url)}`);
  }
  if (model !== undefined && typeof model !== "function") {
    throw invalid(`model must be a function that makes the model, got ${shown(model)}`);
  }
  const address = absoluteUrl(url);
  const base = new URL(address.endsWith("/") ? address : `${address}/`);
  const files = new SiteFiles(base, (bytes) =>
    onProgress?.({ stage: "download", done: bytes, total: bytes, bytes }),
  );
  return unlessAborted(open(files, model, wasmUrl), signal);
}

async function open(
  files: SiteFiles,
  model: StaticOptions["model"],
  wasmUrl: StaticOptions["wasmUrl"],
): Promise<StaticIndex> {
  const loading = loadStatic(wasmUrl);
  // What the files throw comes first; this is waited for below.
  loading.catch(() => {});
  const manifest = checkManifest(await files.manifest());
  const tables = checkTables(await files.json("tables", manifest.tables));
  const lengths = await files.get("lengths", tables.lengths);
  const firsts = packStrings(tables.terms.map(([first]) => first));
  const handle = unwrap((await loading).openStatic(lengths, firsts));
  const make = async () => (model ?? (() => modelOf(manifest)))();
  return new StaticIndex(handle, files, manifest, tables, make);
}

async function modelOf({ model }: StaticManifest): Promise<EmbeddingFunction> {
  if (model?.name === "pagevec-minilm") return (await import("../embedding/minilm.js")).miniLM();
  throw invalid(
    `the index was built with the model ${shown(model?.name)}; pass openStatic() a function that makes it: { model: () => localModel(...) }`,
  );
}
