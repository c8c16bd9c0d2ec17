/**
 * How a page gets on with the package: an entry with options for Client.open, and what is to come of
 * it. `lost`: the server answers each request for a wasm file with an HTML page. `policy`: the page's
 * Content-Security-Policy. `error`: what the PagevecError must say; without: the page must find its
 * records, by a worker unless `inPlace`.
 * @typedef {{way: string, entry: "default" | "inline", options?: object, lost?: boolean,
 *   policy?: string, error?: RegExp, inPlace?: boolean}} Case
 */

const INLINE = { way: '`"pagevec/inline"`', entry: "inline" };
const LOST = {
  way: "default entry, its wasm file lost",
  entry: "default",
  lost: true,
  error: /\.wasm is not served: got HTML; the server must have all files of the build/,
};
const WORKS = [{ way: "default entry", entry: "default" }, INLINE, LOST];

const OPTIMIZED = [
  {
    way: "default entry",
    entry: "default",
    error:
      /worker\.js\S* (answered 404|is not served: got HTML); Vite.*optimizeDeps: \{ exclude: \["pagevec"\] \}/,
  },
  {
    way: "default entry, `worker: false`",
    entry: "default",
    options: { worker: false },
    error:
      /core\.\w+\.wasm (answered 404|is not served: got HTML); Vite.*optimizeDeps: \{ exclude: \["pagevec"\] \}/,
  },
  INLINE,
];
const EXCLUDED = [
  { way: '`optimizeDeps: { exclude: ["pagevec"] }`', entry: "default" },
  { ...LOST, way: "the same, its wasm file lost" },
];

const ADDRESSES = { wasmUrl: "/pagevec/", workerUrl: "/search-worker.js" };
const LEFT_BEHIND = [
  {
    way: "default entry",
    entry: "default",
    error: /worker\.js answered 404; .*esbuild and Rollup.*workerUrl, or import "pagevec\/inline"/,
  },
  {
    way: "`wasmUrl` and `workerUrl`",
    entry: "default",
    options: ADDRESSES,
  },
  INLINE,
  {
    way: "the same addresses, the wasm file lost",
    entry: "default",
    options: ADDRESSES,
    lost: true,
    error: /\/pagevec\/core\.\w+\.wasm is not served: got HTML; .*wasmUrl/,
  },
];

const SCRIPTS = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src";
const POLICIES = [
  { ...INLINE, way: `${INLINE.way}, \`worker-src blob:\``, policy: `${SCRIPTS} blob:` },
  {
    ...INLINE,
    way: `${INLINE.way}, \`worker-src 'self'\``,
    policy: `${SCRIPTS} 'self'`,
    inPlace: true,
  },
  {
    ...INLINE,
    way: `${INLINE.way}, \`require-trusted-types-for 'script'\``,
    policy: "require-trusted-types-for 'script'",
    inPlace: true,
  },
];

const UNBUNDLED = [
  {
    way: "default entry",
    entry: "default",
    error:
      /what it imports could not be loaded; import maps do not reach workers: .*pagevec\/inline/,
  },
  {
    way: "default entry, `worker: false`",
    entry: "default",
    options: { worker: false },
    inPlace: true,
  },
  INLINE,
  {
    ...LOST,
    way: "default entry, `worker: false`, the wasm file lost",
    options: { worker: false },
  },
];

const PARCEL = {
  title: "Parcel 2.16.4",
  packages: { parcel: "2.16.4" },
  build: ["parcel", "build", "default.html", "inline.html", "--no-cache", "--public-url", "./"],
  folder: "dist",
};
const NEXT = { next: "16.4.6", react: "19.1.10", "react-dom": "19.1.10" };
const HTML = [
  ["default.html", "dist/default.html"],
  ["inline.html", "dist/inline.html"],
];
const WASM = ["node_modules/pagevec/wasm", "dist/pagevec"];

const vite = (version) => ({
  packages: { vite: version },
  files: "vite",
  project: `vite-${version}`,
});
const dev = (version, config = "vite") => ({
  ...vite(version),
  title: `Vite ${version}, dev`,
  serve: ["vite", "--config", `${config}.config.js`],
});
const build = (version, config = "vite") => ({
  ...vite(version),
  title: `Vite ${version}, build`,
  build: ["vite", "build", "--config", `${config}.config.js`],
  folder: "dist",
});
/** Vite 6 and 7 make classic scripts of workers, of one file each. */
const CLASSIC_WORKER = /"iife" for option "worker\.format"/;
const MODULE_WORKER = [
  { ...WORKS[0], way: '`worker: { format: "es" }`' },
  { ...LOST, way: "the same, its wasm file lost" },
];

