import { spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

// embind names types of module.ts that it does not know; and its classes come as members without
// a constructor, since handles are made by functions.
const CHECK = `
import type { CoreModule, SentencePieceModule, Outcome, PackedStrings, QueryColumns, DifferingRecords, RecordColumns, RegexMatcher, ScoreColumns, SearchColumns } from "MODULE";
GENERATED
type Classes = "TokenizerHandle" | "EncoderHandle" | "CrossEncoderHandle" | "FileRoomHandle" | "CollectionHandle" | "ProjectionHandle" | "SnapshotWriterHandle" | "SnapshotReaderHandle";
type Generated = Omit<EmbindModule, Classes>;
declare const generated: Generated;
declare const byHand: BY_HAND;
// Methods with fewer parameters fit where more are given, so only both ways together mean equality.
export const toHand: BY_HAND = generated;
export const fromHand: Generated = byHand;
`;

test.each([
  ["core", "CoreModule"],
  ["sentencepiece", "SentencePieceModule"],
])("module.ts says what embind generates for %s", async (name, byHand) => {
  const generated = await readFile(path(`../../build/wasm/${name}.d.ts`), "utf8");
  const file = path(`../../build/wasm/${name}-type-check.ts`);
  const source = CHECK.replace("MODULE", path("../../js/src/engine/module.js"))
    .replaceAll("BY_HAND", byHand)
    .replace("GENERATED", generated.replace("export default function", "declare function"));
  await writeFile(file, source);
  const flags = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022"];
  const resolution = ["--module", "esnext", "--moduleResolution", "bundler"];
  const tsc = path("../../node_modules/typescript/bin/tsc");
  const answer = spawnSync(process.execPath, [tsc, ...flags, ...resolution, file], {
    encoding: "utf8",
  });
  expect(answer.stdout).toBe("");
  expect(answer.status).toBe(0);
});
