import type { CoreModule, EncoderHandle, FileRoomHandle } from "./module.js";
import { unwrap } from "./outcome.js";

/** A .pvm file that is downloaded right into the core's heap. */
export class HeapFile {
  private handle: FileRoomHandle | undefined;
  private bytes = 0;

  constructor(private readonly core: CoreModule) {}

  /**
   * The room for a file of at most so many bytes, the same as long as the number is. Ask for it each
   * time: the heap may have moved.
   */
  readonly room = (bytes: number): Uint8Array<ArrayBuffer> => {
    if (!this.handle || this.bytes !== bytes) {
      this.close();
      this.handle = this.core.createFileRoom(bytes);
      this.bytes = bytes;
    }
    return this.handle.view() as Uint8Array<ArrayBuffer>;
  };

  /** Opens a file, without a copy if it lies in the room. */
  open(file: Uint8Array): EncoderHandle {
    const view = this.handle?.view();
    if (!this.handle || view?.buffer !== file.buffer || view.byteOffset !== file.byteOffset) {
      return unwrap(this.core.createEncoder(file));
    }
    return unwrap(this.handle.openEncoder(file.length));
  }

  /** Frees the room. */
  close(): void {
    this.handle?.delete();
    this.handle = undefined;
  }
}
