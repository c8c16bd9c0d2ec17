/** The JavaScript that Emscripten writes beside each .wasm. */
declare module "*/core.simd128.mjs" {
  const create: import("./load.js").ModuleFactory<import("./module.js").CoreModule>;
  export default create;
}
declare module "*/core.relaxed.mjs" {
  const create: import("./load.js").ModuleFactory<import("./module.js").CoreModule>;
  export default create;
}
declare module "*/converter.mjs" {
  const create: import("./load.js").ModuleFactory<import("./converter-module.js").ConverterModule>;
  export default create;
}
declare module "*/sentencepiece.mjs" {
  const create: import("./load.js").ModuleFactory<import("./module.js").SentencePieceModule>;
  export default create;
}
declare module "*/static.mjs" {
  const create: import("./load.js").ModuleFactory<import("./static-module.js").StaticModule>;
  export default create;
}
declare module "*/static-builder.mjs" {
  const create: import("./load.js").ModuleFactory<import("./static-module.js").StaticBuilderModule>;
  export default create;
}
