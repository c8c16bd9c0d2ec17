import * as fs from "node:fs";
import { join } from "node:path";
import { PagevecError } from "../errors.js";
import type { Folder, RandomFile } from "../storage/files.js";

/** Whose file it is: a number that is never given twice, and what is in it. */
const OWN_FILE = /^\d+\.(journal|parts)$/;
/** What systems say when a disk, or a user's share of it, is full. */
const FULL = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

export interface FolderOptions {
  /** Nothing is made, written or cut off; a file that is gone is an empty one. */
  readOnly?: boolean;
}

/**
 * Files of pagevec in a folder of the file system. Others in it are not seen.
 */
export class DiskFolder implements Folder {
  constructor(
    readonly path: string,
    private readonly options: FolderOptions = {},
  ) {}

  has(name: string): boolean {
    return fs.existsSync(join(this.path, name));
  }

  async open(name: string): Promise<RandomFile> {
    const { readOnly } = this.options;
    const { O_RDONLY, O_RDWR, O_CREAT } = fs.constants;
    try {
      const flags = readOnly ? O_RDONLY : O_RDWR | O_CREAT;
      const descriptor = fs.openSync(join(this.path, name), flags);
      // Snapshots are written once: what cannot be read of one is still somebody's data.
      const written = name.endsWith(".parts") && fs.fstatSync(descriptor).size > 0;
      return new DiskFile(name, descriptor, readOnly || written);
    } catch (cause) {
      if (readOnly && (cause as NodeJS.ErrnoException).code === "ENOENT") return emptyFile(name);
      throw diskError(cause);
    }
  }

  truncate(name: string, size: number): void {
    failing(() => fs.truncateSync(join(this.path, name), size));
  }

  async names(): Promise<string[]> {
    return fs.readdirSync(this.path).filter((name) => OWN_FILE.test(name));
  }

  async remove(name: string): Promise<void> {
    fs.rmSync(join(this.path, name), { force: true });
  }
}

/** With those above it. */
export function makeFolder(path: string): void {
  failing(() => fs.mkdirSync(path, { recursive: true }));
}

class DiskFile implements RandomFile {
  private closed = false;

  constructor(
    readonly name: string,
    private readonly descriptor: number,
    private readonly fixed: boolean,
  ) {}

  /** Nothing after close(): what was read then is another snapshot's by now. */
  read(at: number, length: number): Uint8Array {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.size() - at)));
    let read = 0;
    for (let more = 1; more > 0 && read < bytes.byteLength; read += more) {
      more = fs.readSync(this.descriptor, bytes, read, bytes.byteLength - read, at + read);
    }
    return bytes.subarray(0, read);
  }

  write(at: number, bytes: Uint8Array): void {
    writeAll(this.descriptor, bytes, at);
  }

  size(): number {
    return this.closed ? 0 : fs.fstatSync(this.descriptor).size;
  }

  truncate(size: number): void {
    if (!this.fixed) fs.ftruncateSync(this.descriptor, size);
  }

  flush(): void {
    failing(() => fs.fsyncSync(this.descriptor));
  }

  flushAside(): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.fsync(this.descriptor, (cause) => (cause ? reject(diskError(cause)) : resolve()));
    });
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    fs.closeSync(this.descriptor);
  }
}

function emptyFile(name: string): RandomFile {
  const nothing = () => {};
  return {
    name,
    read: () => new Uint8Array(0),
    write: nothing,
    size: () => 0,
    truncate: nothing,
    flush: nothing,
    close: nothing,
  };
}

/**
 * Puts a file in place as a whole: whoever reads it, now or after the power was gone, finds the old
 * bytes or the new ones.
 */
export function replaceFile(path: string, bytes: Uint8Array): void {
  const fresh = `${path}.new`;
  failing(() => {
    const descriptor = fs.openSync(fresh, "w");
    try {
      writeAll(descriptor, bytes, 0);
      fs.fsyncSync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
    fs.renameSync(fresh, path);
  });
}

/** Makes the names in a folder last as their files do. Windows has no such call, and needs none. */
export function flushFolder(path: string): void {
  if (process.platform === "win32") return;
  failing(() => {
    const descriptor = fs.openSync(path, "r");
    try {
      fs.fsyncSync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
  });
}

/** A call of the file system may take a part of what it is given. */
function writeAll(descriptor: number, bytes: Uint8Array, at: number): void {
  failing(() => {
    for (let written = 0; written < bytes.byteLength; ) {
      written += fs.writeSync(descriptor, bytes, written, bytes.byteLength - written, at + written);
    }
  });
}

function failing<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw diskError(cause);
  }
}

/** A failure of the file system as it is told to callers. */
export function diskError(cause: unknown): PagevecError {
  if (cause instanceof PagevecError) return cause;
  const { code = "", message = String(cause) } = cause as NodeJS.ErrnoException;
  if (FULL.has(code)) {
    const full = `the disk has no room for it (${message}); nothing of it was kept. Delete data first`;
    return new PagevecError("quota_exceeded", full, { cause });
  }
  return new PagevecError("storage_failed", message, { cause });
}
