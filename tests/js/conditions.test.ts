import { beforeAll, describe, expect, test } from "@jest/globals";
import type { Collection } from "../../js/src/collection.js";
import { loadCore } from "../../js/src/engine/load.js";
import { parseCondition } from "../../js/src/servers/client/conditions.js";
import { openTestClient } from "./support/clients.js";

// Servers' filters are read in TypeScript: what is refused there is what the core refuses, in its words.

const nested = (levels: number): object =>
  levels === 0 ? { a: 1 } : { $and: [nested(levels - 1), { a: 1 }] };

const WHERE = [
  {},
  { a: 1, b: 2 },
  { $and: [{ a: 1 }] },
  { $or: { a: 1 } },
  { $and: [{ a: 1 }, 2] },
  { $foo: 1 },
  { "#document": "x" },
  { a: [1] },
  { a: null },
  { a: {} },
  { a: { $gt: 1, $lt: 3 } },
  { a: { $gt: "x" } },
  { a: { $gte: true } },
  { a: { $lt: null } },
  { a: { $in: [] } },
  { a: { $in: 1 } },
  { a: { $in: [1, "1"] } },
  { a: { $nin: [[1]] } },
  { a: { $eq: [1] } },
  { a: { $eq: {} } },
  { a: { $contains: [1] } },
  { a: { $regex: "x" } },
  { a: { constructor: 1 } },
  { 'a "key"': { $gt: {} } },
  nested(40),
];
const DOCUMENT = [
  {},
  { $contains: 1 },
  { $contains: null },
  { a: "x" },
  { $and: [{ $contains: "x" }] },
  { $not_regex: ["x"] },
  { $contains: "x", $regex: "y" },
  { $eq: "x" },
];

describe("refused conditions", () => {
  let collection: Collection;

  beforeAll(async () => {
    const client = await openTestClient({ core: await loadCore({ variant: "simd128" }) });
    collection = await client.createCollection({ name: "conditions" });
  });

  test.each([
    ...WHERE.map((condition) => ["where", condition] as const),
    ...DOCUMENT.map((condition) => ["whereDocument", condition] as const),
  ])("%s %j", async (name, condition) => {
    const byCore = await collection.get({ [name]: condition } as never).catch((error) => error);
    let here: unknown;
    try {
      here = parseCondition(JSON.stringify(condition), name);
    } catch (error) {
      here = error;
    }
    const of = ({ code, message }: { code?: string; message?: string }) => ({ code, message });
    expect(of(here as Error)).toEqual(of(byCore));
    expect(byCore.code).toBeDefined();
  });
});
