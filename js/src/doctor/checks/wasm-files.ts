import { readFile } from "#platform";
import { answerOf, remedyFor } from "../../engine/explain.js";
import { bestVariant, CONVERTER, isWasm, VARIANTS, wasmUrl } from "../../engine/load.js";
import { SENTENCEPIECE } from "../../engine/sentencepiece.js";
import { bad, good, warning } from "../outcomes.js";
import { allowing, watchPolicy } from "../policy.js";
import type { Check, Examination, Outcome } from "../types.js";

/** Enough to tell wasm from a page, and short enough for a slow line. */
const FIRST_BYTES = 64;

const FILES = {
  "core.simd128": VARIANTS.simd128,
  "core.relaxed": VARIANTS.relaxed,
  converter: CONVERTER,
  sentencepiece: SENTENCEPIECE,
};
type WasmName = keyof typeof FILES;

const SERVE = "Serve the package's wasm folder, and pass its address as wasmUrl.";

const simd: Check = {
  id: "simd",
  title: "SIMD of WebAssembly",
  otherwise: "bad",
  fix: "Use Chrome 91, Firefox 89, Safari 16.4 or newer.",
  async run({ options }) {
    const best = await bestVariant();
    const taken = options.variant ?? best;
    const asked = options.variant ? ", as `variant` says" : "";
    return good(`${best === "relaxed" ? "relaxed" : "128 bits"}; core.${taken} is taken${asked}`);
  },
};

const core: Check = {
  ...fileCheck("file.core", "The core's wasm file", "bad", coreName),
  applies: ({ wasmBinary }) => wasmBinary === undefined,
};

/** Both are loaded when the first model needs them. */
const converter = fileCheck(
  "file.converter",
  "The converter's wasm file",
  "warning",
  async () => "converter",
);
const sentencepiece = fileCheck(
  "file.sentencepiece",
  "The wasm file of sentencepiece",
  "warning",
  async () => "sentencepiece",
);

async function coreName({ options }: Examination): Promise<WasmName> {
  // Without SIMD the check before has said so.
  return `core.${options.variant ?? (await bestVariant().catch(() => "simd128" as const))}`;
}

function fileCheck(
  id: string,
  title: string,
  otherwise: Check["otherwise"],
  name: (examination: Examination) => Promise<WasmName>,
): Check {
  const run = async (examination: Examination) => {
    const file = await name(examination);
    const url = wasmUrl(file, FILES[file], examination.options.wasmUrl);
    const outcome = await look(url, examination.signal);
    return outcome.ok === "bad" ? { ...outcome, ok: otherwise } : outcome;
  };
  return { id, title, otherwise, fix: SERVE, run };
}

async function look(url: URL, signal: AbortSignal): Promise<Outcome> {
  if (url.protocol === "file:") {
    const bytes = await readFile(url);
    return isWasm(bytes) ? good(`${url.href}, ${bytes.length} bytes`) : notWasm(url, 200, bytes);
  }
  const { value, error, refused } = await watchPolicy(() => beginningOf(url, signal));
  if (refused[0]) {
    const { policy, directive } = refused[0];
    const must = allowing(policy, directive, new URL(url).origin);
    return bad(
      `the page's Content-Security-Policy (${directive}) refuses ${url.href}`,
      `Allow it in the Content-Security-Policy: ${must}`,
    );
  }
  if (!value) {
    return bad(`${url.href} cannot be fetched: ${error}`, remedyFor(url.href));
  }
  const { bytes, status, type } = value;
  if (status >= 300 || !isWasm(bytes)) return notWasm(url, status, bytes);
  if (/^application\/wasm\b/.test(type)) return good(`${url.href}, ${type}`);
  return warning(
    `${url.href} is wasm, but its Content-Type is ${type || "missing"}, so that servers do not compress it`,
    "Let the server send .wasm files as application/wasm.",
  );
}

function notWasm(url: URL, status: number, bytes: Uint8Array): Outcome {
  return bad(`${url.href} ${answerOf(status, bytes)}`, remedyFor(url.href));
}

async function beginningOf(url: URL, signal: AbortSignal) {
  const { body, status, headers } = await fetch(url, { signal });
  const reader = body?.getReader();
  let bytes = new Uint8Array(0);
  while (reader && bytes.length < FIRST_BYTES) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes = new Uint8Array([...bytes, ...value.subarray(0, FIRST_BYTES)]);
  }
  await reader?.cancel();
  return { bytes, status, type: headers.get("content-type") ?? "" };
}

export const WASM_FILE_CHECKS: readonly Check[] = [simd, core, converter, sentencepiece];
