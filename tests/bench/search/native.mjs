import { spawn, spawnSync } from "node:child_process";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { benchFolder } from "./vectors.mjs";

const REQUIREMENTS = fileURLToPath(new URL("requirements.txt", import.meta.url));
const NATIVE = fileURLToPath(new URL("native.py", import.meta.url));
const DATASET = fileURLToPath(new URL("dataset.py", import.meta.url));

/** A python with numpy, hnswlib (compiled here, for this very processor) and usearch, pinned. */
export async function ensurePython() {
  const folder = join(benchFolder(), "venv");
  const python = join(folder, "bin/python");
  const stamp = join(folder, "requirements.txt");
  const wanted = await readFile(REQUIREMENTS, "utf8");
  if ((await readFile(stamp, "utf8").catch(() => "")) === wanted) return python;
  run("python3", ["-m", "venv", "--clear", folder]);
  run(python, ["-m", "pip", "install", "--quiet", "--no-binary", "hnswlib", "-r", REQUIREMENTS]);
  await copyFile(REQUIREMENTS, stamp);
  return python;
}

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

function run(command, args) {
  const { status } = spawnSync(command, args, { stdio: ["ignore", 2, "inherit"] });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed; see above`);
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
