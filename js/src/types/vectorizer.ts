/** Weaviate's names of the types of properties. */
export type DataType = ScalarType | `${ScalarType}[]` | "blob" | "geoCoordinates" | "phoneNumber";
type ScalarType = "text" | "string" | "int" | "number" | "boolean" | "date" | "uuid" | "object";

/** The settings that list the properties of each kind of media. */
export type MediaFields =
  | "textFields"
  | "imageFields"
  | "audioFields"
  | "videoFields"
  | "imuFields"
  | "thermalFields"
  | "depthFields";

export interface PropertyConfig {
  /** Needed for dates, uuids, blobs and nested objects: the other types show in their values. */
  dataType?: DataType;
  /** Leaves the property out of the text. Default false. */
  skip?: boolean;
  /** Puts the property's name before its value. Default false. */
  vectorizePropertyName?: boolean;
}

/** How objects become vectors; names and defaults as in Weaviate's modules. */
export interface VectorizerSettings extends Partial<Record<MediaFields, string[]>> {
  /**
   * Weaviate's module, with or without text2vec- or multi2vec- in front. Default: the embedding
   * function's name. Decides the default of vectorizeClassName.
   */
  module?: string;
  /** The name that vectorizeClassName puts in front. Default: the collection's. */
  className?: string;
  vectorizeClassName?: boolean;
  /** The only properties that become text; then numbers, booleans, dates and objects do too. */
  properties?: string[];
  propertyConfig?: Record<string, PropertyConfig>;
  /** Default false, as in Weaviate since 1.27. */
  lowerCase?: boolean;
  /** A property that is kept apart from the text, for models that take a title. */
  titleProperty?: string;
  /**
   * Several vectors an object, each by settings of its own; what one leaves open is as above. Fields of
   * media, properties and titleProperty belong to one of them, then.
   */
  vectors?: Record<string, NamedVectorSettings>;
  /** One number a field of each list, e.g. `{ textFields: [0.7], imageFields: [0.3] }`. */
  weights?: Partial<Record<MediaFields, number[]>>;
}

/** One of an object's vectors. */
export interface NamedVectorSettings extends Omit<VectorizerSettings, "vectors"> {
  /** Default: the collection's, else the embedding function's, else l2. */
  space?: "l2" | "cosine" | "ip";
}
