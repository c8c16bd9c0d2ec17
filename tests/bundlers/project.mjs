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

/** A packed package, as npm would publish it, and what tells its contents from another build's. */
export function packPackage(folder = join(ROOT, "js")) {
  mkdirSync(PROJECTS, { recursive: true });
  const packed = npm(folder, ["pack", "--json", "--pack-destination", PROJECTS]);
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
  const app = { private: true, type: "module", dependencies: packages, ...manifest };
  const sources = ["page", files && join("tools", files)].filter(Boolean);
  return installProject(
    name,
    app,
    [tarball],
    sources.map((from) => join(HERE, from)),
  );
}

/**
 * A folder outside of the repository with copies of the sources, where what `app` depends on is
 * installed, and the packed packages in place of what the registry has under their names.
 * @param {string} name of the folder
 * @param {object} app its package.json
 * @param {{file: string, hash: string}[]} tarballs
 * @param {string[]} sources folders
 */
export function installProject(name, app, tarballs, sources) {
  const folder = join(PROJECTS, name);
  const stamp = join(folder, "node_modules/.installed");
  const wanted = JSON.stringify({ app, tarballs: tarballs.map(({ hash }) => hash) });
  const current = existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;
  if (!current) install(folder, app, tarballs);
  for (const from of sources) cpSync(from, folder, { recursive: true });
  if (!current) writeFileSync(stamp, wanted);
  return folder;
}

function install(folder, app, tarballs) {
  mkdirSync(folder, { recursive: true });
  const lock = join(folder, "package-lock.json");
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(app, null, 2)}\n`);
  // A lock would hold the hash of an earlier build of the same version.
  rmSync(lock, { force: true });
  for (const packed of ["pagevec", "@pagevec"]) {
    rmSync(join(folder, "node_modules", packed), { recursive: true, force: true });
  }
  const quiet = ["--no-audit", "--no-fund", "--prefer-offline"];
  const files = tarballs.map(({ file }) => file);
  npm(folder, ["install", ...quiet, "--no-package-lock", ...files]);
}

function npm(cwd, args) {
  return execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

function sha256(text) {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
