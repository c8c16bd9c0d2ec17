import { PagevecError } from "../../errors.js";
import { FINGERPRINT } from "../configuration.js";
import { missingFunction } from "../embed.js";
import { invalid, shown } from "../validate.js";
import { mayChange } from "./sync-plan.js";
import type { Direction, Place, SyncSide } from "./sync-types.js";

export type Sides = Record<Place, SyncSide>;

/** @throws invalid_argument, unsupported */
export function checkSides(sides: Sides, direction: Direction): void {
  const { local, remote } = sides;
  if (typeof (remote as Partial<SyncSide> | undefined)?.get !== "function") {
    throw invalid(`the first argument must be a collection, got ${shown(remote)}`);
  }
  if (local.id === remote.id) {
    throw invalid(`"${local.name}" is on both sides; give the collection of another client`);
  }
  for (const side of [local, remote]) checkPlain(side);
  if (travel(sides)) return;
  for (const [place, side] of Object.entries(sides) as [Place, SyncSide][]) {
    if (!mayChange(place, direction) || side.embeddingFunction) continue;
    const missing = missingFunction(side.name, side.configuration.embedding_function);
    throw invalid(
      `vectors cannot go over, as the two functions are not the same. ${missing.message}`,
    );
  }
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
export function travel({ local, remote }: Sides): boolean {
  const readable = ({ configuration }: SyncSide) => configuration.keepVectors !== false;
  return fingerprintOf(local) === fingerprintOf(remote) && readable(local) && readable(remote);
}

/** What tells a collection's embedding function from others; "" of none. */
export function fingerprintOf({ configuration }: SyncSide): string {
  const stored = configuration.embedding_function;
  if (stored.type !== "known") return "";
  // chromadb spells names with - in JavaScript and with _ in Python.
  const name = stored.name.replaceAll("_", "-");
  return JSON.stringify([name, ...FINGERPRINT.map((key) => stored.config[key] ?? null)]);
}
