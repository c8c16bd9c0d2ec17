#!/usr/bin/env node
// `npx pagevec`: static indexes and models on the command line (docs/static.md).
import { PagevecError, reasonOf } from "../errors.js";
import { inOptions } from "./commands/arguments.js";

const HELP = `Usage: pagevec COMMAND ... [--json]

  build FOLDER      makes the search of a site: an index that its pages read from any web server
  inspect INDEX     what an index has, and what its parts weigh
  query INDEX TEXT  searches an index, in a folder or at an address
  convert MODEL     makes a .pvm file of a BERT-family model, for pagevec's own engine

pagevec COMMAND --help says more. With --json the answer is one line of JSON.`;

interface Command {
  run(args: string[]): Promise<void>;
}

/** Each loads what it needs by itself. */
const COMMANDS: Record<string, () => Promise<Command>> = {
  build: () => import("./commands/build.js"),
  inspect: () => import("./commands/inspect.js"),
  query: () => import("./commands/query.js"),
  convert: () => import("./commands/convert.js"),
};

async function main([name = "", ...args]: string[]): Promise<void> {
  if (["", "-h", "--help", "help"].includes(name)) {
    console.log(HELP);
    return;
  }
  if (!Object.hasOwn(COMMANDS, name)) {
    const known = Object.keys(COMMANDS).join(", ");
    throw new PagevecError("invalid_argument", `there is no command "${name}"; one of ${known}`);
  }
  const command = await (COMMANDS[name] as () => Promise<Command>)();
  await command.run(args);
}

await main(process.argv.slice(2)).catch((error) => {
  const missing = /Cannot find package '(parse5|markdown-it)'/.exec(reasonOf(error))?.[1];
  const advice = missing && `pagevec: ${missing} is not installed; npm install ${missing}`;
  const message = advice ?? inOptions(reasonOf(error));
  const code = error instanceof PagevecError ? error.code : "internal";
  if (process.argv.includes("--json")) console.log(JSON.stringify({ error: { code, message } }));
  else console.error(message);
  process.exitCode = 1;
});
