import { unsupported } from "./errors.js";

// What chromadb has for servers and its Cloud: there, so that imports of it do not fail, and refused when
// it is used.

type Absent = new (...args: unknown[]) => object;

/** A class whose constructor throws a ChromaClientError. */
function absent(name: string, instead: string): Absent {
  return class {
    constructor() {
      throw unsupported(`${name} is of Chroma's servers and not here; ${instead}`);
    }
  };
}

const CLIENT = "take ChromaClient, whose tenant and database name collections of this page";
export const CloudClient = absent("CloudClient", CLIENT);
export const AdminClient = absent("AdminClient", CLIENT);
export const AdminCloudClient = absent("AdminCloudClient", CLIENT);

const SCHEMA = "a collection takes configuration, and filters by every key of its metadata";
const ofSchemas = (name: string) => absent(name, SCHEMA);
export const Schema = ofSchemas("Schema");
export const Cmek = ofSchemas("Cmek");
export const ValueTypes = ofSchemas("ValueTypes");
export const FtsIndexConfig = ofSchemas("FtsIndexConfig");
export const StringInvertedIndexConfig = ofSchemas("StringInvertedIndexConfig");
export const IntInvertedIndexConfig = ofSchemas("IntInvertedIndexConfig");
export const FloatInvertedIndexConfig = ofSchemas("FloatInvertedIndexConfig");
export const BoolInvertedIndexConfig = ofSchemas("BoolInvertedIndexConfig");
export const VectorIndexConfig = ofSchemas("VectorIndexConfig");
export const SparseVectorIndexConfig = ofSchemas("SparseVectorIndexConfig");
export const FtsIndexType = ofSchemas("FtsIndexType");
export const StringInvertedIndexType = ofSchemas("StringInvertedIndexType");
export const VectorIndexType = ofSchemas("VectorIndexType");
export const SparseVectorIndexType = ofSchemas("SparseVectorIndexType");
export const IntInvertedIndexType = ofSchemas("IntInvertedIndexType");
export const FloatInvertedIndexType = ofSchemas("FloatInvertedIndexType");
export const BoolInvertedIndexType = ofSchemas("BoolInvertedIndexType");
export const StringValueType = ofSchemas("StringValueType");
export const FloatListValueType = ofSchemas("FloatListValueType");
export const SparseVectorValueType = ofSchemas("SparseVectorValueType");
export const IntValueType = ofSchemas("IntValueType");
export const FloatValueType = ofSchemas("FloatValueType");
export const BoolValueType = ofSchemas("BoolValueType");

/** For Next.js, which needs no help with pagevec: the configuration as it is. */
export function withChroma<T extends object>(config: T = {} as T): T {
  return config;
}
