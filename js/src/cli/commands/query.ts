import { openStatic } from "../../static/index.js";
import type { StaticResult } from "../../static/static-index.js";
import {
  kilobytes,
  MODEL_OPTIONS,
  namesModel,
  openModel,
  print,
  progressLine,
  readArguments,
} from "./arguments.js";

const HELP = `Usage: pagevec query INDEX TEXT [options]

Searches a static index, in a folder or at an address, as a page does.

  --mode MODE        keyword, vector or hybrid; default hybrid where the text has a vector
  --model NAME       loads the model that the index was built with, so that every text has a vector
  --model-url PLACE  where its files are: a folder, the .pvm file in one, or an address; loads it, too
  --limit N          default 10
  --prefix           the last word may be a beginning
  --suggest          what is suggested for TEXT, in place of a search
  --similar          TEXT is the id of a passage: what is like it
  --json             the answer as JSON`;

const OPTIONS = {
  mode: { type: "string" },
  ...MODEL_OPTIONS,
  limit: { type: "string" },
  prefix: { type: "boolean" },
  suggest: { type: "boolean" },
  similar: { type: "boolean" },
} as const;

export async function run(args: string[]): Promise<void> {
  const given = readArguments(args, HELP, 2, OPTIONS);
  if (!given) return;
  const [address = "", text = ""] = given.operands;
  const index = await openStatic(address, { model: () => openModel(given, 1, progressLine()) });
  const json = given.flag("json");
  const limit = given.number("limit", 0) ?? 10;
  try {
    if (given.flag("suggest")) {
      const suggestions = await index.suggest(text, { limit });
      print(json, suggestions, () => suggestions.map((each) => `${each.text}  ${each.url ?? ""}`));
      return;
    }
    if (namesModel(given)) await index.loadModel();
    const mode = given.text("mode") as StaticResult["mode"] | undefined;
    const keyword = given.flag("prefix") ? { prefix: "last" as const } : {};
    const result = given.flag("similar")
      ? await index.similar(text, { limit })
      : await index.search({ text, limit, keyword, highlights: true, ...(mode ? { mode } : {}) });
    print(json, result, () => linesFor(result, index.received));
  } finally {
    await index.close();
  }
}

function linesFor({ rows, mode, timings }: StaticResult, received: number): string[] {
  return [
    ...rows.flatMap(({ id, score, document, metadata, highlights }) => [
      `${score.toFixed(4)}  ${metadata?.title}${metadata?.heading ? ` > ${metadata.heading}` : ""}  [${id}]`,
      `        ${metadata?.url}`,
      `        ${(highlights?.[0]?.text ?? document?.slice(0, 160) ?? "").replace(/\s+/g, " ")}`,
    ]),
    `${rows.length} by ${mode}, ${timings.search.toFixed(0)} ms, ${kilobytes(received)} of the index read`,
  ];
}
