import { PagevecError } from "../../errors.js";
import { fingerprintOf } from "../configuration.js";
import { missingFunction } from "../embed.js";
import { invalid, shown } from "../validate.js";
import { mayChange } from "./sync-plan.js";
import type { Direction, Place, SyncSide } from "./sync-types.js";

export type Sides = Record<Place, SyncSide>;

/**
 * @returns whether vectors go over, or else texts
 * @throws invalid_argument, unsupported
 */
export function checkSides(sides: Sides, direction: Direction): boolean {
  const { local, remote } = sides;
  if (typeof (remote as Partial<SyncSide> | undefined)?.get !== "function") {
    throw invalid(`the first argument must be a collection, got ${shown(remote)}`);
  }
  if (local.id === remote.id) {
    throw invalid(`"${local.name}" is on both sides; give the collection of another client`);
  }
  for (const side of [local, remote]) checkPlain(side);
  if (travel(sides)) return true;
  for (const [place, side] of Object.entries(sides) as [Place, SyncSide][]) {
    if (!mayChange(place, direction) || side.embeddingFunction) continue;
    const missing = missingFunction(side.name, side.configuration.embedding_function);
    throw invalid(
      `vectors cannot go over, as the two functions are not the same. ${missing.message}`,
    );
  }
  return false;
}

/** What is behind objects and passages is in several records, and in keys that callers do not see. */
function checkPlain({ name, configuration }: SyncSide): void {
  const { vectorizer, chunking, of } = configuration;
  if (!vectorizer && !chunking && of === undefined) return;
  const what = chunking ? "long documents in passages" : "objects";
  throw new PagevecError(
    "unsupported",
    `"${name}" keeps ${what}, which push, pull and sync do not take over; export() and import() do`,
  );
}

/**
 * Whether vectors mean the same on both sides and can be read: the functions have one name, and agree in
 * all that decides what a vector means; or neither collection has a function, and the vectors are the caller's.
 */
function travel({ local, remote }: Sides): boolean {
  const [here, there] = [local.configuration, remote.configuration];
  const alike = fingerprintOf(here.embedding_function) === fingerprintOf(there.embedding_function);
  return alike && here.keepVectors !== false && there.keepVectors !== false;
}
