/** What a package in one file carries in itself. */
export interface Packed {
  /** Wasm files by their names without ".wasm": gzip, then base64. */
  wasm: Readonly<Record<string, string>>;
  /** The script of the worker, which finds the wasm files in globalThis.pagevecWasm; in it: absent. */
  worker?: string;
}

/**
 * Nothing: the files lie beside the scripts. tools/inline.mjs puts pagevec/inline's own in the place
 * of this module.
 */
export const packed = undefined as Packed | undefined;
