import { loadModule } from "./load.js";
import type { StaticBuilderModule } from "./static-module.js";

const BUILDER = {
  glue: () => import("../../wasm/static-builder.mjs"),
  wasm: () => new URL("../../wasm/static-builder.wasm", import.meta.url),
};

/** Loads what builds static indexes. @throws engine_failed */
export function loadStaticBuilder(): Promise<StaticBuilderModule> {
  return loadModule("static-builder", BUILDER, undefined);
}
