import { spawnSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { benchFolder } from "./vectors.mjs";

/** Package and version by adapter (peers/). They are installed beside the vectors, not in the workspace. */
export const PEERS = {
  "hnswlib-wasm": ["hnswlib-wasm", "0.8.2"],
  edgevec: ["edgevec", "0.9.0"],
  orama: ["@orama/orama", "3.1.18"],
};
const ROOT = fileURLToPath(new URL("peers", import.meta.url));
const OUTPUT = fileURLToPath(new URL("../../../build/bench-peers", import.meta.url));

/**
 * Installs the packages, where they are missing, and bundles each adapter with its own.
 * @returns {Promise<string>} the folder to serve: NAME/index.js of each
 */
export async function bundlePeers() {
  const folder = join(benchFolder(), "peers");
  await install(folder);
  for (const [name, [specifier]] of Object.entries(PEERS)) {
    await build({
      root: ROOT,
      base: "./",
      configFile: false,
      logLevel: "error",
      resolve: { alias: { [specifier]: join(folder, "node_modules", specifier) } },
      build: {
        outDir: join(OUTPUT, name),
        emptyOutDir: true,
        target: "es2022",
        assetsInlineLimit: 0,
        modulePreload: false,
        rollupOptions: {
          input: join(ROOT, `${name}.mjs`),
          preserveEntrySignatures: "strict",
          output: { entryFileNames: "index.js" },
        },
      },
    });
  }
  return OUTPUT;
}

async function install(folder) {
  const dependencies = Object.fromEntries(Object.values(PEERS));
  const wanted = JSON.stringify({ private: true, dependencies }, null, 1);
  const stamp = join(folder, "installed.json");
  if ((await readFile(stamp, "utf8").catch(() => "")) === wanted) return;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), wanted);
  const npm = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock"];
  const { status } = spawnSync("npm", npm, { cwd: folder, stdio: ["ignore", 2, "inherit"] });
  if (status !== 0) throw new Error(`npm install in ${folder} failed; see above`);
  await writeFile(stamp, wanted);
}
