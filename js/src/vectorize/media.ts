import { PagevecError } from "../errors.js";
import type { Media, MediaInputs, MediaVectors } from "../types/media.js";
import type { VectorizerSettings } from "../types/vectorizer.js";
import { byBytes } from "./camel-case.js";
import { FIELDS_OF, MEDIA_KINDS, type MediaKind } from "./settings.js";

/** What a multi-modal model is given of an object, and which property each input is from. */
export interface CollectedMedia {
  inputs: MediaInputs;
  /** fields[kind][i] is the property of inputs[kind][i]. */
  fields: Partial<Record<MediaKind, string[]>>;
  count: number;
}

/**
 * The values of the fields that the settings name, by kind, in the order of the properties' names.
 * A text field may hold a list of texts, the others one value. Null and missing: nothing.
 * Source: Weaviate's usecases/modulecomponents/vectorizer/batchclip.
 * @throws invalid_argument for a text field that holds no text
 */
export function collectMedia(
  object: Readonly<Record<string, unknown>>,
  settings: VectorizerSettings,
): CollectedMedia {
  const collected: CollectedMedia = { inputs: {}, fields: {}, count: 0 };
  for (const kind of MEDIA_KINDS) {
    const names = [...(settings[FIELDS_OF[kind]] ?? [])].sort(byBytes);
    const found = names.flatMap((name) =>
      valuesOf(Object.hasOwn(object, name) ? object[name] : null, kind, name).map(
        (value) => [name, value] as const,
      ),
    );
    if (found.length === 0) continue;
    collected.fields[kind] = found.map(([name]) => name);
    collected.inputs[kind] = found.map(([, value]) => value) as string[];
    collected.count += found.length;
  }
  return collected;
}

function valuesOf(value: unknown, kind: MediaKind, name: string): (Media | string)[] {
  if (value === null || value === undefined) return [];
  if (kind !== "texts") return [value as Media];
  const texts: unknown[] = Array.isArray(value) ? value : [value];
  if (texts.every((text) => typeof text === "string")) return texts as string[];
  throw new PagevecError(
    "invalid_argument",
    `${name} is one of textFields but holds ${typeof value}; give a text or a list of texts`,
  );
}

/**
 * The vector of an object from those of its parts: component by component the sum of weight * value
 * over the number of vectors, the weights divided by their sum over all fields; without weights the
 * mean. A field's weight counts for each of its texts. The result has no length of 1.
 *
 * Source: Weaviate's usecases/vectorizer/combine.go and moduletools.NormalizeWeights. Weaviate takes
 * the weights by position among the sorted properties, which gives them to other fields than meant;
 * here they go by name.
 * @param vectors as embedMedia() returns them for `collected.inputs`
 * @throws embedding_failed for a missing vector, or for one of another length
 */
export function combineMedia(
  collected: CollectedMedia,
  vectors: MediaVectors,
  settings: VectorizerSettings,
): number[] {
  const weightOf = fieldWeights(settings);
  const sum: number[] = [];
  for (const kind of MEDIA_KINDS) {
    for (const [i, field] of (collected.fields[kind] ?? []).entries()) {
      const vector = vectors[kind]?.[i];
      if (!vector?.length) throw failed(`no vector for ${field}`);
      if (sum.length && vector.length !== sum.length) {
        throw failed(`${vector.length} dimensions for ${field} where others have ${sum.length}`);
      }
      const weight = weightOf ? (weightOf.get(field) ?? 0) : 1;
      for (const [at, value] of vector.entries()) sum[at] = (sum[at] ?? 0) + weight * value;
    }
  }
  return sum.map((value) => value / collected.count);
}

/** By field; undefined when there are none. */
function fieldWeights(settings: VectorizerSettings): Map<string, number> | undefined {
  if (!settings.weights || Object.keys(settings.weights).length === 0) return undefined;
  const weights = new Map<string, number>();
  for (const kind of MEDIA_KINDS) {
    const field = FIELDS_OF[kind];
    for (const [i, name] of (settings[field] ?? []).entries()) {
      weights.set(name, settings.weights[field]?.[i] ?? 0);
    }
  }
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  return new Map([...weights].map(([name, weight]) => [name, weight / total]));
}

function failed(what: string): PagevecError {
  return new PagevecError("embedding_failed", `the multi-modal model returned ${what}`);
}
