import { createHash } from "node:crypto";
import { mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type FileEntry, type FileKind, fileName, kindOf, MANIFEST } from "../../static/format.js";

export interface WrittenFiles {
  written: number;
  kept: number;
  removed: number;
  /** Of all files of the index, as they lie there. */
  bytes: number;
}

/** The files of an index that is being made; nothing is in the folder before write(). */
export class FileSet {
  private readonly files = new Map<string, Uint8Array>();

  /** Names a file by what is in it. */
  add(kind: FileKind, content: Uint8Array | object): FileEntry {
    const bytes = content instanceof Uint8Array ? content : Buffer.from(JSON.stringify(content));
    const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
    const entry: FileEntry = [hash, bytes.length];
    this.files.set(fileName(kind, entry), bytes);
    return entry;
  }

  /**
   * Writes what is not there, then the manifest, and only then removes what it does not name: whoever reads
   * the folder meanwhile finds the old index or the new one.
   */
  async write(out: string, manifest: object, keepOld: boolean): Promise<WrittenFiles> {
    await mkdir(out, { recursive: true });
    const before = new Set(await readdir(out));
    const counts = { written: 0, kept: 0, removed: 0, bytes: 0 };
    for (const [name, bytes] of this.files) {
      const path = join(out, name);
      if (before.has(name)) counts.kept += 1;
      else {
        await replace(path, gzipSync(bytes, { level: 9 }));
        counts.written += 1;
      }
      counts.bytes += (await stat(path)).size;
    }
    await replace(join(out, MANIFEST), Buffer.from(`${JSON.stringify(manifest)}\n`));
    for (const name of before) {
      if (keepOld || !kindOf(name) || this.files.has(name)) continue;
      await rm(join(out, name));
      counts.removed += 1;
    }
    return counts;
  }
}

/** A process that is stopped leaves no half of a file behind under its name. */
async function replace(path: string, bytes: Uint8Array): Promise<void> {
  await writeFile(`${path}.part`, bytes);
  await rename(`${path}.part`, path);
}
