import { PagevecError } from "../errors.js";
import type { SettledConfiguration, StoredEmbeddingFunction } from "../storage/store.js";
import type { CollectionConfiguration, EmbeddingFunction, Metadata, Space } from "../types.js";
import { checkChoice, checkCount, invalid, shown } from "./validate.js";

const SPACES: readonly Space[] = ["l2", "cosine", "ip"];
/** What else a configuration chooses from; the first is the default. */
const CHOICES = {
  index: ["auto", "flat", "hnsw"],
  quantization: ["int8", "int4", "none", "binary"],
  rescoring: ["int16", "none"],
  keepVectors: [true, false],
} as const;

/** Settings of hnsw by the keys that metadata once had for them. */
const METADATA_SETTINGS = {
  "hnsw:space": "space",
  "hnsw:construction_ef": "ef_construction",
  "hnsw:search_ef": "ef_search",
  "hnsw:M": "max_neighbors",
} as const;
/** What Chroma's server does with threads and files has no meaning here. */
export const SERVER_SETTINGS = ["batch_size", "num_threads", "resize_factor", "sync_threshold"];
const SETTINGS: readonly string[] = [...Object.values(METADATA_SETTINGS), ...SERVER_SETTINGS];

/**
 * Chroma's defaults; the space is the embedding function's, when it has one. As in Chroma, keys of
 * the metadata like hnsw:space count where the configuration has no hnsw.
 */
export function settleConfiguration(
  configuration: CollectionConfiguration = {},
  embeddingFunction?: EmbeddingFunction | null,
  metadata?: Metadata | null,
): SettledConfiguration {
  if (typeof configuration !== "object") {
    throw invalid(`configuration must be an object, got ${shown(configuration)}`);
  }
  const hnsw = configuration.hnsw ?? settingsOf(metadata);
  checkKeys(hnsw, SETTINGS);
  const space = hnsw.space ?? embeddingFunction?.defaultSpace?.() ?? "l2";
  if (!SPACES.includes(space)) throw invalid(`space must be l2, cosine or ip, got ${shown(space)}`);
  checkSpace(space, embeddingFunction);
  const { ef_construction = 100, max_neighbors = 16, ef_search = 100 } = hnsw;
  return {
    // The core knows the limits.
    hnsw: {
      space,
      ef_construction: checkCount(ef_construction, "ef_construction"),
      max_neighbors: checkCount(max_neighbors, "max_neighbors"),
      ef_search: checkCount(ef_search, "ef_search"),
    },
    index: choice(configuration, "index"),
    quantization: choice(configuration, "quantization"),
    rescoring: choice(configuration, "rescoring"),
    keepVectors: choice(configuration, "keepVectors"),
  };
}

/** @throws invalid_argument for a space that the function's vectors are not made for */
export function checkSpace(space: Space, embeddingFunction?: EmbeddingFunction | null): void {
  const supported = embeddingFunction?.supportedSpaces?.();
  if (!supported || supported.includes(space)) return;
  const name = embeddingFunction?.name ?? "the embedding function";
  throw invalid(`${name} does not support the space ${space}, but ${supported.join(", ")}`);
}

function settingsOf(metadata?: Metadata | null): NonNullable<CollectionConfiguration["hnsw"]> {
  const given = Object.entries(METADATA_SETTINGS).filter(([key]) => metadata?.[key] !== undefined);
  return Object.fromEntries(given.map(([key, setting]) => [setting, metadata?.[key]]));
}

/** @throws invalid_argument for a setting of hnsw that is none of these. */
export function checkKeys(hnsw: object, known: readonly string[]): void {
  const odd = Object.keys(hnsw).find((key) => !known.includes(key));
  if (odd !== undefined) throw invalid(`hnsw may have ${known.join(", ")}; got ${shown(odd)}`);
}

function choice<K extends keyof typeof CHOICES>(configuration: CollectionConfiguration, key: K) {
  const choices: readonly unknown[] = CHOICES[key];
  const value = checkChoice(configuration[key] ?? choices[0], key, choices);
  return value as NonNullable<CollectionConfiguration[K]>;
}

/** @throws invalid_argument for what cannot embed, e.g. miniLM where miniLM() is meant. */
export function checkEmbeddingFunction(value: unknown): void {
  if (value === undefined || value === null) return;
  if (typeof (value as Partial<EmbeddingFunction>).generate === "function") return;
  const got = typeof value === "function" ? `the function ${value.name}; call it` : shown(value);
  throw invalid(`embeddingFunction must have a method generate(texts), got ${got}`);
}

/** What a collection remembers of its function, in Chroma's form: JSON, unset values dropped. */
export function storedForm(embeddingFunction?: EmbeddingFunction | null): StoredEmbeddingFunction {
  const name = embeddingFunction?.name;
  if (!name) return { type: "legacy" };
  const config = embeddingFunction?.getConfig?.() ?? {};
  try {
    return { type: "known", name, config: JSON.parse(JSON.stringify(config)) };
  } catch (cause) {
    throw new PagevecError(
      "invalid_argument",
      `getConfig() of ${name} is no JSON value: ${cause}`,
      {
        cause,
      },
    );
  }
}

/** What of a function's config decides what its vectors mean, by Chroma's names and by ours. */
const FINGERPRINT = [
  "model",
  "model_name",
  "revision",
  "dtype",
  "pooling",
  "pooling_strategy",
  "dimensions",
  "dimension",
  "instruction",
  "documentPrefix",
  "deployment_id",
  "endpoint",
];

/** chromadb spells names with - in JavaScript and with _ in Python. */
const spelled = (name: string | undefined) => name?.replaceAll("_", "-");

/** What tells a function from others whose vectors mean something else; "" of none. */
export function fingerprintOf(stored: StoredEmbeddingFunction): string {
  if (stored.type !== "known") return "";
  const { name, config } = stored;
  return JSON.stringify([spelled(name), ...FINGERPRINT.map((key) => config[key] ?? null)]);
}

/**
 * Refuses another function than the collection was made with: its vectors would mean something
 * else. Of configs what both name is compared.
 */
export function checkSameFunction(
  collection: string,
  stored: StoredEmbeddingFunction,
  embeddingFunction?: EmbeddingFunction | null,
): void {
  if (stored.type !== "known" || !embeddingFunction) return;
  const { name } = embeddingFunction;
  if (spelled(name) !== spelled(stored.name)) {
    throw invalid(
      `collection "${collection}" was made with the embedding function "${stored.name}", not with ${
        name ? `"${name}"` : "one without a name"
      }; pass "${stored.name}", or make a new collection`,
    );
  }
  const config = (embeddingFunction.getConfig?.() ?? {}) as Record<string, unknown>;
  for (const key of FINGERPRINT) {
    const [was, is] = [stored.config[key], config[key]];
    if (was === undefined || is === undefined || was === is) continue;
    throw invalid(
      `collection "${collection}" was made with "${name}" whose ${key} is ${shown(was)}, not ${shown(is)}: such vectors cannot be compared; pass ${shown(was)}, or make a new collection`,
    );
  }
}
