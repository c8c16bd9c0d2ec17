import { readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Where Chromium keeps the files of its origins, under the profile's Default folder. */
const DATABASE = "IndexedDB";
const FILES = "File System";

/**
 * What is done to the files of a browser that is not running. expects: what must be reported then;
 * without it the data must be there all the same, reported or not. loses: the data is gone for good.
 */
export const DAMAGES = [
  {
    name: "IndexedDB deleted",
    expects: "recovered",
    apply: (profile) => remove(profile, DATABASE),
  },
  {
    name: "log of IndexedDB cut off",
    apply: async (profile, random) => {
      for (const path of await files(profile, DATABASE, ".log")) {
        const { size } = await stat(path);
        await truncate(path, Math.max(0, size - Math.ceil(random() * 20_000)));
      }
    },
  },
  {
    name: "second copy deleted",
    apply: (profile) => remove(profile, FILES),
  },
  {
    name: "log of IndexedDB altered",
    apply: (profile, random) => alter(profile, random, DATABASE, ".log"),
  },
  {
    name: "second copy altered",
    apply: (profile, random) => alter(profile, random, FILES, ""),
  },
  {
    name: "large values of IndexedDB deleted",
    apply: async (profile) => {
      for (const path of await files(profile, DATABASE, "")) {
        if (path.includes(".indexeddb.blob")) await rm(path);
      }
    },
  },
  {
    name: "both copies deleted",
    expects: "lost",
    loses: true,
    apply: async (profile) => {
      await remove(profile, DATABASE);
      await remove(profile, FILES);
    },
  },
];

const remove = (profile, folder) =>
  rm(join(profile, "Default", folder), { recursive: true, force: true });

/** Changes a byte of every file. */
async function alter(profile, random, folder, ending) {
  for (const path of await files(profile, folder, ending)) {
    // The browser's own list of what is where is not ours to keep.
    if (folder === FILES && /Paths|Origins/.test(path)) continue;
    const bytes = await readFile(path);
    if (bytes.length === 0) continue;
    bytes[Math.floor(random() * bytes.length)] ^= 0x41;
    await writeFile(path, bytes);
  }
}

async function files(profile, folder, ending) {
  const root = join(profile, "Default", folder);
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}
