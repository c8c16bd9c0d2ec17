import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CACHE = process.env.PAGEVEC_CACHE ?? join(homedir(), ".cache/pagevec");
// Outside of the repository, so that nothing of its node_modules is found by accident; each checkout
// its own, since each has a package of its own.
const PROJECTS = join(CACHE, "bundlers", sha256(ROOT));

/**
 * Packs js/ as npm would publish it.
 * @returns {{file: string, hash: string}}
 */
export function packPackage() {
  mkdirSync(PROJECTS, { recursive: true });
  const packed = npm(join(ROOT, "js"), ["pack", "--json", "--pack-destination", PROJECTS]);
  // What prepack prints comes first.
  const [{ filename, integrity }] = JSON.parse(packed.slice(packed.indexOf("[\n")));
  return { file: join(PROJECTS, filename), hash: sha256(integrity) };
}

/**
 * An app that has installed a tool and the packed package: a folder with the page of page/ and what
 * the tool needs besides, of tools/. The tool stays installed from run to run.
 * @param {string} name of the folder
 * @param {Record<string, string>} packages that the app depends on, in exact versions
 * @param {{file: string, hash: string}} tarball
 * @param {{files?: string, manifest?: object}} [more] a folder in tools/, keys of package.json
 */
export function makeProject(name, packages, tarball, { files, manifest } = {}) {
  const folder = join(PROJECTS, name);
  const app = { private: true, type: "module", dependencies: packages, ...manifest };
  const stamp = join(folder, "node_modules/.installed");
  const wanted = JSON.stringify({ app, tarball: tarball.hash });
  const current = existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;
  if (!current) install(folder, app, tarball);
  for (const from of ["page", files && join("tools", files)]) {
    if (from) cpSync(join(HERE, from), folder, { recursive: true });
  }
  if (!current) writeFileSync(stamp, wanted);
  return folder;
}

function install(folder, app, tarball) {
  mkdirSync(folder, { recursive: true });
  const lock = join(folder, "package-lock.json");
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(app, null, 2)}\n`);
  const quiet = ["--no-audit", "--no-fund", "--prefer-offline"];
  // A lock would hold the hash of an earlier build of the same version.
  rmSync(lock, { force: true });
  rmSync(join(folder, "node_modules/pagevec"), { recursive: true, force: true });
  npm(folder, ["install", ...quiet, "--no-package-lock", tarball.file]);
}

function npm(cwd, args) {
  return execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

function sha256(text) {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
