import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

// What the servers have in common that pagevec is compared with: each has a file of its own that
// says how it is installed and started.

/** A running server of another project. */
export interface ServerProcess {
  port: number;
  pid: number;
  /** Where it keeps what it is given, unless it is told otherwise. */
  folder: string;
  /** Ends the process and removes its folder. */
  stop(): Promise<void>;
}

export interface ServerCommand {
  command: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
  /** Answers once the server serves, relative to its address. */
  readyPath: string;
}

/** Where tools/env keeps what is installed, for all checkouts. */
function cacheFolder(): string {
  const caches = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  return join(process.env.PAGEVEC_CACHE ?? join(caches, "pagevec"), "deps");
}

/**
 * The folder of a dependency. Made once: install fills a folder that takes its name only when the
 * installation was complete.
 */
export function installed(name: string, install: (folder: string) => void): string {
  const folder = join(cacheFolder(), name);
  if (existsSync(folder)) return folder;
  const part = `${folder}.part`;
  rmSync(part, { recursive: true, force: true });
  install(part);
  renameSync(part, folder);
  return folder;
}

/** Runs a command to its end. */
export function run(command: string, args: string[], env: NodeJS.ProcessEnv = {}): void {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
  if (status === 0) return;
  throw new Error(
    `${command} ${args.join(" ")} failed: ${error ?? stderr.slice(-2000) + stdout.slice(-2000)}`,
  );
}

/** A port of the loopback interface that is free now. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** Starts a server in a folder of its own and waits until it serves. */
export async function startServer(
  describe: (port: number, folder: string) => ServerCommand,
  seconds = 60,
): Promise<ServerProcess> {
  const folder = mkdtempSync(join(tmpdir(), "pagevec-server-"));
  const port = await freePort();
  const { command, args, env, readyPath } = describe(port, folder);
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output = (output + chunk).slice(-4000);
    });
  }
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", (error) => {
      output += String(error);
      resolve();
    });
  });
  const stop = async () => {
    child.kill();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const deadline = Date.now() + seconds * 1000;
  const alive = () =>
    child.exitCode === null && child.signalCode === null && child.pid !== undefined;
  while (alive() && Date.now() < deadline) {
    const url = `http://127.0.0.1:${port}${readyPath}`;
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return { port, pid: child.pid as number, folder, stop };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await stop();
  throw new Error(`${command} ${args.join(" ")} does not serve: ${output}`);
}
