import { PagevecError } from "../errors.js";
import { MEDIA_KINDS, type MediaKind } from "../types/media.js";
import type {
  DataType,
  MediaFields,
  NamedVectorSettings,
  PropertyConfig,
  VectorizerSettings,
} from "../types/vectorizer.js";

/** The setting that lists the properties of a kind. */
export const FIELDS_OF = {
  texts: "textFields",
  images: "imageFields",
  audio: "audioFields",
  video: "videoFields",
  imu: "imuFields",
  thermal: "thermalFields",
  depth: "depthFields",
} as const satisfies Record<MediaKind, MediaFields>;

const SPACES: readonly string[] = ["l2", "cosine", "ip"];
const SCALARS = ["text", "string", "int", "number", "boolean", "date", "uuid", "object"] as const;
const DATA_TYPES: readonly DataType[] = [
  ...SCALARS,
  ...SCALARS.map((name) => `${name}[]` as const),
  "blob",
  "geoCoordinates",
  "phoneNumber",
];

/** Modules whose vectorizeClassName is false unless told, with what they are called elsewhere. */
const WITHOUT_CLASS_NAME = /^(jina(ai)?|google|palm|aws|amazon|ollama|nvidia|model2vec|morph)\b/;

/** Whether a module puts the collection's name in front when nothing is said. */
export function vectorizesClassName(module = ""): boolean {
  const name = module.replaceAll("_", "-");
  return !name.startsWith("multi2vec") && !WITHOUT_CLASS_NAME.test(name.replace("text2vec-", ""));
}

export function isMultiModal(settings: VectorizerSettings): boolean {
  return MEDIA_KINDS.some((kind) => settings[FIELDS_OF[kind]] !== undefined);
}

/**
 * Weaviate's rules for a schema, and types.
 * @throws invalid_argument
 */
export function checkVectorizer(settings: VectorizerSettings): void {
  if (typeof settings !== "object" || settings === null)
    throw invalid("vectorizer must be an object");
  for (const name of ["module", "className", "titleProperty"] as const) {
    checkType(settings[name], "string", name);
  }
  checkType(settings.vectorizeClassName, "boolean", "vectorizeClassName");
  checkType(settings.lowerCase, "boolean", "lowerCase");
  if (settings.properties !== undefined) checkNames(settings.properties, "properties");
  checkProperties(settings.propertyConfig ?? {});
  checkMedia(settings);
  if (settings.vectors !== undefined) checkVectors(settings, settings.vectors);
}

/** Weaviate's names of vectors. */
const VECTOR_NAME = /^[_A-Za-z][_0-9A-Za-z]{0,229}$/;

function checkVectors(settings: VectorizerSettings, vectors: Record<string, unknown>): void {
  const names = typeof vectors === "object" && vectors !== null ? Object.keys(vectors) : [];
  if (names.length === 0) throw invalid("vectorizer.vectors must name at least one vector");
  const own = ["properties", "titleProperty", ...Object.values(FIELDS_OF), "weights"] as const;
  const misplaced = own.find((name) => settings[name] !== undefined);
  if (misplaced) throw invalid(`${misplaced} belongs to one of the vectors; put it into vectors`);
  for (const name of names) {
    if (!VECTOR_NAME.test(name)) {
      throw invalid(`a vector's name has letters, digits and _, no digit first; got ${name}`);
    }
    const { space, ...rest } = vectors[name] as NamedVectorSettings;
    if (space !== undefined && !SPACES.includes(space)) {
      throw invalid(`vectors.${name}.space must be one of ${SPACES.join(", ")}, got ${space}`);
    }
    checkVectorizer(rest);
  }
}

function checkProperties(config: Record<string, PropertyConfig>): void {
  for (const [name, { dataType, skip, vectorizePropertyName }] of Object.entries(config)) {
    const place = `propertyConfig.${name}`;
    checkType(skip, "boolean", `${place}.skip`);
    checkType(vectorizePropertyName, "boolean", `${place}.vectorizePropertyName`);
    if (dataType === undefined || DATA_TYPES.includes(dataType)) continue;
    throw invalid(`${place}.dataType is ${String(dataType)}; one of: ${DATA_TYPES.join(", ")}`);
  }
}

function checkMedia(settings: VectorizerSettings): void {
  const { weights = {} } = settings;
  const weighted = Object.keys(weights).length > 0;
  const seen = new Set<string>();
  for (const kind of MEDIA_KINDS) {
    const field = FIELDS_OF[kind];
    const names = settings[field];
    if (names === undefined) continue;
    checkNames(names, field);
    for (const name of names) {
      if (seen.has(name)) throw invalid(`${name} is in two lists of fields; a field has one kind`);
      seen.add(name);
    }
    if (weighted) checkWeights(weights[field], field, names.length);
  }
  for (const field of Object.keys(weights)) {
    if (settings[field as MediaFields] !== undefined) continue;
    throw invalid(`weights.${field} is given without ${field}`);
  }
}

/** Where one field has a weight every field needs one: Weaviate fails when it comes to an object. */
function checkWeights(weights: number[] | undefined, field: string, count: number): void {
  if (!Array.isArray(weights) || weights.length !== count) {
    throw invalid(`weights.${field} does not equal number of ${field}; give ${count} numbers`);
  }
  if (weights.every((weight) => Number.isFinite(weight) && weight >= 0)) return;
  throw invalid(`weights.${field} must be numbers from 0, got ${weights}`);
}

function checkNames(names: unknown, field: string): void {
  if (!Array.isArray(names)) throw invalid(`${field} must be a list of property names`);
  if (names.length === 0) {
    const kind = field.replace("Fields", "");
    throw invalid(
      kind === field
        ? `${field} field needs to have at least 1 property defined`
        : `must contain at least one ${kind} field name in ${field}`,
    );
  }
  const bad = names.find((name) => typeof name !== "string" || name === "");
  if (bad !== undefined) throw invalid(`${field} must be names of properties, got ${String(bad)}`);
}

function checkType(value: unknown, type: "string" | "boolean", name: string): void {
  if (value === undefined || typeof value === type) return;
  throw invalid(`vectorizer.${name} must be a ${type}, got ${String(value)}`);
}

function invalid(message: string): PagevecError {
  return new PagevecError("invalid_argument", message);
}
