import { absoluteUrl } from "#platform";
import { workerNotLoaded } from "../../engine/explain.js";
import { hasWebWorkers, makeWorker } from "../../engine/open.js";
import type { Request, Response } from "../../engine/protocol.js";
import { bad, good, outcomeOfError, untried, warning } from "../outcomes.js";
import { allowing, watchPolicy } from "../policy.js";
import { withClient } from "../probe-client.js";
import type { Check, DoctorOptions, Examination } from "../types.js";

/** The shortest module: magic number and version. */
const EMPTY_MODULE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
const ALLOW_WASM = "'wasm-unsafe-eval'";
const WASM_FIX = `Allow ${ALLOW_WASM} in the script-src of the Content-Security-Policy.`;

export function inWorker({ worker = hasWebWorkers() }: DoctorOptions): boolean {
  return worker !== false;
}

const workerCheck: Check = {
  id: "worker",
  title: "The worker's script",
  otherwise: "bad",
  fix: "Serve the package's worker.js from the page's origin, and pass its address as workerUrl.",
  applies: inWorker,
  async run({ options, signal }) {
    const begin = performance.now();
    const { error, refused } = await watchPolicy(() => answerOfWorker(options, signal));
    if (error === undefined) {
      return good(`a module worker answers after ${Math.round(performance.now() - begin)} ms`);
    }
    if (refused[0]) {
      const { policy, directive } = refused[0];
      const must = allowing(policy, directive, sourceOf(options));
      return bad(
        `the page's Content-Security-Policy (${directive}) refuses it`,
        `Allow it in the Content-Security-Policy: ${must}`,
      );
    }
    return outcomeOfError(error, this);
  },
};

/** Where the worker's script comes from, as a policy names it. */
function sourceOf({ workerUrl }: DoctorOptions): string {
  if (workerUrl === undefined) return "'self'";
  const { origin } = new URL(absoluteUrl(String(workerUrl)));
  return origin === globalThis.location?.origin ? "'self'" : origin;
}

/**
 * Resolves once the worker says anything. It is given a core that it must refuse: whether it can load
 * the right one is for the next check.
 */
async function answerOfWorker(options: DoctorOptions, signal: AbortSignal): Promise<void> {
  const { worker: given = true, workerUrl } = options;
  const source = workerUrl ?? (given === true ? makeWorker : undefined);
  const worker = makeWorker(given || true, workerUrl);
  signal.addEventListener("abort", () => worker.terminate());
  await new Promise<Response>((resolve, reject) => {
    worker.addEventListener("message", ({ data }) => resolve(data));
    worker.addEventListener("error", (event) => {
      if (event.message) reject(new Error(event.message));
      else workerNotLoaded(source).then(reject, reject);
    });
    const core = { wasmBinary: new Uint8Array(0), variant: "simd128" } as const;
    worker.postMessage({ type: "start", core } satisfies Request);
  });
}

const coreCheck: Check = {
  id: "core",
  title: "The core runs",
  otherwise: "bad",
  fix: WASM_FIX,
  needs: ["simd", "file.core", "worker"],
  async run(examination) {
    const where = inWorker(examination.options) ? "in a worker" : "in place";
    const { error } = await watchPolicy(() => searchOnce(examination));
    if (error === undefined)
      return good(`${where}: three vectors were added and the nearest found`);
    if (!forbidsWasm(error)) return outcomeOfError(error, this);
    // The next check says so.
    return untried(`${where}, a policy forbids WebAssembly`, WASM_FIX);
  },
};

/** By what browsers say; pagevec's own words behind it are the same for every module that fails. */
function forbidsWasm(error: unknown): boolean {
  const [said = ""] = String(error).split("; a Content-Security-Policy");
  return /Content.Security.Policy|\bCSP\b|unsafe-eval/i.test(said);
}

async function searchOnce(examination: Examination): Promise<void> {
  await withClient(examination, { storage: "memory" }, async (client) => {
    const points = await client.createCollection({ name: "points" });
    const embeddings = [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ];
    await points.add({ ids: ["x", "y", "z"], embeddings });
    const { ids } = await points.query({ queryEmbeddings: [[0.1, 1, 0]], nResults: 1 });
    if (ids[0]?.[0] !== "y") throw new Error(`the nearest is ${ids[0]?.[0]}, it should be y`);
  });
}

/** After the core: a worker has a policy of its own, that of its script's answer. */
const policyCheck: Check = {
  id: "csp-wasm",
  title: "The policy allows WebAssembly",
  otherwise: "bad",
  fix: WASM_FIX,
  async run({ options, found }) {
    const { error, refused } = await watchPolicy(() => WebAssembly.compile(EMPTY_MODULE));
    const core = found.get("core");
    const where = inWorker(options) ? "worker" : "page";
    if (error === undefined && core?.fix === WASM_FIX) {
      return bad(`the Content-Security-Policy of the ${where}'s script forbids it`, WASM_FIX);
    }
    if (error === undefined) return good("a module was compiled");
    const must = refused[0] && allowing(refused[0].policy, "script-src", ALLOW_WASM);
    const fix = must ? `Allow it in the Content-Security-Policy: ${must}` : WASM_FIX;
    const detail = "the page's Content-Security-Policy forbids it";
    if (core?.ok !== "good") return bad(`${detail} (${reason(error)})`, fix);
    return warning(`${detail}; the worker has another, so that only worker: false fails`, fix);
  },
};

function reason(error: unknown): string {
  return error instanceof Error ? error.name : String(error);
}

export const ENGINE_CHECKS: readonly Check[] = [workerCheck, coreCheck, policyCheck];
