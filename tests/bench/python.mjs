import { spawnSync } from "node:child_process";
import { copyFile, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { benchFolder } from "./search/vectors.mjs";

/**
 * A python with pinned packages, in a virtual environment that is kept.
 * @param {string} requirements path of pip's file, whose name is that of the environment
 * @param {string[]} options of pip install
 * @returns {Promise<string>} path of the interpreter
 */
export async function ensurePython(requirements, options = []) {
  const folder = join(benchFolder(), `venv-${basename(requirements, ".txt")}`);
  const python = join(folder, "bin/python");
  const stamp = join(folder, "requirements.txt");
  const wanted = await readFile(requirements, "utf8");
  if ((await readFile(stamp, "utf8").catch(() => "")) === wanted) return python;
  run("python3", ["-m", "venv", "--clear", folder]);
  run(python, ["-m", "pip", "install", "--quiet", ...options, "-r", requirements]);
  await copyFile(requirements, stamp);
  return python;
}

/** Runs a command to its end; what it prints goes to stderr. Throws when it fails. */
export function run(command, args) {
  const { status } = spawnSync(command, args, { stdio: ["ignore", 2, "inherit"] });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed; see above`);
}
