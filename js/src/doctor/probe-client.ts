import { Client, type ClientOptions } from "../client.js";
import { type EngineOptions, hasWebWorkers, makeWorker } from "../engine/open.js";
import { eraseClient } from "../storage/probe.js";
import type { Examination } from "./types.js";

/** A name that no client has, and that a look into the browser's storage explains. */
export function probeName(): string {
  return `pagevec-doctor-${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
}

/** Opens a client as the page would, does something with it and closes it; its worker ends with the check. */
export async function withClient<T>(
  { options, signal }: Examination,
  client: Partial<ClientOptions>,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const { workerUrl, wasmUrl, wasmBinary, variant } = options;
  const core = { wasmUrl, wasmBinary, variant };
  const settings = { name: probeName(), persist: false, ...core, ...client };
  const worker = workerFor(options, workerUrl, signal);
  const opened = await Client.open({ ...settings, worker } as ClientOptions);
  try {
    return await work(opened);
  } finally {
    await opened.close();
  }
}

/** One that ends with the check: a client that hangs cannot be closed. */
function workerFor(
  { worker = hasWebWorkers() }: Examination["options"],
  workerUrl: EngineOptions["workerUrl"],
  signal: AbortSignal,
): false | (() => Worker) {
  if (worker === false) return false;
  return () => {
    const made = makeWorker(worker, workerUrl);
    signal.addEventListener("abort", () => made.terminate());
    return made;
  };
}

/** The same with a name under which it may be opened again; what it has stored is removed at the end. */
export async function withStoredClient<T>(
  examination: Examination,
  work: (open: <R>(use: (client: Client) => Promise<R>) => Promise<R>) => Promise<T>,
): Promise<T> {
  const name = probeName();
  try {
    return await work((use) => withClient(examination, { name }, use));
  } finally {
    await eraseClient(name);
  }
}
