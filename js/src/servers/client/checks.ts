import { PagevecError } from "../../errors.js";
import type { SettledConfiguration } from "../../storage/store.js";
import { unsupportedBy } from "../server-engine.js";

/** What the core takes, see src/collection/collection.cpp. */
const LIMITS = {
  ef_construction: [1, 4096],
  max_neighbors: [2, 128],
  ef_search: [1, 10_000],
} as const;

/** Of settings that are about the core's memory, the values that ask for something. */
const ASKED_FOR: Partial<Record<keyof SettledConfiguration, readonly unknown[]>> = {
  index: ["flat"],
  quantization: ["int4", "binary"],
  rescoring: ["none"],
  keepVectors: [false],
};

/**
 * Refuses what a server does not do for a new collection.
 * @param does settings that this one does all the same
 * @throws unsupported; invalid_argument for settings of hnsw that are out of range
 */
export function checkSettings(
  server: string,
  configuration: SettledConfiguration,
  does: readonly (keyof SettledConfiguration)[] = [],
): void {
  for (const [name, [least, most]] of Object.entries(LIMITS)) {
    const value = configuration.hnsw[name as keyof typeof LIMITS];
    if (value >= least && value <= most) continue;
    throw new PagevecError("invalid_argument", `${name} must be ${least} to ${most}, got ${value}`);
  }
  for (const [name, values] of Object.entries(ASKED_FOR)) {
    const setting = name as keyof SettledConfiguration;
    const value = configuration[setting];
    if (!values.includes(value) || does.includes(setting)) continue;
    throw unsupportedBy(server, `${name}: ${JSON.stringify(value)}`);
  }
  if (configuration.chunking && !does.includes("chunking")) throw unsupportedBy(server, "chunking");
  const { vectorizer } = configuration;
  if (vectorizer?.vectors) throw unsupportedBy(server, "several vectors an object");
  if (vectorizer && !does.includes("vectorizer")) throw unsupportedBy(server, "a vectorizer");
}

/**
 * JSON has no NaN and no infinity: servers would be sent null.
 * @param owner e.g. "document 3"
 * @throws not_finite
 */
export function checkFinite(vector: Float32Array, owner: string): void {
  const bad = vector.findIndex((value) => !Number.isFinite(value));
  if (bad === -1) return;
  const what = Number.isNaN(vector[bad]) ? "NaN" : "an infinity";
  throw new PagevecError(
    "not_finite",
    `${owner} has ${what} at position ${bad}; embeddings must be finite numbers`,
  );
}

export function wrongDimension(owner: string, given: number, expected: number): PagevecError {
  return new PagevecError(
    "dimension_mismatch",
    `${owner} has ${given} dimensions, the collection has ${expected}`,
  );
}
