import { PagevecError } from "../errors.js";

/** A file that is read and written at any place, at once and without waiting. */
export interface RandomFile {
  /** For messages; undefined: one of the second copy. */
  readonly name?: string;
  /** Fewer bytes at the end of the file. */
  read(at: number, length: number): Uint8Array;
  /** All of the bytes, or it throws. */
  write(at: number, bytes: Uint8Array): void;
  size(): number;
  truncate(size: number): void;
  /** Returns when everything that was written is on the disk. */
  flush(): void;
  /** The same without holding up this thread, where that can be had. */
  flushAside?(): Promise<void>;
  close(): void;
}

/** Files of one owner: whoever opens one has it for himself until it is closed. */
export interface Folder {
  /** Makes the file if there is none. @throws when it is open already, here or in another tab. */
  open(name: string): Promise<RandomFile>;
  names(): Promise<string[]>;
  /** An unknown name is no error. */
  remove(name: string): Promise<void>;
}

export async function removeAll(folder: Folder): Promise<void> {
  for (const name of await folder.names()) await folder.remove(name);
}

/** Holds a folder for each client. */
export const ALL_CLIENTS = "pagevec";
/** "c-": "." and ".." are no names. */
export const folderName = (clientName: string) => `c-${encodeURIComponent(clientName)}`;

/** TypeScript's DOM has no handle of this kind: it exists in workers alone. */
interface SyncAccessHandle {
  read(buffer: Uint8Array, options: { at: number }): number;
  write(buffer: Uint8Array, options: { at: number }): number;
  getSize(): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}
type WorkerFile = { createSyncAccessHandle(): Promise<SyncAccessHandle> };

const inCalls = new Set<FileSystemHandle>();

/** The answer to a handle's call. Chromium never gives it when the handle is garbage by then. */
async function held<T>(handle: FileSystemHandle, answer: Promise<T>): Promise<T> {
  inCalls.add(handle);
  try {
    return await answer;
  } finally {
    inCalls.delete(handle);
  }
}

/**
 * The folder of a client in the origin private file system; undefined where files cannot be written in
 * place: on pages (it takes a worker), in old browsers, and without HTTPS.
 */
export async function openFolder(clientName: string): Promise<Folder | undefined> {
  const exists = "FileSystemFileHandle" in globalThis;
  if (!exists || !("createSyncAccessHandle" in FileSystemFileHandle.prototype)) return undefined;
  const root = await navigator.storage.getDirectory();
  const all = await held(root, root.getDirectoryHandle(ALL_CLIENTS, { create: true }));
  const name = folderName(clientName);
  const directory = await held(all, all.getDirectoryHandle(name, { create: true }));
  return {
    async open(file) {
      const handle = await directory.getFileHandle(file, { create: true });
      const access = (handle as unknown as WorkerFile).createSyncAccessHandle();
      return randomFile(await held(handle, access));
    },
    async names() {
      const names: string[] = [];
      const keys = (directory as unknown as { keys(): AsyncIterable<string> }).keys();
      for await (const key of keys) names.push(key);
      return names;
    },
    async remove(file) {
      await directory.removeEntry(file).catch((cause) => {
        if (cause.name !== "NotFoundError") throw cause;
      });
    },
  };
}

function randomFile(handle: SyncAccessHandle): RandomFile {
  return {
    read(at, length) {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, handle.getSize() - at)));
      return bytes.subarray(0, handle.read(bytes, { at }));
    },
    write(at, bytes) {
      if (handle.write(bytes, { at }) === bytes.byteLength) return;
      throw new PagevecError("quota_exceeded", "the second copy has no room for more");
    },
    size: () => handle.getSize(),
    truncate: (size) => handle.truncate(size),
    flush: () => handle.flush(),
    close: () => handle.close(),
  };
}
