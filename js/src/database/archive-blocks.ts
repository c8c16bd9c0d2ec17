import { PagevecError } from "../errors.js";
import type { ArchiveReader } from "./archive-format.js";

/** As much of a block as says how long it is; and what a later version may need for that. */
const HEAD_BYTES = 56;
const LONGEST_HEAD_BYTES = 2 ** 16;

/**
 * Splits a file into its blocks, however its bytes come in chunks.
 * @throws corrupt for what is no block, format_too_new
 */
export async function* splitBlocks(
  chunks: AsyncIterable<Uint8Array>,
  archive: ArchiveReader,
): AsyncGenerator<Uint8Array> {
  const held = new Held();
  for await (const chunk of chunks) {
    held.add(chunk);
    for (let length = lengthOf(held, archive); length > 0 && length <= held.bytes; ) {
      yield held.take(length);
      length = lengthOf(held, archive);
    }
  }
  if (held.bytes === 0) return;
  throw new PagevecError("corrupt", "the file ends in the middle of a block: it was cut off");
}

function lengthOf(held: Held, archive: ArchiveReader): number {
  const length = archive.length(held.peek(HEAD_BYTES));
  if (length > 0 || held.bytes <= HEAD_BYTES) return length;
  return archive.length(held.peek(LONGEST_HEAD_BYTES));
}

/** Bytes that came and were not taken yet. */
class Held {
  bytes = 0;
  private chunks: Uint8Array[] = [];

  add(chunk: Uint8Array): void {
    if (chunk.byteLength > 0) this.chunks.push(chunk);
    this.bytes += chunk.byteLength;
  }

  /** The first bytes, fewer if there are not so many. */
  peek(length: number): Uint8Array {
    const [first] = this.chunks;
    if (first && first.byteLength >= length) return first.subarray(0, length);
    return this.copy(Math.min(length, this.bytes));
  }

  /** The first bytes, in a buffer of their own. */
  take(length: number): Uint8Array {
    const taken = this.copy(length);
    let left = length;
    let whole = 0;
    for (const { byteLength } of this.chunks) {
      if (byteLength > left) break;
      left -= byteLength;
      ++whole;
    }
    this.chunks.splice(0, whole);
    if (left > 0) this.chunks[0] = (this.chunks[0] as Uint8Array).subarray(left);
    this.bytes -= length;
    return taken;
  }

  private copy(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const chunk of this.chunks) {
      if (at === length) break;
      const part = chunk.subarray(0, length - at);
      bytes.set(part, at);
      at += part.byteLength;
    }
    return bytes;
  }
}

/** Hands chunks from calls that bring them to the loop that takes them, one at a time. */
export class Inlet {
  private wanted = deferred<void>();
  private given = deferred<Uint8Array | null>();
  private failure: PagevecError | undefined;

  /** Ends after null; throws what fail() was given. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    for (;;) {
      this.wanted.resolve();
      if (this.failure) throw this.failure;
      const chunk = await this.given.promise;
      this.given = deferred();
      if (chunk === null) return;
      yield chunk;
    }
  }

  /** Resolves when the chunk is used up; after null, which ends the file, never. */
  put(chunk: Uint8Array | null): Promise<void> {
    this.wanted = deferred();
    this.given.resolve(chunk);
    return this.wanted.promise;
  }

  fail(error: PagevecError): void {
    this.failure = error;
    this.given.reject(error);
  }
}

function deferred<T>() {
  let resolve = (_value: T) => {};
  let reject = (_error: unknown) => {};
  const promise = new Promise<T>((accept, refuse) => {
    resolve = accept;
    reject = refuse;
  });
  // Whoever waits hears of it.
  promise.catch(() => {});
  return { promise, resolve, reject };
}
