import { PagevecError } from "../errors.js";
import type { TokenEncoding } from "../types.js";
import type { TokenizerHandle } from "./module.js";

/** A text's token ids as a model takes them. */
export interface TokenIds {
  ids: Int32Array;
  truncated: boolean;
}

/** Numbers per token in TokenizerHandle.tokens(): id, begin, end. */
const STRIDE = 3;

/**
 * The core's tokenizer for JavaScript strings. A text takes a microsecond or two, as much as
 * building a few objects at the wasm boundary would; so texts are written into the core's own buffer
 * and tokens read out of it.
 */
export class CoreTokenizer {
  private readonly utf8 = new TextEncoder();
  private handle: TokenizerHandle | undefined;
  private input: Uint8Array = new Uint8Array(0);
  private tokens: Uint32Array = new Uint32Array(0);

  /** Owns the handle. */
  constructor(handle: TokenizerHandle) {
    this.handle = handle;
  }

  /** maxTokens 0: no limit. */
  encode(text: string, maxTokens: number): TokenEncoding {
    const { count, truncated } = this.run(text, maxTokens);
    const ids: number[] = new Array(count);
    const offsets: [number, number][] = new Array(count);
    const { tokens } = this;
    for (let token = 0, at = 0; token < count; ++token, at += STRIDE) {
      ids[token] = tokens[at] as number;
      offsets[token] = [tokens[at + 1] as number, tokens[at + 2] as number];
    }
    return { ids, offsets, truncated };
  }

  /** encode() without the offsets. */
  ids(text: string, maxTokens: number): TokenIds {
    const { count, truncated } = this.run(text, maxTokens);
    const ids = new Int32Array(count);
    for (let token = 0; token < count; ++token) ids[token] = this.tokens[token * STRIDE] as number;
    return { ids, truncated };
  }

  count(text: string): number {
    const handle = this.open();
    return handle.count(this.write(handle, text));
  }

  /** Frees the tokenizer. Later calls throw with code "closed". */
  close(): void {
    this.handle?.delete();
    this.handle = undefined;
  }

  private run(text: string, maxTokens: number): { count: number; truncated: boolean } {
    const handle = this.open();
    const result = handle.encode(this.write(handle, text), maxTokens);
    const count = Math.abs(result);
    // Views end with length 0 when the heap grows, and are too short when the buffer grew.
    if (this.tokens.length < count * STRIDE) this.tokens = handle.tokens();
    return { count, truncated: result < 0 };
  }

  /** Puts the text where the core reads it; returns its bytes. */
  private write(handle: TokenizerHandle, text: string): number {
    // UTF-8 takes at most three bytes per UTF-16 unit.
    const capacity = text.length * 3;
    if (this.input.length < capacity) this.input = handle.input(capacity);
    return this.utf8.encodeInto(text, this.input).written;
  }

  private open(): TokenizerHandle {
    if (!this.handle) throw new PagevecError("closed", "the tokenizer was closed");
    return this.handle;
  }
}
