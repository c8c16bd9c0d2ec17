#!/usr/bin/env node
// Embeds the first shard of the demo's WordNet with MiniLM, so that the page can be searched before
// anything else is on the visitor's machine. Needs the built package and tools/wordnet.mjs's output.
//
//   node tools/starter.mjs [folder]        default web-demo/public
//
// data/wordnet-00.json -> starter/vectors.bin: for each entry 384 signed bytes, its vector divided by its
// largest part and multiplied by 127. starter/key.txt says what they were made of.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { miniLM } from "pagevec";
import { modelsFolder, modelUrl } from "./model-cache.mjs";

const MODEL = "all-MiniLM-L6-v2";
const BATCH_SIZE = 100;

/** A vector's direction in a byte a dimension: at most half a 127th of its largest part is lost in each. */
export function toBytes(vector) {
  const largest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const scale = largest === 0 ? 0 : 127 / largest;
  return Int8Array.from(vector, (value) => Math.round(value * scale));
}

/**
 * Writes the vectors unless they are there already, of the same texts by the same model.
 * @returns {Promise<boolean>} whether anything was written
 */
export async function writeStarter(folder) {
  const shard = readFileSync(join(folder, "data/wordnet-00.json"), "utf8");
  const target = join(folder, "starter");
  const models = modelsFolder(MODEL, "pvm");
  const model = readFileSync(join(models, MODEL, `${MODEL}.pvm`));
  const key = createHash("sha256").update(shard).update(model).digest("hex");
  const keyFile = join(target, "key.txt");
  if (existsSync(keyFile) && readFileSync(keyFile, "utf8") === key) return false;
  const texts = JSON.parse(shard).map(([, , words, gloss]) => `${words[0]}: ${gloss}`);
  const vectors = await embed(texts, modelUrl(models));
  mkdirSync(target, { recursive: true });
  writeFileSync(
    join(target, "vectors.bin"),
    Buffer.concat(vectors.map((vector) => Buffer.from(toBytes(vector).buffer))),
  );
  // Last: an interrupted run leaves nothing that looks finished.
  writeFileSync(keyFile, key);
  return true;
}

async function embed(texts, url) {
  const model = miniLM({ modelUrl: url });
  const vectors = [];
  try {
    for (let start = 0; start < texts.length; start += BATCH_SIZE) {
      vectors.push(...(await model.generate(texts.slice(start, start + BATCH_SIZE))));
    }
  } finally {
    await model.close();
  }
  return vectors;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const fallback = fileURLToPath(new URL("../web-demo/public", import.meta.url));
  const folder = resolve(process.argv[2] ?? fallback);
  const written = await writeStarter(folder);
  console.log(written ? `wrote ${join(folder, "starter")}` : `${folder}/starter is there already`);
}
