import { randomUUID } from "node:crypto";
import * as fs from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, relative, resolve, sep } from "node:path";

/** Names the folder; empty: models are not kept. */
const VARIABLE = "PAGEVEC_MODEL_CACHE";

/**
 * The folder that keeps models: that of PAGEVEC_MODEL_CACHE, else pagevec-models in the user's cache folder
 * (XDG Base Directory Specification; macOS and Windows have places of their own). Undefined: none.
 */
export function modelFolder(): string | undefined {
  const named = process.env[VARIABLE];
  if (named !== undefined) return named === "" ? undefined : resolve(named);
  return join(cacheFolder(), "pagevec-models");
}

/** null: models are not kept. Counts for threads that are started from now on, too. */
export function setModelFolder(path: string | null): void {
  process.env[VARIABLE] = path === null ? "" : resolve(path);
}

function cacheFolder(): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (XDG_CACHE_HOME) return XDG_CACHE_HOME;
  if (process.platform === "win32" && LOCALAPPDATA) return LOCALAPPDATA;
  return process.platform === "darwin"
    ? join(homedir(), "Library", "Caches")
    : join(homedir(), ".cache");
}

/** Of what is being written; names in keys have no comma. */
const FRESH = ",new";
/** What is left there for so long has lost its process. */
const FRESH_MS = 3_600_000;
/** File systems take names of 255 bytes. */
const MAX_NAME = 200;

/**
 * A small persistent map of files: models/cache.ts's ByteCache. A key is a path in the folder; what it
 * names is there as a whole or not at all.
 */
export class FolderCache {
  constructor(private readonly folder: string) {}

  async get(key: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return orNone(async () => new Uint8Array(await fs.readFile(this.at(key))));
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    const fresh = join(this.folder, FRESH, randomUUID());
    await fs.mkdir(dirname(fresh), { recursive: true });
    await this.sweep();
    try {
      await fs.writeFile(fresh, bytes, { flush: true });
      await fs.mkdir(dirname(this.at(key)), { recursive: true });
      await fs.rename(fresh, this.at(key));
    } catch (cause) {
      await fs.rm(fresh, { force: true });
      throw cause;
    }
  }

  async delete(key: string): Promise<void> {
    await fs.rm(this.at(key), { force: true });
  }

  async list(): Promise<{ key: string; bytes: number }[]> {
    const found: { key: string; bytes: number }[] = [];
    for (const path of await filesIn(this.folder)) {
      const [first, ...rest] = path.split(sep) as [string, ...string[]];
      const stat = await orNone(() => fs.stat(join(this.folder, path)));
      if (stat && first !== FRESH) found.push({ key: keyOf([first, ...rest]), bytes: stat.size });
    }
    return found;
  }

  private at(key: string): string {
    return join(this.folder, ...key.split("/").flatMap(namesOf));
  }

  private async sweep(): Promise<void> {
    for (const name of await filesIn(join(this.folder, FRESH))) {
      const path = join(this.folder, FRESH, name);
      const stat = await orNone(() => fs.stat(path));
      if (stat && Date.now() - stat.mtimeMs > FRESH_MS) await fs.rm(path, { force: true });
    }
  }
}

/** Of a part of a key: a comma in front of what would be no name, one behind what goes on below. */
function namesOf(part: string): string[] {
  if (part === "" || part === "." || part === "..") return [`,${part}`];
  const names: string[] = [];
  for (let at = 0; at < part.length; at += MAX_NAME) names.push(part.slice(at, at + MAX_NAME));
  return names.map((name, i) => (i === names.length - 1 ? name : `${name},`));
}

function keyOf(names: string[]): string {
  const parts = names.map((name) => {
    if (name.startsWith(",")) return `${name.slice(1)}/`;
    return name.endsWith(",") ? name.slice(0, -1) : `${name}/`;
  });
  return parts.join("").slice(0, -1);
}

async function filesIn(folder: string): Promise<string[]> {
  const options = { recursive: true, withFileTypes: true } as const;
  const entries = (await orNone(() => fs.readdir(folder, options))) ?? [];
  const files = entries.filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => relative(folder, join(parentPath, name)));
}

/** Undefined for what is not there. */
async function orNone<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw cause;
  }
}
