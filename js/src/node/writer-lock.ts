import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { threadId } from "node:worker_threads";
import { PagevecError } from "../errors.js";
import { diskError } from "./folder.js";

/** Who writes in a folder. */
interface Holder {
  pid: number;
  /** Of worker_threads; 0: the main one. */
  thread: number;
  host: string;
  /** When the process began, as the system counts; null where it does not say. Pids are given again. */
  started: string | null;
  token: string;
}

const NAME = "lock";
/** The holder says so often that it lives, for those on other machines, who see nothing else of it. */
const ALIVE_MS = 1000;
/** A holder on another machine that is silent for so long is taken for dead. */
const SILENCE_MS = 5000;
const ATTEMPTS = 10;
/** What processes leave that end while they take the lock. */
const LEFT = /^lock\..+/;
const LEFT_MS = 60_000;

/**
 * Makes this thread the only one that writes in a folder, as long as its process lives. The lock is a
 * file that says who has it; one whose process has ended is taken over at once.
 * @returns what gives it up
 * @throws conflict when another has it, naming the process
 */
export async function lockFolder(folder: string): Promise<() => void> {
  const path = join(folder, NAME);
  const own: Holder = {
    pid: process.pid,
    thread: threadId,
    host: hostname(),
    started: startOf(process.pid),
    token: randomUUID(),
  };
  for (let attempt = 1; ; ++attempt) {
    if (create(path, JSON.stringify(own))) break;
    const text = read(path);
    if (text === undefined) continue;
    if (attempt === ATTEMPTS || (await isAlive(path, holderIn(text)))) throw held(folder, text);
    setAside(path, text, own.token);
  }
  sweep(folder);
  const timer = setInterval(() => touch(path), ALIVE_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    const text = read(path);
    if (text !== undefined && holderIn(text)?.token === own.token) fs.rmSync(path, { force: true });
  };
}

/** Frees what a thread of this process held that has ended. */
export function unlockAfter(folder: string, thread: number): void {
  const path = join(folder, NAME);
  const text = read(path);
  const holder = text === undefined ? undefined : holderIn(text);
  const ours = holder?.pid === process.pid && holder.host === hostname();
  if (ours && holder.thread === thread) fs.rmSync(path, { force: true });
}

/** False when there is one. It is never there without what it says. */
function create(path: string, text: string): boolean {
  const fresh = `${path}.${randomUUID()}`;
  try {
    fs.writeFileSync(fresh, text);
    fs.linkSync(fresh, path);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw diskError(cause);
  } finally {
    fs.rmSync(fresh, { force: true });
  }
}

function read(path: string): string | undefined {
  try {
    return fs.readFileSync(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw diskError(cause);
  }
}

/** Undefined for a text that no process wrote as a whole: the power went. */
function holderIn(text: string): Holder | undefined {
  try {
    const holder = JSON.parse(text);
    return typeof holder?.token === "string" ? holder : undefined;
  } catch {
    return undefined;
  }
}

async function isAlive(path: string, holder: Holder | undefined): Promise<boolean> {
  if (!holder) return false;
  if (holder.host === hostname()) {
    return runs(holder.pid) && startOf(holder.pid) === holder.started;
  }
  const before = touchedAt(path);
  await new Promise((resolve) => setTimeout(resolve, SILENCE_MS));
  return touchedAt(path) !== before;
}

/** Of a holder that is dead. Another may have done so meanwhile, and have the lock: it gets it back. */
function setAside(path: string, text: string, token: string): void {
  const aside = `${path}.${token}`;
  try {
    fs.renameSync(path, aside);
  } catch {
    return;
  }
  if (read(aside) !== text) {
    try {
      fs.linkSync(aside, path);
    } catch {
      // A third has it now. Who was robbed finds that out with the next write, by the epoch.
    }
  }
  fs.rmSync(aside, { force: true });
}

function sweep(folder: string): void {
  for (const name of fs.readdirSync(folder)) {
    if (!LEFT.test(name)) continue;
    const path = join(folder, name);
    if (Date.now() - (touchedAt(path) ?? Infinity) > LEFT_MS) fs.rmSync(path, { force: true });
  }
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    // A process of another user.
    return (cause as NodeJS.ErrnoException).code === "EPERM";
  }
}

/**
 * Field 22 of proc(5)'s stat, in clock ticks since the boot. Fields are counted from behind the name,
 * which may have spaces. Null for a process that has ended and is only not waited for yet.
 */
function startOf(pid: number): string | null {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

function touchedAt(path: string): number | undefined {
  return fs.statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}

function touch(path: string): void {
  try {
    fs.utimesSync(path, new Date(), new Date());
  } catch {
    // Gone with its folder, or taken by another: writes say so.
  }
}

function held(folder: string, text: string): PagevecError {
  const holder = holderIn(text);
  const who = holder ? `process ${holder.pid} on ${holder.host}` : "another process";
  return new PagevecError(
    "conflict",
    `${who} has ${folder} open; close it there, or open it here with readOnly: true`,
  );
}
