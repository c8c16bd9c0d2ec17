import { fromWireError, toWireError } from "../engine/protocol.js";
import { PagevecError } from "../errors.js";

/** The memory of the wasm core, which is full once and for all: none shrinks. */
export interface Heap {
  /** Resolves once there is one to load into. */
  ready: Promise<unknown>;
  /** Begins with an empty one; what was loaded is forgotten. Absent where none can be had. */
  giveUp?: (() => void) | undefined;
}

/** Runs a call of the core and sees to its traps. */
export type Guard = <T>(call: () => T) => T;

export function memoryFull(cause: unknown): PagevecError {
  return new PagevecError(
    "limit_exceeded",
    "the memory is full, and nothing of the call was kept; read or write less at once, or delete records",
    { cause },
  );
}

/** What a trap ends a collection with. */
export function crashed(cause: unknown): PagevecError {
  return fromWireError(toWireError(cause));
}
