import { uuid5 } from "../client/uuid5.js";

/** Of our ids among UUIDs of version 5; never another, or ids would change. */
const NAMESPACE = "6f1d3c52a4b84e0d9a7ec3b1508f2d46";

/** The ids of points: Qdrant takes numbers and UUIDs alone. */
export function pointIds(ids: readonly string[]): string[] {
  return ids.map((id) => uuid5(NAMESPACE, id));
}
