import { PagevecError } from "../errors.js";
import type { Progress } from "../types.js";
import {
  type Ahead,
  type CoreOptions,
  type Engine,
  type EngineCallOptions,
  fromWireError,
  isTrap,
  type MethodMap,
  type Request,
  type Response,
  type Service,
  toWireError,
} from "./protocol.js";

interface PendingCall {
  resolve(value: unknown): void;
  reject(error: PagevecError): void;
  onProgress: ((progress: Progress) => void) | undefined;
}

/**
 * Starts the guest in a worker and returns the caller's end once the core is loaded there.
 * @param source the address of its script, or the function with that address in it, for the error
 *   that says it is not there
 * @param ahead what the first call will load
 * @throws engine_failed
 */
export async function connectWorker<M extends MethodMap<M>>(
  worker: Worker,
  core: CoreOptions,
  source?: object | string,
  ahead?: Ahead,
): Promise<Engine<M>> {
  const connection = new WorkerConnection(worker, source);
  await connection.start(core, ahead);
  return connection as unknown as Engine<M>;
}

class WorkerConnection {
  private readonly pending = new Map<number, PendingCall>();
  private nextId = 1;
  private ended: PagevecError | undefined;
  private onStarted: ((error?: PagevecError) => void) | undefined;

  constructor(
    private readonly worker: Worker,
    source: object | string | undefined,
  ) {
    worker.addEventListener("message", ({ data }: MessageEvent<Response>) => this.receive(data));
    worker.addEventListener("error", async (event) => this.end(await workerFailure(event, source)));
    worker.addEventListener("messageerror", () =>
      this.end(new PagevecError("engine_failed", "a message of the worker could not be read")),
    );
  }

  get alive(): boolean {
    return this.ended === undefined;
  }

  start(core: CoreOptions, ahead?: Ahead): Promise<void> {
    return new Promise((resolve, reject) => {
      this.onStarted = (error) => (error ? reject(error) : resolve());
      this.post({ type: "start", core, ahead });
    });
  }

  call(method: string, params: unknown, options: EngineCallOptions = {}): Promise<unknown> {
    const { signal, onProgress, transfer = [] } = options;
    if (this.ended) return Promise.reject(this.ended);
    if (signal?.aborted) return Promise.reject(abortedBy(signal));
    const id = this.nextId++;
    const stop = () => this.post({ type: "abort", id, reason: String(signal?.reason) });
    const answer = new Promise<unknown>((resolve, reject) => {
      this.pending.set(id, { resolve, reject, onProgress });
      try {
        this.post({ type: "call", id, method, params }, transfer);
      } catch (cause) {
        this.pending.delete(id);
        reject(
          new PagevecError("invalid_argument", `a value cannot be copied: ${cause}`, { cause }),
        );
      }
    });
    signal?.addEventListener("abort", stop, { once: true });
    return answer
      .catch((error: PagevecError) => {
        // The reason itself, which is not sent to the worker.
        throw signal?.aborted && error.code === "aborted" ? abortedBy(signal) : error;
      })
      .finally(() => signal?.removeEventListener("abort", stop));
  }

  async close(): Promise<void> {
    this.end(engineClosed());
  }

  private post(message: Request, transfer: Transferable[] = []): void {
    this.worker.postMessage(message, transfer);
  }

  private receive(message: Response): void {
    if (message.type === "started") return this.onStarted?.();
    if (message.type === "failed") return this.end(fromWireError(message.error));
    const call = this.pending.get(message.id);
    if (!call) return;
    if (message.type === "progress") return call.onProgress?.(message.progress);
    this.pending.delete(message.id);
    if (message.type === "result") call.resolve(message.value);
    else call.reject(fromWireError(message.error));
  }

  private end(error: PagevecError): void {
    this.ended ??= error;
    this.worker.terminate();
    this.onStarted?.(error);
    for (const call of this.pending.values()) call.reject(error);
    this.pending.clear();
  }
}

/** The caller's end of a service in this very thread. */
export function connectInPlace<M extends MethodMap<M>>(service: Service<M>): Engine<M> {
  let ended: PagevecError | undefined;
  return {
    get alive() {
      return ended === undefined;
    },
    async call(method, params, options = {}) {
      if (ended) throw ended;
      const { signal, onProgress } = options;
      if (signal?.aborted) throw abortedBy(signal);
      try {
        return await service[method](params, {
          signal: signal ?? new AbortController().signal,
          progress: (progress) => onProgress?.(progress),
        });
      } catch (thrown) {
        const error = thrown instanceof PagevecError ? thrown : fromWireError(toWireError(thrown));
        if (isTrap(thrown)) ended ??= error;
        throw error;
      }
    },
    async close() {
      ended ??= engineClosed();
    },
  };
}

function engineClosed(): PagevecError {
  return new PagevecError("closed", "the engine was closed");
}

function abortedBy(signal: AbortSignal): PagevecError {
  return new PagevecError("aborted", "the call was aborted by its AbortSignal", {
    cause: signal.reason,
  });
}

async function workerFailure(event: ErrorEvent, source: object | string | undefined) {
  const { message, error: cause } = event;
  if (!message) {
    // The script itself is not there: it would have said what is wrong.
    const explain = await import("./explain.js").catch(() => undefined);
    if (explain) return explain.workerNotLoaded(source);
  }
  return new PagevecError(
    "engine_failed",
    `the worker failed: ${message || "its script could not be loaded"}; pass workerUrl, or worker: false to run in place`,
    { cause },
  );
}
