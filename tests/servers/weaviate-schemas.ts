import type { DataType, VectorizerSettings } from "../../js/src/types/vectorizer.js";

// Random schemas and objects: names, types, settings and values of every kind that Weaviate's rules
// tell apart.

export interface RandomSchema {
  className: string;
  settings: VectorizerSettings;
  /** As Weaviate takes them. */
  properties: Record<string, unknown>[];
  objects: { id: string; properties: Record<string, unknown> }[];
  /** Of generate: single and grouped, and the properties of the second. */
  single: string;
  grouped: string;
  groupedProperties: string[] | undefined;
}

type Random = () => number;

const WORDS = ["URL", "my", "Field", "HTTP", "a", "B", "x2", "Title", "_", "99", "v", "camelCase"];
const TEXTS = [
  "",
  " ",
  "plain words",
  'Tom & "Jerry" <3',
  "ÄÖÜ straße Σίσυφος ΟΔΟΣ İstanbul",
  "日本語 のテキスト",
  "emoji 😀 and 👩‍👩‍👧",
  "back\\slash 'quotes' {title} {nope}",
  "line\nbreak\ttab",
  "\u2028separators\u2029",
  "control \u0001 \u007f",
  "UPPER lower MiXeD",
];
/** The first three as Go would write them. */
const DATES = [
  "2024-02-03T04:05:06Z",
  "2024-02-03T04:05:06.789+02:00",
  "1999-12-31T23:59:59-05:30",
  "2000-01-01T00:00:00.500Z",
  "2000-02-29T12:00:00+00:00",
];
const TYPES = [
  "text",
  "text",
  "text",
  "text[]",
  "int",
  "int[]",
  "number",
  "number[]",
  "boolean",
  "boolean[]",
  "date",
  "date[]",
  "uuid",
  "uuid[]",
  "object",
  "object[]",
  "geoCoordinates",
  "blob",
] as const satisfies readonly DataType[];
const NESTED = [
  { name: "zeta", dataType: ["text"] },
  { name: "alpha", dataType: ["number"] },
  { name: "flag", dataType: ["boolean"] },
  { name: "when", dataType: ["date"] },
  { name: "list", dataType: ["text[]"] },
];

export function randomSchema(random: Random, number: number): RandomSchema {
  const names = new Set<string>();
  const count = 1 + below(random, 6);
  while (names.size < count) names.add(propertyName(random));
  const all = [...names].map((name) => ({ name, dataType: pick(random, TYPES) }));
  const configs = all.map(({ name, dataType }) => ({
    name,
    dataType,
    ...maybe(random, 0.3, { skip: random() < 0.7 }),
    ...maybe(random, 0.5, { vectorizePropertyName: random() < 0.7 }),
  }));
  const propertyConfig = Object.fromEntries(configs.map(({ name, ...config }) => [name, config]));
  const sources = all.filter(() => random() < 0.6).map(({ name }) => name);
  const settings: VectorizerSettings = {
    module: "text2vec-transformers",
    className: `${className(random)}${number}`,
    ...maybe(random, 0.6, { vectorizeClassName: random() < 0.4 }),
    ...(sources.length > 0 && random() < 0.5 ? { properties: sources } : {}),
    propertyConfig,
  };
  const objects = Array.from({ length: 1 + below(random, 3) }, () => ({
    id: uuid(random),
    properties: Object.fromEntries(
      all
        .filter(() => random() < 0.85)
        .map(({ name, dataType }) => [name, randomValue(random, dataType)]),
    ),
  }));
  return {
    className: settings.className as string,
    settings,
    properties: configs.map(({ name, dataType, ...config }) => ({
      name,
      dataType: [dataType],
      ...(dataType.startsWith("object") && { nestedProperties: NESTED }),
      moduleConfig: { "text2vec-transformers": config },
    })),
    objects,
    single: template(random, [...names]),
    grouped: template(random, [...names]),
    groupedProperties: random() < 0.4 ? [pick(random, [...names])] : undefined,
  };
}

function template(random: Random, names: string[]): string {
  const parts = Array.from({ length: 1 + below(random, 4) }, () => {
    const name = pick(random, random() < 0.85 ? names : ["nope", ""]);
    return pick(random, [
      `{${name}}`,
      `{${name}}`,
      `{ ${name} }`,
      "words",
      '{"a": 1}',
      "é { x",
      "<&>",
    ]);
  });
  return parts.join(pick(random, [" ", "", " - "]));
}

function randomValue(random: Random, type: (typeof TYPES)[number]): unknown {
  if (type.endsWith("[]")) {
    return Array.from({ length: below(random, 4) }, () => scalar(random, type.slice(0, -2)));
  }
  return random() < 0.1 ? null : scalar(random, type);
}

function scalar(random: Random, type: string): unknown {
  switch (type) {
    case "text":
      return random() < 0.8 ? pick(random, TEXTS) : `${pick(random, TEXTS)}${pick(random, TEXTS)}`;
    case "int":
      // Never -0, which JSON.stringify() writes as 0.
      return Math.trunc((random() - 0.3) * 10 ** below(random, 16)) + 0;
    case "number":
      return (random() - 0.3) * 10 ** (below(random, 40) - 15);
    case "boolean":
      return random() < 0.5;
    case "date":
      return pick(random, DATES);
    case "uuid":
      return uuid(random);
    case "geoCoordinates":
      return { latitude: below(random, 180) / 2 - 45, longitude: below(random, 360) / 2 - 90 };
    case "blob":
      return Buffer.from(pick(random, TEXTS) || "x").toString("base64");
    default:
      return nested(random);
  }
}

function nested(random: Random): Record<string, unknown> {
  const values = {
    zeta: scalar(random, "text"),
    alpha: scalar(random, "number"),
    flag: random() < 0.5,
    when: pick(random, DATES.slice(0, 3)),
    list: [pick(random, TEXTS), "b"],
  };
  const entries = Object.entries(values).filter(() => random() < 0.7);
  return Object.fromEntries(entries.length > 0 ? entries : [["flag", true]]);
}

function propertyName(random: Random): string {
  const words = Array.from({ length: 1 + below(random, 4) }, () => pick(random, WORDS));
  return `${pick(random, ["p", "q", "zz", "my", "_p"])}${words.join("")}`;
}

function className(random: Random): string {
  return `C${Array.from({ length: 1 + below(random, 4) }, () => pick(random, WORDS)).join("")}`;
}

function uuid(random: Random): string {
  const hex = (length: number) =>
    Array.from({ length }, () => below(random, 16).toString(16)).join("");
  return `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`;
}

function maybe<T>(random: Random, chance: number, value: T): Partial<T> {
  return random() < chance ? value : {};
}

export function below(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

export function pick<T>(random: Random, list: readonly T[]): T {
  return list[below(random, list.length)] as T;
}
