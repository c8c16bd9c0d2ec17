import { readRecords } from "../../embedding/hub/record.js";
import { importWasm } from "../../embedding/onnx/runtime.js";
import { VARIANTS, wasmUrl } from "../../engine/load.js";
import { type ByteCache, openModelCache } from "../../models/cache.js";
import { MODELS, type ModelSpec } from "../../models/manifest.js";
import { ModelStore } from "../../models/store.js";
import { good, size, warning } from "../outcomes.js";
import { probeName } from "../probe-client.js";
import type { Check } from "../types.js";

const PROBE = Uint8Array.of(1, 2, 3, 4);
/** How far a clock may be off before signed requests (AWS Signature Version 4) are refused. */
const CLOCK_LIMIT_MS = 5 * 60_000;

const modelCache: Check = {
  id: "models",
  title: "The models' cache",
  otherwise: "warning",
  fix: "Serve the page over https and allow the site to store data; until then models are downloaded with every visit.",
  applies: () => typeof document === "object",
  async run() {
    const cache = await openModelCache();
    if (!cache) return warning("there is none: the browser has or allows no Cache API", this.fix);
    if (!(await keepsBytes(cache))) return warning("what was put in did not come back", this.fix);
    const cached = await cachedModels(cache);
    const list = cached.map(({ name, bytes }) => `${name} ${size(bytes)}`).join(", ");
    return good(list ? `on this machine: ${list}` : "it keeps files; no model is in it yet");
  },
};

async function keepsBytes(cache: ByteCache): Promise<boolean> {
  const key = `doctor/${probeName()}`;
  try {
    await cache.put(key, PROBE);
    return String(await cache.get(key)) === String(PROBE);
  } finally {
    await cache.delete(key);
  }
}

async function cachedModels(cache: ByteCache): Promise<{ name: string; bytes: number }[]> {
  const store = await ModelStore.open(cache);
  const records = await readRecords(cache);
  // A repository has a record for each engine that it was loaded for.
  const specs = [...MODELS, ...records.flatMap(({ record }) => record?.spec ?? [])];
  const cached = new Map<string, number>();
  for (const spec of specs) {
    if (await hasWeights(store, spec)) cached.set(spec.name, await store.cachedBytes(spec));
  }
  return [...cached].map(([name, bytes]) => ({ name, bytes }));
}

/** A vocabulary alone is no model: several have the same. */
async function hasWeights(store: ModelStore, spec: ModelSpec): Promise<boolean> {
  const names = Object.keys(spec.files).filter((name) => name !== spec.tokenizer.file);
  const there = await Promise.all(names.map((name) => store.isCached(spec, [name])));
  return there.includes(true);
}

const onnxRuntime: Check = {
  id: "onnxruntime",
  title: "ONNX Runtime Web",
  otherwise: "warning",
  fix: "Only ONNX models need it: npm install onnxruntime-web.",
  async run() {
    try {
      const { env } = await importWasm();
      return good(`version ${env.versions.common} is there, for models that need it`);
    } catch {
      return good("not there; only ONNX models need it (npm install onnxruntime-web)");
    }
  },
};

const clock: Check = {
  id: "clock",
  title: "The clock",
  otherwise: "warning",
  fix: "Set the clock of this machine: services refuse requests that are signed at another time.",
  async run({ options, signal }) {
    const [begin, since] = [Date.now(), performance.now()];
    const server = await serverTime(
      wasmUrl("core.simd128", VARIANTS.simd128, options.wasmUrl),
      signal,
    );
    const [passed, ticked] = [Date.now() - begin, performance.now() - since];
    if (Math.abs(passed - ticked) > 1000) {
      const jump = `it moved by ${passed} ms in ${Math.round(ticked)} ms`;
      return warning(jump, "Nothing has to be done, unless it is seen again.");
    }
    if (server === undefined)
      return good("it runs evenly; there is no server's to compare it with");
    const off = Date.now() - server;
    const told = `${Math.abs(Math.round(off / 1000))} s ${off < 0 ? "behind" : "before"} the server's`;
    return Math.abs(off) > CLOCK_LIMIT_MS
      ? warning(told, this.fix)
      : good(`it runs evenly, ${told}`);
  },
};

/** By the Date header, to the second. HEAD: service workers do not answer it from what they keep. */
async function serverTime(url: URL, signal: AbortSignal): Promise<number | undefined> {
  if (url.protocol === "file:") return undefined;
  const answer = await fetch(url, { method: "HEAD", cache: "no-store", signal }).catch(() => {});
  const date = Date.parse(answer?.headers.get("date") ?? "");
  return Number.isNaN(date) ? undefined : date;
}

export const MODEL_CHECKS: readonly Check[] = [modelCache, onnxRuntime, clock];
