// What pages may use of Weaviate's rules without a collection: `pagevec/vectorize`.

export type {
  DataType,
  MediaFields,
  PropertyConfig,
  VectorizerSettings,
} from "../types/vectorizer.js";
export { splitCamelCase } from "./camel-case.js";
export { goJson, goNumber } from "./go-values.js";
export { type CollectedMedia, collectMedia, combineMedia } from "./media.js";
export { checkVectorizer } from "./settings.js";
export { type AssembledText, assembleText } from "./text.js";
