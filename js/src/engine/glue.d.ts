/** The JavaScript that Emscripten writes beside each core.*.wasm. */
declare module "*/core.simd128.mjs" {
  const create: import("./load.js").CoreFactory;
  export default create;
}
declare module "*/core.relaxed.mjs" {
  const create: import("./load.js").CoreFactory;
  export default create;
}