/**
 * Each tool: what its app depends on; the command that builds it and the folder that is served then,
 * or the command that serves; what else is copied there; and the cases. Or what the build fails with.
 */
export const TOOLS = {
  "vite-8": { ...dev("8.3.8"), cases: WORKS },
  "vite-8-build": { ...build("8.3.8"), cases: WORKS },
  "vite-7": { ...dev("7.3.8"), cases: OPTIMIZED },
  "vite-7-exclude": { ...dev("7.3.8", "exclude"), cases: EXCLUDED },
  "vite-7-build": { ...build("7.3.8"), buildError: CLASSIC_WORKER },
  "vite-7-build-es": { ...build("7.3.8", "module-worker"), cases: MODULE_WORKER },
  "vite-7-build-inline": { ...build("7.3.8", "inline"), cases: [INLINE] },
  "vite-6": { ...dev("6.4.6"), cases: OPTIMIZED },
  "vite-6-exclude": { ...dev("6.4.6", "exclude"), cases: EXCLUDED },
  "vite-6-build": { ...build("6.4.6"), buildError: CLASSIC_WORKER },
  "vite-6-build-es": { ...build("6.4.6", "module-worker"), cases: MODULE_WORKER },
  "vite-6-build-inline": { ...build("6.4.6", "inline"), cases: [INLINE] },
  webpack: {
    title: "webpack 5.112.1",
    packages: { webpack: "5.112.1", "webpack-cli": "6.0.1" },
    files: "webpack",
    build: ["webpack"],
    copy: HTML,
    folder: "dist",
    cases: WORKS,
  },
  rspack: {
    title: "rspack 2.3.3",
    packages: { "@rspack/core": "2.3.3", "@rspack/cli": "2.2.8" },
    files: "webpack",
    build: ["rspack", "build", "--config", "webpack.config.js"],
    copy: HTML,
    folder: "dist",
    cases: WORKS,
  },
  esbuild: {
    title: "esbuild 0.28.2",
    packages: { esbuild: "0.28.2" },
    build: [
      ...["esbuild", "default.js", "inline.js", "search-worker.js", "--bundle", "--format=esm"],
      ...["--splitting", "--outdir=dist", "--log-level=error"],
    ],
    copy: [...HTML, WASM],
    folder: "dist",
    cases: [...LEFT_BEHIND, ...POLICIES],
  },
  rollup: {
    title: "Rollup 4.68.8",
    packages: { rollup: "4.68.8", "@rollup/plugin-node-resolve": "16.0.3" },
    files: "rollup",
    build: ["rollup", "--config"],
    copy: [...HTML, WASM],
    folder: "dist",
    cases: LEFT_BEHIND,
  },
  parcel: {
    ...PARCEL,
    way: "without the keys below",
    buildError: /Failed to resolve '[\w/#-]+'/,
  },
  "parcel-told": {
    ...PARCEL,
    manifest: {
      "@parcel/resolver-default": { packageExports: true },
      "@parcel/bundler-default": { disableSharedBundles: true },
      alias: { "onnxruntime-web/wasm": false },
    },
    cases: [{ ...WORKS[0], way: "default entry, the keys below in package.json" }, INLINE, LOST],
  },
  next: {
    title: "Next 16.4.6, build and start",
    packages: NEXT,
    files: "next",
    project: "next",
    build: ["next", "build"],
    serve: ["next", "start", "-p", "0"],
    pages: { default: "", inline: "inline" },
    cases: WORKS,
  },
  "next-dev": {
    title: "Next 16.4.6, dev",
    packages: NEXT,
    files: "next",
    project: "next",
    serve: ["next", "dev", "-p", "0"],
    pages: { default: "", inline: "inline" },
    cases: WORKS,
  },
  native: {
    title: "no bundler, import map",
    packages: {},
    files: "native",
    folder: ".",
    cases: UNBUNDLED,
  },
};
/** The quickest three that differ: files that are found, files that are left behind, no bundler. */
export const QUICK = ["vite-8-build", "esbuild", "native"];
