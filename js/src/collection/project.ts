// Loaded with the first project().
import type { CollectionAddress, CollectionInfo, DatabaseMethods } from "../database/methods.js";
import type { Engine } from "../engine/protocol.js";
import { PagevecError } from "../errors.js";
import type { CallOptions, FilterParams, Vector } from "../types.js";
import { toRecordFilter } from "./filter.js";
import { checkCount, checkParams, flattenVectors } from "./validate.js";

/** kMaxComponents in src/index/projection.h. */
const MOST_DIMENSIONS = 16;
/** Enough for directions that more records would turn by less than is seen on a map. */
const SAMPLE = 10_000;

/** Which records to project; all unless told. */
export interface ProjectParams extends FilterParams {
  /** Numbers of a point, 1 to 16; 2 unless told. */
  dimensions?: number;
  /** At most so many of the records, from all over the collection, decide the components; 10,000 unless told. */
  sample?: number;
}

/** Records as points along the directions in which their embeddings differ most. */
export interface Projection {
  /** Of the points, in insertion order; of one of several vectors in the order of these. */
  ids: string[];
  /** Of a point and of components. */
  dimensions: number;
  /** ids.length x dimensions, one point after another; the mean of the sample is at 0. */
  points: Float32Array;
  /** Of the sample's embeddings. Empty where there is no record. */
  mean: Float32Array;
  /**
   * dimensions x mean.length: vectors of length 1 at right angles, that of most variance first. The
   * largest number of each is positive, so that the same records give the same map.
   */
  components: Float32Array;
  /** Of the sample's whole variance, 0 to 1, what each component has. */
  shares: Float32Array;
  /**
   * Where an embedding lies that need not be a record's, such as a query's: `dimensions` numbers.
   * @throws invalid_argument, not_finite, dimension_mismatch
   */
  place(embedding: Vector): Float32Array;
}

/** The collection, and the way to it. */
export interface ProjectTarget {
  engine: Engine<DatabaseMethods>;
  address: CollectionAddress;
  info: CollectionInfo;
}

/** See Collection.project. */
export async function project(
  params: ProjectParams,
  { engine, address, info }: ProjectTarget,
  options: CallOptions,
): Promise<Projection> {
  checkParams(params);
  const dimensions = checkCount(params.dimensions ?? 2, "dimensions", 1, MOST_DIMENSIONS);
  const sample = checkCount(params.sample ?? SAMPLE, "sample", 1);
  const sent = { ...address, ...toRecordFilter(params), dimensions, sample };
  const found = await engine.call("db.collection.project", sent, options);
  const cosine = info.configuration.hnsw.space === "cosine";
  return { dimensions, ...found, place: (embedding) => place(embedding, found, cosine) };
}

function place(
  embedding: Vector,
  { mean, components, shares }: Pick<Projection, "mean" | "components" | "shares">,
  cosine: boolean,
): Float32Array {
  const { data, dimension } = flattenVectors([embedding], "embedding");
  if (dimension !== mean.length) {
    throw new PagevecError(
      "dimension_mismatch",
      `the embedding has ${dimension} dimensions, the projection is of vectors of ${mean.length}`,
    );
  }
  const wrong = data.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    throw new PagevecError(
      "not_finite",
      `the embedding has ${data[wrong]} at place ${wrong}; give finite numbers`,
    );
  }
  // As the core does: in a collection by cosine, vectors count by their direction.
  const scale = cosine ? 1 / (Math.hypot(...data) || 1) : 1;
  return shares.map((_, j) =>
    mean.reduce(
      (sum, middle, d) =>
        sum + ((data[d] as number) * scale - middle) * (components[j * dimension + d] as number),
      0,
    ),
  );
}
