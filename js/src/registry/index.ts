// The package's subpath `registry`: models by the names that Chroma and Weaviate give them.

export { embeddingFunctionFrom } from "./functions.js";
export type { Settings } from "./module-settings.js";
export { Modules, type ModulesOptions } from "./modules.js";
