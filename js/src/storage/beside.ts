import type { PagevecError } from "../errors.js";
import type { IndexedDbStore } from "./indexeddb.js";
import type { SecondCopy } from "./store.js";

/**
 * Stores a batch in both copies at the same time. The second has it before the first can have committed
 * it, so that no damage to the first costs it; but until it is confirmed, it may be one that nobody was
 * told of. False: the first has it, and the second, which was not one batch behind, does not. failed: the
 * second is of no use any more.
 * @throws what the first throws, and quota_exceeded of the second: then neither has it
 */
export async function appendToBoth(
  first: IndexedDbStore,
  second: SecondCopy,
  id: string,
  sequence: number,
  record: Uint8Array,
  failed: (cause: unknown) => Promise<void>,
): Promise<boolean> {
  let beside = false;
  let failure: unknown;
  const write = () => {
    try {
      beside = second.appendBeside(id, sequence, record);
    } catch (cause) {
      if ((cause as PagevecError).code === "quota_exceeded") throw cause;
      failure = cause;
    }
  };
  const finish = (end: "confirm" | "retract") => {
    if (!beside) return;
    try {
      second[end](id, sequence);
    } catch (cause) {
      failure = cause;
    }
  };
  try {
    await first.append(id, sequence, record, false, write);
    finish("confirm");
  } catch (cause) {
    finish("retract");
    throw cause;
  } finally {
    if (failure) await failed(failure);
  }
  return beside;
}
