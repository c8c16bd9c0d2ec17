import { spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { ensurePython, run } from "../python.mjs";
import { benchFolder } from "./vectors.mjs";

const REQUIREMENTS = fileURLToPath(new URL("native.txt", import.meta.url));
const NATIVE = fileURLToPath(new URL("native.py", import.meta.url));
const DATASET = fileURLToPath(new URL("dataset.py", import.meta.url));

/** A python with numpy, hnswlib (compiled here, for this very processor) and usearch, pinned. */
export const ensureNativePython = () => ensurePython(REQUIREMENTS, ["--no-binary", "hnswlib"]);

/**
 * The files of dataset.py for so many rows, made unless they are there.
 * @param {{path: string, hash: string}} vectors of ensureVectors()
 * @returns {Promise<string>} the folder
 */
export async function ensureDataset(python, vectors, rows) {
  const name = `search-${rows}`;
  const folder = join(benchFolder(), name);
  const stamp = join(folder, "made-of.txt");
  const wanted = `${vectors.hash}\n${await readFile(DATASET, "utf8")}`;
  if ((await readFile(stamp, "utf8").catch(() => "")) !== wanted) {
    await mkdir(folder, { recursive: true });
    run(python, [DATASET, vectors.path, String(rows), folder]);
    await writeFile(stamp, wanted);
  }
  return folder;
}

/** native.py in a process of its own. */
export function startNative(python, folder, rows) {
  const files = [join(folder, "vectors.f32"), join(folder, "truth.i32"), String(rows)];
  const child = spawn(python, [NATIVE, ...files], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async call(given) {
      child.stdin.write(`${JSON.stringify(given)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`native.py ended on ${JSON.stringify(given)}; see above`);
      return JSON.parse(value);
    },
    close: () => child.stdin.end(),
  };
}
