// pagevec/node: collections in a folder of the file system, for Node and Electron.
import { resolve } from "node:path";
import { Client } from "../client.js";
import { checkParams, invalid, shown } from "../collection/validate.js";
import type { DatabaseMethods } from "../database/methods.js";
import { connectInPlace } from "../engine/host.js";
import { loadCore } from "../engine/load.js";
import { type EngineOptions, engineOptionsOf, openEngine } from "../engine/open.js";
import type { Engine } from "../engine/protocol.js";
import { throwIfAborted } from "../errors.js";
import { startThread } from "../platform/node.js";
import type { NodeWorker } from "../platform/node-thread.js";
import { createServices } from "../services.js";
import type { Durability, StorageReport } from "../storage/store.js";
import type { CallOptions } from "../types.js";
import { openFolderStore } from "./open-folder.js";
import { unlockAfter } from "./writer-lock.js";

export { setModelFolder } from "../platform/node-models.js";
export { localModel, miniLM } from "./models.js";

export interface NodeClientOptions
  extends Pick<EngineOptions, "wasmUrl" | "wasmBinary" | "variant"> {
  /** The folder that keeps the collections; made where there is none. Nothing else belongs into it. */
  path: string;
  /** true (default): the database runs in a thread of its own. false: in this one. */
  worker?: boolean;
  /**
   * "relaxed" (default): what was written survives the process's end, however sudden. "strict": also
   * the machine's; every write waits for the disk. See docs/node.md.
   */
  durability?: Durability;
  /** Opens the folder beside the one who writes, and follows its changes. Writing calls reject. */
  readOnly?: boolean;
  /** Called when stored data was damaged or gone, also for what opening the client found. */
  onStorageReport?: (report: StorageReport) => void;
}

/**
 * Opens the collections of a folder (docs/node.md). One process at a time writes in it.
 * @throws conflict when another client has the folder open to write, here or in another process;
 *   invalid_argument; not_found for readOnly where there is no folder; corrupt when the manifest cannot
 *   be read; format_too_new, storage_failed, engine_failed
 */
export async function openClient(
  options: NodeClientOptions,
  call: CallOptions = {},
): Promise<Client> {
  checkParams(options);
  const { path, worker = true, durability = "relaxed", readOnly = false } = options;
  if (typeof path !== "string" || path === "") {
    throw invalid(`a client needs the path of a folder, got ${shown(path)}`);
  }
  if (durability !== "relaxed" && durability !== "strict") {
    throw invalid(`durability must be "relaxed" or "strict", got ${shown(durability)}`);
  }
  if (typeof worker !== "boolean") throw invalid(`worker must be a boolean, got ${shown(worker)}`);
  throwIfAborted(call.signal);
  const name = resolve(path);
  const core = engineOptionsOf(options);
  const engine = worker ? await startInThread(name, core) : await startHere(core);
  const page = { persist: false, onStorageReport: options.onStorageReport };
  const params = { name, storage: "folder", durability, readOnly } as const;
  return Client.connect(engine, params, call, page);
}

function startInThread(folder: string, core: EngineOptions): Promise<Engine<DatabaseMethods>> {
  const start = () => {
    const made = startThread();
    const { thread } = made as unknown as NodeWorker;
    // Its number is gone when it has ended.
    const { threadId } = thread;
    thread.once("exit", () => unlockAfter(folder, threadId));
    return made;
  };
  return openEngine({ ...core, worker: start });
}

async function startHere(core: EngineOptions): Promise<Engine<DatabaseMethods>> {
  const { worker: _, workerUrl: __, ...options } = core;
  return connectInPlace(createServices(await loadCore(options), options, openFolderStore) as never);
}
