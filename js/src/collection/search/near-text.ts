import { PagevecError } from "../../errors.js";
import type { CallOptions } from "../../types.js";
import { checkIds, checkTexts, invalid, shown } from "../validate.js";
import type { SearchTarget } from "./search-target.js";
import type { Movement, NearText, SearchParams } from "./search-types.js";

/** So that a movement of force 1 ends halfway: Weaviate's multiplier. */
const STEP = 0.5;

/**
 * The vector of Weaviate's nearText: the mean of the concepts' vectors v, moved towards t by
 * v * (1 - force / 2) + t * force / 2, then away from u by v + force / 2 * (v - u). t and u are the
 * means of the vectors of their objects and of their concepts' mean.
 * Source: Weaviate's usecases/modulecomponents/arguments/nearText/searcher_movements.go.
 * @throws invalid_argument; not_found for an object that does not exist
 */
export async function nearTextVector(
  nearText: NearText,
  target: SearchTarget,
  options: CallOptions,
): Promise<Float32Array> {
  const concepts = checkTexts(nearText.concepts, "nearText.concepts");
  const to = checkMovement(nearText.moveTo, "nearText.moveTo", 1);
  const away = checkMovement(nearText.moveAwayFrom, "nearText.moveAwayFrom", Number.MAX_VALUE);
  // Of everything at once: one request where the model is remote.
  const texts = [...concepts, ...to.concepts, ...away.concepts];
  const { data, dimension } = await target.embed(texts);
  const vectorAt = (i: number) => data.subarray(i * dimension, (i + 1) * dimension);
  const meanOf = (begin: number, count: number) =>
    mean(Array.from({ length: count }, (_, i) => vectorAt(begin + i)));
  let vector = meanOf(0, concepts.length);
  let begin = concepts.length;
  for (const [{ concepts, objects, force }, sign] of [
    [to, 1],
    [away, -1],
  ] as const) {
    const from = concepts.length ? [meanOf(begin, concepts.length)] : [];
    begin += concepts.length;
    if (force === 0 || concepts.length + objects.length === 0) continue;
    const goal = mean([...from, ...(await vectorsOf(objects, target, options))]);
    if (goal.length !== vector.length) throw otherLength(goal.length, vector.length);
    const step = force * STEP * sign;
    vector = vector.map((value, i) => value + step * ((goal[i] as number) - value));
  }
  return vector;
}

function checkMovement(movement: Movement | undefined, place: string, most: number) {
  const { concepts, objects, force = 0 } = movement ?? { force: 0 };
  if (!(typeof force === "number" && force >= 0 && force <= most)) {
    const range = most === 1 ? "from 0 to 1" : "from 0";
    throw invalid(`${place}.force must be a number ${range}, got ${shown(force)}`);
  }
  return {
    force,
    concepts: concepts === undefined ? [] : checkTexts(concepts, `${place}.concepts`),
    objects: objects === undefined ? [] : checkIds(objects, true),
  };
}

async function vectorsOf(
  ids: string[],
  { engine, address }: SearchTarget,
  options: CallOptions,
): Promise<Float32Array[]> {
  if (ids.length === 0) return [];
  const records = await engine.call(
    "db.collection.get",
    {
      ...address,
      ids,
      where: null,
      whereDocument: null,
      offset: 0,
      limit: null,
      wanted: { documents: false, metadatas: false, embeddings: true },
    },
    options,
  );
  const { embeddings, dimension } = records;
  return ids.map((id) => {
    const at = records.ids.indexOf(id);
    if (at !== -1 && embeddings) return embeddings.subarray(at * dimension, (at + 1) * dimension);
    throw new PagevecError(
      "not_found",
      `nearText moves by the object ${shown(id)}, which is not there`,
    );
  });
}

function mean(vectors: Float32Array[]): Float32Array {
  const sum = new Float32Array(vectors[0]?.length ?? 0);
  for (const vector of vectors) {
    if (vector.length !== sum.length) throw otherLength(vector.length, sum.length);
    for (const [i, value] of vector.entries()) sum[i] = (sum[i] as number) + value;
  }
  return sum.map((value) => value / vectors.length);
}

function otherLength(got: number, wanted: number): PagevecError {
  return new PagevecError(
    "dimension_mismatch",
    `nearText moves a vector of ${wanted} dimensions by one of ${got}`,
  );
}

/**
 * How far a record may be: `distance` as it is, or Weaviate's certainty, which is 1 - distance / 2
 * of the cosine.
 * @throws invalid_argument
 */
export function largestDistance(
  params: SearchParams,
  byVectorOnly: boolean,
  space: string,
): number {
  const { distance, certainty } = params;
  if (distance === undefined && certainty === undefined) return Infinity;
  if (!byVectorOnly) throw invalid('distance and certainty need mode "vector"');
  if (distance !== undefined && certainty !== undefined) {
    throw invalid("distance and certainty say the same in two ways; give one of them");
  }
  if (distance !== undefined) {
    if (typeof distance === "number" && !Number.isNaN(distance)) return distance;
    throw invalid(`distance must be a number, got ${shown(distance)}`);
  }
  if (space !== "cosine")
    throw invalid(`certainty is for the space cosine, not ${space}; give distance`);
  if (typeof certainty === "number" && certainty >= 0 && certainty <= 1) return 2 * (1 - certainty);
  throw invalid(`certainty must be a number from 0 to 1, got ${shown(certainty)}`);
}
