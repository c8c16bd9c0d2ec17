// Lays out the map beside the page: UMAP by umap-js.

import { UMAP } from "umap-js";
import type { MapAnswer, MapRequest, Neighbours } from "./map-messages.js";

/** The same map each time: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const answer = (message: MapAnswer, transfer: Transferable[] = []) =>
  self.postMessage(message, { transfer });

function layOut(vectors: Float32Array, dimension: number, neighbours: Neighbours): Float32Array {
  const rows: number[][] = [];
  for (let at = 0; at < vectors.length; at += dimension) {
    rows.push([...vectors.subarray(at, at + dimension)]);
  }
  const umap = new UMAP({
    nNeighbors: neighbours.indices[0]?.length ?? 1,
    minDist: 0.1,
    random: seededRandom(1),
  });
  umap.setPrecomputedKNN(neighbours.indices, neighbours.distances);
  const total = umap.initializeFit(rows);
  for (let done = 1; done <= total; done++) {
    umap.step();
    if (done % 10 === 0) answer({ kind: "progress", done, total });
  }
  return Float32Array.from(umap.getEmbedding().flat());
}

self.addEventListener("message", ({ data }: MessageEvent<MapRequest>) => {
  try {
    const points = layOut(data.vectors, data.dimension, data.neighbours);
    answer({ kind: "done", points }, [points.buffer]);
  } catch (error) {
    answer({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
  }
});
