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
  list(name: string): string[];
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
    list: (name) => (values[name] as string[] | undefined) ?? [],
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

/** The model of that name, in so many threads. */
export async function modelNamed(
  name: string,
  concurrency?: number,
): Promise<EmbeddingFunction & { close(): Promise<void> }> {
  const { localModel, miniLM } = await import("../../node/models.js");
  const options = concurrency === undefined ? {} : { concurrency };
  return name === "all-MiniLM-L6-v2" ? miniLM(options) : localModel(name, options);
}

export function kilobytes(bytes: number): string {
  return bytes < 10_000_000 ? `${Math.ceil(bytes / 1000)} KB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
