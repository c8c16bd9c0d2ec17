import { Worker as Thread } from "node:worker_threads";

/** What is sent to a thread and comes back, as far as it matters here: engine/protocol.ts. */
interface Message {
  type: string;
  /** Of a call, and of its answer. */
  id?: number;
  method?: string;
}

/** Waits for events that may never come: nobody who only listens keeps a process alive. */
const LISTENING = "db.events";
const ASKING = new Set(["start", "call"]);
const ANSWERING = new Set(["started", "result", "error"]);

type Listener = (event: never) => void;

/**
 * A thread of worker_threads with the face of a browser's worker. It keeps the process alive while it
 * owes an answer, and no longer.
 */
export class NodeWorker {
  readonly thread: Thread;
  private readonly listeners = new Map<string, Listener[]>();
  private ended = false;
  /** Ids of calls that are not answered; undefined: of the start. */
  private readonly asked = new Set<number | undefined>();

  constructor(script: URL) {
    // What `node -e` was told of its text is not said of this file.
    const execArgv = process.execArgv.filter((option) => !option.startsWith("--input-type"));
    this.thread = new Thread(script, { execArgv });
    this.thread.unref();
    this.thread.on("message", (data: Message) => {
      this.emit("message", { data });
      if (ANSWERING.has(data.type) && this.asked.delete(data.id)) this.hold();
    });
    this.thread.on("messageerror", () => this.emit("messageerror", {}));
    this.thread.on("error", (error) => this.fail(error));
    this.thread.on("exit", (code) => this.fail(new Error(`the thread ended with code ${code}`)));
  }

  addEventListener(type: string, listener: Listener): void {
    this.listeners.set(type, [...(this.listeners.get(type) ?? []), listener]);
  }

  postMessage(message: Message): void {
    this.thread.postMessage(message);
    if (!ASKING.has(message.type) || message.method === LISTENING) return;
    this.asked.add(message.id);
    this.hold();
  }

  terminate(): void {
    this.ended = true;
    void this.thread.terminate();
  }

  private fail(error: Error): void {
    if (this.ended) return;
    this.ended = true;
    this.emit("error", { message: error.message, error });
  }

  private hold(): void {
    if (this.asked.size > 0) this.thread.ref();
    else this.thread.unref();
  }

  private emit(type: string, event: object): void {
    for (const listener of this.listeners.get(type) ?? []) listener(event as never);
  }
}
