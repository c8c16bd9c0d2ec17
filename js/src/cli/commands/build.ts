import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { PagevecError, reasonOf } from "../../errors.js";
import { type BuildReport, buildStatic } from "../build/build-static.js";
import { folderPages } from "../pages/folder.js";
import {
  kilobytes,
  MODEL_HELP,
  MODEL_OPTIONS,
  openModel,
  print,
  progressLine,
  readArguments,
} from "./arguments.js";

const HELP = `Usage: pagevec build FOLDER [options]

Makes an index of the HTML, Markdown and text files of a folder, which its pages read from any web server with
openStatic() of pagevec/static. An index that is there is brought up to date: what has not changed is kept.

  --out DIR          folder of the index; default FOLDER/search
  --base-url URL     before the pages' paths in their addresses; default: relative to the index
${MODEL_HELP}
  --no-vectors       keywords only: no model is loaded
  --threads N        that embed; default one a core, at most 16
  --name TEXT        of the site
  --language TAG     of pages that do not say theirs
  --suggestions FILE a text a line, suggested before titles and headings
  --max-suggestions N  default 2000
  --markdown-as EXT  how addresses of Markdown pages end; default .html
  --max-tokens N     of a passage; default the model's, at most 200
  --recall R         of the clusters that a search looks into, 0 to 1; default 0.98
  --keep-old         leave files of earlier builds
  --fresh            use nothing of an earlier build
  --json             the report as JSON`;

const OPTIONS = {
  out: { type: "string" },
  "base-url": { type: "string" },
  ...MODEL_OPTIONS,
  "no-vectors": { type: "boolean" },
  threads: { type: "string" },
  name: { type: "string" },
  language: { type: "string" },
  suggestions: { type: "string" },
  "max-suggestions": { type: "string" },
  "markdown-as": { type: "string" },
  "max-tokens": { type: "string" },
  recall: { type: "string" },
  "keep-old": { type: "boolean" },
  fresh: { type: "boolean" },
} as const;

export async function run(args: string[]): Promise<void> {
  const given = readArguments(args, HELP, 1, OPTIONS);
  if (!given) return;
  const [folder = ""] = given.operands;
  const out = given.text("out") ?? join(folder, "search");
  const onProgress = progressLine();
  const threads = given.number("threads", 1) ?? Math.min(16, availableParallelism());
  // All that can be wrong with the command line is found before a model is loaded.
  const params = {
    pages: folderPages(folder, {
      out,
      baseUrl: given.text("base-url"),
      markdownAs: given.text("markdown-as"),
    }),
    out,
    name: given.text("name"),
    language: given.text("language"),
    suggestions: await linesOf(given.text("suggestions")),
    maxSuggestions: given.number("max-suggestions", 0),
    maxTokens: given.number("max-tokens", 16),
    recall: given.number("recall", 0),
    keepOld: given.flag("keep-old"),
    fresh: given.flag("fresh"),
  };
  const model = given.flag("no-vectors") ? null : await openModel(given, threads, onProgress);
  try {
    const report = await buildStatic({ ...params, embeddingFunction: model }, { onProgress });
    print(given.flag("json"), { out, ...report }, () => linesFor(out, report));
  } finally {
    await model?.close();
  }
}

async function linesOf(file: string | undefined): Promise<string[]> {
  if (file === undefined) return [];
  try {
    return (await readFile(file, "utf8")).split(/\r?\n/).filter((line) => line.trim() !== "");
  } catch (cause) {
    throw new PagevecError("not_found", `${file} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

function linesFor(out: string, report: BuildReport): string[] {
  const { pages, passages, suggestions, embedded, reused, clusters, probes, recall } = report;
  return [
    `${out}: ${pages} pages, ${passages} passages, ${suggestions} suggestions, ${kilobytes(report.bytes)}`,
    `files: ${report.written} written, ${report.kept} kept, ${report.removed} removed`,
    `vectors: ${embedded} texts embedded, ${reused} passages kept theirs`,
    ...(clusters > 0
      ? [`a search looks into ${probes} of ${clusters} clusters: recall@10 ${recall.toFixed(3)}`]
      : ["keywords only"]),
    ...(report.notReused ? [`the earlier index could not be used: ${report.notReused}`] : []),
    `${report.seconds.toFixed(1)} s`,
  ];
}
