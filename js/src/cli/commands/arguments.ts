import { type ParseArgsConfig, parseArgs } from "node:util";
import { PagevecError, reasonOf } from "../../errors.js";
import type { EmbeddingFunction, Progress } from "../../types.js";

type Options = NonNullable<ParseArgsConfig["options"]>;

/** What every command takes. */
const COMMON = { json: { type: "boolean" }, help: { type: "boolean", short: "h" } } as const;

export interface Arguments {
  /** What stands for itself, as many as the command asks for. */
  operands: string[];
  flag(name: string): boolean;
  text(name: string): string | undefined;
  /** Of an option that may be given several times; undefined when it is not. */
  texts(name: string): string[] | undefined;
  /** @throws invalid_argument for what is no number of at least `least` */
  number(name: string, least: number): number | undefined;
}

/**
 * Reads a command line, or prints the help that was asked for and returns undefined.
 * @throws invalid_argument
 */
export function readArguments(
  args: string[],
  help: string,
  operands: number,
  options: Options,
): Arguments | undefined {
  const { values, positionals } = parsed(args, { ...COMMON, ...options });
  if (values.help) {
    console.log(help);
    return undefined;
  }
  if (positionals.length !== operands) throw invalid(help.split("\n")[0] ?? "");
  return {
    operands: positionals,
    flag: (name) => values[name] === true,
    text: (name) => values[name] as string | undefined,
    texts: (name) => values[name] as string[] | undefined,
    number: (name, least) => {
      if (values[name] === undefined) return undefined;
      const value = Number(values[name]);
      if (Number.isFinite(value) && value >= least) return value;
      throw invalid(`--${name} must be a number from ${least}, got "${values[name]}"`);
    },
  };
}

function parsed(args: string[], options: Options) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (cause) {
    throw invalid(reasonOf(cause));
  }
}

function invalid(message: string): PagevecError {
  return new PagevecError("invalid_argument", message);
}

/** Prints JSON, or lines to read. */
export function print(json: boolean, value: object, lines: () => string[]): void {
  console.log(json ? JSON.stringify(value) : lines().join("\n"));
}

/** Shows progress on a terminal; elsewhere nothing. */
export function progressLine(): (progress: Progress) => void {
  if (!process.stderr.isTTY) return () => {};
  let shownAt = 0;
  return ({ stage, done, total }) => {
    const now = performance.now();
    if (done < total && now - shownAt < 100) return;
    shownAt = now;
    process.stderr.write(`\r\x1b[K${stage} ${done} of ${total}${done < total ? "" : "\n"}`);
  };
}

/** What commands with a model take. */
export const MODEL_OPTIONS = {
  model: { type: "string" },
  "model-url": { type: "string", multiple: true },
} as const;

export const MODEL_HELP = `  --model NAME       what makes vectors; default all-MiniLM-L6-v2. Any of localModel()
  --model-url PLACE  where its files are: a folder, a .pvm file, or an address; several are tried in order.
                     Default: where pagevec publishes them, or the Hugging Face hub`;

type Model = EmbeddingFunction & { close(): Promise<void> };

/** Whether a command line says anything of a model. */
export function namesModel(given: Arguments): boolean {
  return (given.text("model") ?? given.texts("model-url")) !== undefined;
}

/**
 * The model that a command line names, loaded, in so many threads.
 * @throws what downloads throw, with what helps; invalid_argument for a name that is none
 */
export async function openModel(
  given: Arguments,
  concurrency: number,
  onProgress: (progress: Progress) => void,
): Promise<Model> {
  const { localModel, miniLM } = await import("../../node/models.js");
  const { name = "all-MiniLM-L6-v2", modelUrl } = modelChoice(given);
  const options = { concurrency, ...(modelUrl && { modelUrl }) };
  const model = name === "all-MiniLM-L6-v2" ? miniLM(options) : localModel(name, options);
  try {
    await model.load({ onProgress });
    return model;
  } catch (cause) {
    await model.close();
    if (!(cause instanceof PagevecError) || !["network", "not_found"].includes(cause.code))
      throw cause;
    const advice = `${reasonOf(cause)}; --model-url takes the model from another place`;
    throw new PagevecError(cause.code, advice, { cause });
  }
}

/** A .pvm file has the model's name. */
function modelChoice(given: Arguments): { name?: string; modelUrl?: string[] } {
  const places = given.texts("model-url");
  const [, fileName] = places?.map((place) => /([^\\/]+)\.pvm$/i.exec(place)).find(Boolean) ?? [];
  return { name: given.text("model") ?? fileName, modelUrl: places };
}

/** What the library's messages name and the command line names otherwise. */
const NAMES: [RegExp, string][] = [
  [/\bmodelUrl\b/g, "--model-url"],
  [/\bbaseUrl\b/g, "--base-url"],
  [/\bmaxTokens\b/g, "--max-tokens"],
  [/\bmaxSuggestions\b/g, "--max-suggestions"],
  [/^pagevec: (recall|limit|mode|language) must/, "pagevec: --$1 must"],
  [/\bsuggest\(\)/g, "--suggest"],
  [/\bcall loadModel\(\) first/g, "name the model by --model"],
  [/`model`/g, "--model"],
];

/** A message of the library in the words of the command line. */
export function inOptions(message: string): string {
  return NAMES.reduce((told, [name, option]) => told.replace(name, option), message);
}

export function kilobytes(bytes: number): string {
  return bytes < 10_000_000 ? `${Math.ceil(bytes / 1000)} KB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
