import { PagevecError } from "../errors.js";
import {
  type Ahead,
  type CoreOptions,
  isTrap,
  type Request,
  type Response,
  toWireError,
} from "./protocol.js";

type Handler = (
  params: unknown,
  context: { signal: AbortSignal; progress: (progress: never) => void },
) => Promise<unknown>;

/** What the guest needs of a worker's global scope (or of a MessagePort in tests). */
export interface Port {
  postMessage(message: Response, transfer: Transferable[]): void;
  addEventListener(type: "message", listener: (event: MessageEvent<Request>) => void): void;
}

/**
 * Serves calls that arrive at a port. `start` makes the service once the host has said where the
 * core is; every other message waits for it.
 */
export function serve(
  port: Port,
  start: (core: CoreOptions, ahead?: Ahead) => Promise<Record<string, unknown>>,
): void {
  let service: Promise<Record<string, unknown>> | undefined;
  const running = new Map<number, AbortController>();
  const send = (message: Response, transfer: Transferable[] = []) =>
    port.postMessage(message, transfer);

  const run = async (id: number, method: string, params: unknown) => {
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const handler = (await service)?.[method] as Handler | undefined;
      if (!handler) throw new PagevecError("internal", `the worker has no method ${method}`);
      const progress = (p: never) => send({ type: "progress", id, progress: p });
      const value = await handler(params, { signal: controller.signal, progress });
      send({ type: "result", id, value }, transferables(value));
    } catch (thrown) {
      const error = toWireError(thrown);
      send({ type: "error", id, error });
      // The host ends this worker, before anything half changed is read or stored.
      if (isTrap(thrown)) send({ type: "failed", error });
    } finally {
      running.delete(id);
    }
  };

  port.addEventListener("message", ({ data }) => {
    if (data.type === "start") {
      service = start(data.core, data.ahead);
      service.then(
        () => send({ type: "started" }),
        (thrown) => send({ type: "failed", error: toWireError(thrown) }),
      );
    } else if (data.type === "call") {
      void run(data.id, data.method, data.params);
    } else {
      running.get(data.id)?.abort(data.reason);
    }
  });
}

/** The buffers of a result, to be moved rather than copied: results are copies already. */
function transferables(value: unknown, found = new Set<ArrayBuffer>()): Transferable[] {
  if (ArrayBuffer.isView(value)) {
    found.add(value.buffer as ArrayBuffer);
  } else if (Array.isArray(value)) {
    // Lists of strings and numbers are long and hold nothing to move: the first element tells.
    if (typeof value[0] === "object") for (const item of value) transferables(item, found);
  } else if (typeof value === "object" && value !== null) {
    for (const item of Object.values(value)) transferables(item, found);
  }
  return [...found];
}
