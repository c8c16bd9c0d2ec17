import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import {
  checkManifest,
  checkTables,
  type FileEntry,
  type FileKind,
  kindOf,
  MANIFEST,
  type StaticTables,
} from "../../static/format.js";
import { SiteFiles } from "../../static/site-files.js";
import { kilobytes, print, readArguments } from "./arguments.js";

const HELP = `Usage: pagevec inspect INDEX [--check] [--json]

What a static index in a folder has, and what its parts weigh.

  --check   reads every file: sizes, checksums, hashes
  --json    the same as JSON`;

export async function run(args: string[]): Promise<void> {
  const given = readArguments(args, HELP, 1, { check: { type: "boolean" } });
  if (!given) return;
  const folder = resolve(given.operands[0] ?? "");
  const files = new SiteFiles(new URL(`${pathToFileURL(folder).href}/`), () => {});
  const manifest = checkManifest(await files.manifest());
  const tables = checkTables(await files.json("tables", manifest.tables));
  const named = entriesOf(tables, manifest.tables);
  if (given.flag("check")) for (const [kind, entry] of named) await files.get(kind, entry);
  const kinds = await weigh(folder);
  const { vectors } = tables;
  const search = vectors && {
    clusters: vectors.clusters.length,
    probes: vectors.probes,
    recall: vectors.recall,
  };
  const { tables: _, ...about } = manifest;
  print(given.flag("json"), { ...about, search, kinds, checked: given.flag("check") }, () => [
    `${about.name || folder}: ${about.pages} pages, ${about.passages} passages${about.language ? `, ${about.language}` : ""}`,
    about.model
      ? `model ${about.model.name}, ${about.model.dimensions} dimensions`
      : "keywords only",
    ...(search
      ? [
          `a search looks into ${search.probes} of ${search.clusters} clusters: recall@10 ${search.recall.toFixed(3)}`,
        ]
      : []),
    ...Object.entries(kinds).map(
      ([kind, { count, bytes, largest }]) =>
        `${kind.padEnd(12)} ${String(count).padStart(6)} files ${kilobytes(bytes).padStart(10)}, the largest ${kilobytes(largest)}`,
    ),
    ...(given.flag("check") ? [`all ${named.length} files are whole`] : []),
  ]);
}

/** Every file that a search may ask for. */
function entriesOf(tables: StaticTables, own: FileEntry): [kind: FileKind, entry: FileEntry][] {
  const of = (kind: FileKind, list: FileEntry[]) =>
    list.map((entry): [FileKind, FileEntry] => [kind, entry]);
  const { vectors, suggestions } = tables;
  return [
    ...of("tables", [own]),
    ...of("lengths", [tables.lengths]),
    ...of(
      "terms",
      tables.terms.map(([, hash, bytes]): FileEntry => [hash, bytes]),
    ),
    ...of("texts", tables.texts),
    ...of("centroids", vectors ? [vectors.centroids] : []),
    ...of("check", vectors ? [vectors.check] : []),
    ...of("vectors", vectors?.clusters ?? []),
    ...of(
      "suggestions",
      suggestions.map(({ texts }) => texts),
    ),
    ...of(
      "queries",
      suggestions.flatMap((each) => (each.vectors ? [each.vectors] : [])),
    ),
  ];
}

async function weigh(folder: string) {
  const kinds: Record<string, { count: number; bytes: number; largest: number }> = {};
  for (const name of (await readdir(folder)).sort()) {
    const kind = name === MANIFEST ? "manifest" : kindOf(name);
    if (kind === undefined) continue;
    const { size } = await stat(join(folder, name));
    kinds[kind] ??= { count: 0, bytes: 0, largest: 0 };
    const sum = kinds[kind];
    sum.count += 1;
    sum.bytes += size;
    sum.largest = Math.max(sum.largest, size);
  }
  return kinds;
}
