// What pages may use of Weaviate's rules without a collection: `pagevec/vectorize`.

export { splitCamelCase } from "./camel-case.js";
export { goJson, goNumber } from "./go-values.js";
export { type CollectedMedia, collectMedia, combineMedia } from "./media.js";
export {
  checkVectorizer,
  type DataType,
  type MediaFields,
  type PropertyConfig,
  type VectorizerSettings,
} from "./settings.js";
export { type AssembledText, assembleText } from "./text.js";
