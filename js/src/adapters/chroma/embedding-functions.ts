import type { StoredEmbeddingFunction } from "../../storage/store.js";
import type { EmbeddingFunction as OurFunction } from "../../types.js";
import type { ChromaClient } from "./client.js";
import { ChromaValueError } from "./errors.js";
import type {
  EmbeddingFunction,
  EmbeddingFunctionClass,
  EmbeddingFunctionConfiguration,
  GivenFunction,
} from "./types.js";

/** By name, what buildFromConfig() makes; the packages @chroma-core/* register themselves here. */
export const knownEmbeddingFunctions = new Map<string, EmbeddingFunctionClass>();
/** Taken for packages that register such functions; there are no sparse vectors here. */
export const knownSparseEmbeddingFunctions = new Map<string, unknown>();

/** @throws ChromaValueError for a name that is taken */
export function registerEmbeddingFunction(name: string, fn: EmbeddingFunctionClass): void {
  register(knownEmbeddingFunctions, name, fn);
}

/** @throws ChromaValueError for a name that is taken */
export function registerSparseEmbeddingFunction(name: string, fn: unknown): void {
  register(knownSparseEmbeddingFunctions, name, fn);
}

function register<T>(known: Map<string, T>, name: string, fn: T): void {
  if (known.has(name)) {
    throw new ChromaValueError(`an embedding function ${name} is registered already`);
  }
  known.set(name, fn);
}

const DEFAULT: EmbeddingFunctionConfiguration = { type: "known", name: "default", config: {} };

/** What a collection is made with that names no function: all-MiniLM-L6-v2, by pagevec's miniLM(). */
export async function getDefaultEFConfig(): Promise<EmbeddingFunctionConfiguration> {
  return DEFAULT;
}

/**
 * The function that a collection was made with: a registered one, else pagevec's own of that name
 * (pagevec/registry); undefined where there is none, or its configuration does not suffice.
 */
export async function getEmbeddingFunction(args: {
  client?: ChromaClient;
  efConfig?: EmbeddingFunctionConfiguration | null;
}): Promise<EmbeddingFunction | undefined> {
  const { client, efConfig } = args;
  if (efConfig?.type !== "known") return undefined;
  const { name } = efConfig;
  const config = (efConfig.config ?? {}) as Record<string, unknown>;
  const registered =
    knownEmbeddingFunctions.get(name) ?? knownEmbeddingFunctions.get(name.replaceAll("_", "-"));
  try {
    if (registered) return registered.buildFromConfig(config, client);
    const { embeddingFunctionFrom } = await import("../../registry/functions.js");
    return (await embeddingFunctionFrom(efConfig as StoredEmbeddingFunction)) as EmbeddingFunction;
  } catch {
    // As in chromadb: calls that need it say that it is missing.
    return undefined;
  }
}

/** There are no sparse vectors. */
export async function getSparseEmbeddingFunction(): Promise<undefined> {
  return undefined;
}

/** What a collection remembers of its function; one without a name or getConfig() is not remembered. */
export function serializeEmbeddingFunction(args: {
  embeddingFunction?: GivenFunction;
  configEmbeddingFunction?: GivenFunction;
}): EmbeddingFunctionConfiguration | undefined {
  const found = oneOf(args.embeddingFunction, args.configEmbeddingFunction);
  if (!found) return undefined;
  if (!found.name || !found.getConfig) return { type: "legacy" };
  return { type: "known", name: found.name, config: found.getConfig() };
}

/** @throws ChromaValueError when both are given */
export function oneOf(
  given?: GivenFunction | null,
  configured?: GivenFunction | null,
): GivenFunction | undefined {
  if (!given || !configured) return given ?? configured ?? undefined;
  throw new ChromaValueError(
    "an embedding function is given beside the one in the configuration; give one of them",
  );
}

/** The function as pagevec takes it: unnamed where chromadb would not remember it. */
export function toOurs(given: GivenFunction): OurFunction {
  // What cannot embed is refused by pagevec, which says why.
  if (typeof given.generate !== "function" || (given.name && given.getConfig)) {
    return given as OurFunction;
  }
  return {
    generate: (texts) => given.generate(texts),
    generateForQueries: given.generateForQueries && ((texts) => forQueries(given, texts)),
    defaultSpace: given.defaultSpace && (() => given.defaultSpace?.() ?? "l2"),
    supportedSpaces: given.supportedSpaces && (() => given.supportedSpaces?.() ?? []),
  };
}

function forQueries(given: GivenFunction, texts: string[]) {
  return given.generateForQueries?.(texts) ?? given.generate(texts);
}

/** The default function, which in chromadb leaves the space to the server: l2. */
export async function defaultFunction(): Promise<EmbeddingFunction> {
  const made = (await getEmbeddingFunction({ efConfig: DEFAULT })) as EmbeddingFunction;
  return Object.assign(Object.create(made) as EmbeddingFunction, {
    defaultSpace: undefined,
    supportedSpaces: undefined,
  });
}
