import { createHash } from "node:crypto";
import { cpSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const SERVICE_WORKER = "service-worker.js";
/** Files of public/ that the page needs to start; Vite copies them without listing them. */
const PUBLIC_FILES = [
  "data/index.json",
  "data/wordnet-00.json",
  "starter/vectors.bin",
  "favicon.svg",
];
/** Where index.html has the first view's markup. */
const FIRST_VIEW = "<!-- the first view's markup -->";

/** Puts the first view's markup into the page: it is painted before any script has come. */
function firstView(): Plugin {
  const file = fileURLToPath(new URL("src/views/search/search.html", import.meta.url));
  return {
    name: "first-view",
    transformIndexHtml: (html) => {
      if (!html.includes(FIRST_VIEW)) throw new Error(`index.html has no ${FIRST_VIEW}`);
      return html.replace(FIRST_VIEW, readFileSync(file, "utf8"));
    },
  };
}

/**
 * Builds the service worker and tells it which files make up the page, with a version that
 * changes whenever one of them does.
 */
function serviceWorker(): Plugin {
  return {
    name: "service-worker",
    apply: "build",
    enforce: "post",
    buildStart() {
      this.emitFile({
        type: "chunk",
        id: fileURLToPath(new URL("service-worker/service-worker.ts", import.meta.url)),
        fileName: SERVICE_WORKER,
      });
    },
    generateBundle(_options, bundle) {
      const worker = bundle[SERVICE_WORKER];
      if (worker?.type !== "chunk") throw new Error("the service worker was not built");
      const hash = createHash("sha256");
      const files = Object.keys(bundle)
        .filter((file) => file !== SERVICE_WORKER && !file.endsWith(".map"))
        .sort();
      for (const file of files) {
        const part = bundle[file];
        hash.update(file).update(part?.type === "chunk" ? part.code : (part?.source ?? ""));
      }
      worker.code = worker.code
        .replaceAll("PRECACHE_FILES", JSON.stringify([...files, ...PUBLIC_FILES]))
        .replaceAll("PRECACHE_VERSION", JSON.stringify(hash.digest("hex").slice(0, 16)));
    },
  };
}

/** What PDF.js reads for fonts of Chinese, Japanese and Korean: fetched when a file has such a font. */
function characterMaps(): Plugin {
  const folder = fileURLToPath(new URL("../node_modules/pdfjs-dist/cmaps", import.meta.url));
  return {
    name: "character-maps",
    apply: "build",
    // Not as parts of the build: the service worker would keep all 169 for every visitor.
    writeBundle: ({ dir }) => cpSync(folder, `${dir}/pdfjs/cmaps`, { recursive: true }),
  };
}

export default defineConfig({
  // Relative addresses: the build can be hosted in any folder.
  base: "./",
  build: {
    target: "es2022",
    // The page's policy forbids data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // ONNX Runtime is large by nature and loaded only when a model is.
    chunkSizeWarningLimit: 1000,
  },
  worker: { format: "es" },
  plugins: [firstView(), characterMaps(), serviceWorker()],
});
