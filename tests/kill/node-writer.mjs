// Writes batches into a folder until it is killed; says on stdout what was acknowledged.
//
//   node node-writer.mjs PATH DURABILITY thread|here FIRST
import { writeSync } from "node:fs";
import { openClient } from "../../js/dist/node/index.js";
import { batchOf, COLLECTION } from "./node-batches.mjs";

const [, , path, durability, where, first] = process.argv;
const say = (event) => writeSync(1, `${JSON.stringify(event)}\n`);
const client = await openClient({ path, durability, worker: where === "thread" });
const collection = await client.getOrCreateCollection(COLLECTION);
say({ event: "opened" });
for (let batch = Number(first); ; ++batch) {
  await collection.upsert(batchOf(batch));
  say({ event: "acknowledged", batch });
}
