// Loaded with the first project().
import { unwrap } from "../engine/outcome.js";
import type { CallContext } from "../engine/protocol.js";
import { throwIfAborted } from "../errors.js";
import { filterArguments, NO_LIMIT, unpackRecords } from "./columns.js";
import type { ProjectionParams, ProjectionResult } from "./methods.js";
import type { CollectionSession } from "./session.js";
import { runInSlices } from "./slices.js";

/** The principal components of the records as they are now, in slices between which other calls run. */
export async function project(
  session: CollectionSession,
  { dimensions, sample, ...filter }: ProjectionParams,
  context: CallContext,
): Promise<ProjectionResult> {
  const { ids, dimension, projection } = await session.read(context, (handle) => {
    const found = unwrap(handle.get(...filterArguments(filter), 0, NO_LIMIT, 0));
    return {
      ...unpackRecords(found, handle.dimension()),
      projection: handle.project(found.ids, dimensions, sample),
    };
  });
  let total = 0;
  const step = (rows: number) => {
    const left = session.guarded(() => projection.step(rows));
    total ||= left + rows;
    context.progress({ stage: "project", done: Math.max(0, total - left), total });
    return left;
  };
  try {
    await runInSlices(step, () => context.signal.aborted);
    throwIfAborted(context.signal);
    return { ids, ...split(projection.results(), dimension, dimensions) };
  } finally {
    projection.delete();
  }
}

function split(results: Float32Array, dimension: number, components: number) {
  const shares = dimension * (components + 1);
  const points = shares + components;
  return {
    mean: results.slice(0, dimension),
    components: results.slice(dimension, shares),
    shares: results.slice(shares, points),
    points: results.slice(points),
  };
}
