import type { ByteCache, Bytes } from "./cache.js";

/** Room for a file whose length nobody has said. */
const FIRST_BYTES = 64 * 1024;
/** What is stored at a time: little enough that a closed tab loses seconds, not minutes. */
const SEGMENT_BYTES = 4 * 1024 * 1024;

/** Memory for a file of at most so many bytes; asked for anew each time, since it may move. */
export type FileRoom = (bytes: number) => Bytes;

/**
 * A file while it is being downloaded. What has arrived is stored in segments, so that the next
 * visit goes on where this one stopped. Keys: `prefix/validator/offset`.
 */
export class PartialFile {
  received = 0;
  /** ETag or Last-Modified of the answer the bytes are from; "" when the server tells neither. */
  validator = "";
  /** Bytes of this file come from an earlier visit, or from more than one answer. */
  resumed = false;

  private stored = 0;
  /** The writes under way. Undefined once storing has failed: the download goes on without. */
  private writes: Promise<void> | undefined = Promise.resolve();

  private own: Bytes;

  private constructor(
    private readonly maxBytes: number,
    private readonly prefix: string,
    private readonly cache: ByteCache | undefined,
    private readonly room: FileRoom | undefined,
  ) {
    this.own = new Uint8Array(room ? 0 : Math.min(maxBytes, FIRST_BYTES));
  }

  /**
   * Takes up what an earlier visit left under `prefix`.
   * @param room where the file goes, if it is not to have a buffer of its own.
   */
  static async open(
    prefix: string,
    maxBytes: number,
    cache: ByteCache | undefined,
    room?: FileRoom,
  ) {
    const file = new PartialFile(maxBytes, prefix, cache, room);
    // A cache that cannot be read is a cache without the file.
    await file.restore().catch(() => file.discard());
    return file;
  }

  get bytes(): Bytes {
    return this.buffer.subarray(0, this.received);
  }

  /** Makes room for a file of so many bytes, if it may be so long. */
  expect(bytes: number): void {
    if (bytes > this.buffer.length && bytes <= this.maxBytes) this.grow(bytes);
  }

  /** Returns false, and takes nothing, when the file would be longer than it can be. */
  append(chunk: Uint8Array): boolean {
    const length = this.received + chunk.length;
    if (length > this.maxBytes) return false;
    if (length > this.buffer.length) {
      this.grow(Math.min(this.maxBytes, Math.max(length, 2 * this.buffer.length)));
    }
    this.buffer.set(chunk, this.received);
    this.received += chunk.length;
    if (this.received - this.stored >= SEGMENT_BYTES) this.store();
    return true;
  }

  /** Stores what is not stored yet. */
  async flush(): Promise<void> {
    if (this.received > this.stored) this.store();
    await this.writes;
  }

  /** Forgets everything: the download starts again. */
  async discard(): Promise<void> {
    await this.writes;
    this.received = 0;
    this.stored = 0;
    this.resumed = false;
    try {
      for (const { key } of await this.segments()) await this.cache?.delete(key);
    } catch {
      // What stays behind is checked by its hash before it is used.
    }
  }

  private get buffer(): Bytes {
    return this.room?.(this.maxBytes) ?? this.own;
  }

  private grow(bytes: number): void {
    const buffer = new Uint8Array(bytes);
    buffer.set(this.bytes);
    this.own = buffer;
  }

  private store(): void {
    const key = `${this.prefix}/${encodeURIComponent(this.validator)}/${this.stored}`;
    const segment = this.buffer.slice(this.stored, this.received);
    this.stored = this.received;
    this.writes = this.writes
      ?.then(() => this.cache?.put(key, segment))
      .catch(() => {
        this.writes = undefined;
      });
  }

  private async restore(): Promise<void> {
    const segments = await this.segments();
    for (const segment of segments) {
      const bytes =
        segment.offset === this.received ? await this.cache?.get(segment.key) : undefined;
      const belongs = this.received === 0 || segment.validator === this.validator;
      if (!bytes || !belongs || !this.append(bytes)) return this.discard();
      this.validator = segment.validator;
      this.stored = this.received;
    }
    this.resumed = this.received > 0;
  }

  private async segments() {
    const entries = (await this.cache?.list()) ?? [];
    return entries
      .filter(({ key }) => key.startsWith(`${this.prefix}/`))
      .map(({ key }) => {
        const [validator = "", offset] = key.slice(this.prefix.length + 1).split("/");
        return { key, validator: decodeURIComponent(validator), offset: Number(offset) };
      })
      .sort((a, b) => a.offset - b.offset);
  }
}
