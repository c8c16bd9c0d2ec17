// What the suite "soak" does in its pages: writing that is ended at any moment, and never-ending writing.
import { Client, type Collection } from "pagevec";
import type { Durability } from "../../../js/dist/storage/store.js";
import { Model, stateOf } from "../../kill/page/model.js";

const workers: Worker[] = [];

/** From now on knows the workers that the page starts. */
function watchWorkers(): void {
  const { Worker: Original } = window;
  if (Original.name === "Watched") return;
  window.Worker = class Watched extends Original {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options);
      workers.push(this);
    }
  };
}

export interface Termination {
  name: string;
  durability: Durability;
  /** Batches that a worker before this one has acknowledged. */
  acknowledged: number;
  /** Milliseconds after which the worker is ended, from the first write or from the snapshot's begin. */
  moment: number;
  /** Ends it while it writes a snapshot. */
  inSnapshot: boolean;
}

const wait = (ms: number) => new Promise<"ended">((resolve) => setTimeout(resolve, ms, "ended"));

/** So many batches make a journal that is worth a snapshot. */
const SNAPSHOT_BATCHES = 33;

/**
 * Checks what a worker has left that was ended, writes on, and ends the new one. wrong: what is not as
 * promised; finished: it had closed before it could be ended.
 */
export async function terminateWorker(task: Termination) {
  const { name, durability, acknowledged, moment, inSnapshot } = task;
  watchWorkers();
  const client = await Client.open({ name, durability });
  const worker = workers.at(-1) as Worker;
  const notes = await client.getOrCreateCollection({ name: "notes" });
  const found = await stateOf(notes, acknowledged);
  const { reports, copy } = await client.storage();
  const problems = (await client.check()).flatMap((checked) => checked.problems);
  const wrong = [
    ...("wrong" in found ? [found.wrong] : []),
    ...reports.map(({ kind, message }) => `${kind}: ${message}`),
    ...problems,
    ...(copy === "kept" ? [] : [`the second copy is "${copy}"`]),
  ];
  if ("wrong" in found || wrong.length > 0)
    return { wrong, acknowledged, ahead: 0, finished: false };
  const ahead = found.batch - acknowledged;
  const written = { batch: found.batch };
  const end = () => worker.terminate();
  if (!inSnapshot) {
    await writeUntil(notes, written, wait(moment));
    end();
    return { wrong, acknowledged: written.batch, ahead, finished: false };
  }
  const model = new Model();
  for (let i = 0; i < SNAPSHOT_BATCHES; ++i) await model.write(notes, ++written.batch);
  const finished = await Promise.race([client.close(), wait(moment)]);
  end();
  return { wrong, acknowledged: written.batch, ahead, finished: finished !== "ended" };
}

/** Batch after batch; what is under way at the end is not counted. */
async function writeUntil(
  notes: Collection,
  written: { batch: number },
  ended: Promise<unknown>,
): Promise<void> {
  const model = new Model();
  for (;;) {
    const write = model.write(notes, written.batch + 1).then(() => "written");
    // The worker is ended under it.
    write.catch(() => {});
    if ((await Promise.race([write, ended])) !== "written") return;
    written.batch += 1;
  }
}

interface Writer {
  client: Client;
  notes: Collection;
  stopped: boolean;
  writing: Promise<void>;
}

declare global {
  interface Window {
    writer?: Writer;
    /** Tells the test, which keeps it whatever becomes of the page. */
    acknowledge(id: string): Promise<void>;
  }
}

/** Between two writes, so that a round's records stay few. */
const PAUSE_MS = 10;

/** Opens a client and writes record after record until stopWriting(). prefix: of their ids. */
export async function startWriting({ name, prefix }: { name: string; prefix: string }) {
  const client = await Client.open({ name });
  const notes = await client.getOrCreateCollection({ name: "notes" });
  resumeWith({ client, notes, stopped: false, writing: Promise.resolve() }, prefix);
}

export function resumeWriting({ prefix }: { prefix: string }) {
  resumeWith(window.writer as Writer, prefix);
}

function resumeWith(writer: Writer, prefix: string): void {
  window.writer = writer;
  writer.stopped = false;
  writer.writing = (async () => {
    for (let i = 0; !writer.stopped; ++i) {
      const id = `${prefix}-${i}`;
      await writer.notes.add({ ids: [id], embeddings: [[1, i]] });
      // Not waited for: the answer to a page that is in the cache is lost.
      void window.acknowledge(id);
      await wait(PAUSE_MS);
    }
  })();
  writer.writing.catch(() => {});
}

/** Resolves when its last record is stored; to all ids in their order. Rejects as a write did. */
export async function stopWriting(): Promise<string[]> {
  const writer = window.writer as Writer;
  writer.stopped = true;
  await writer.writing;
  return (await writer.notes.get({ include: [] })).ids;
}

export async function readIds(): Promise<string[]> {
  return (await (window.writer as Writer).notes.get({ include: [] })).ids;
}
