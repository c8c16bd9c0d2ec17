import { loadTokenizer } from "pagevec";
import type { BatchModel } from "./bench-onnx-session.js";

export { openOnnx } from "./bench-onnx-session.js";

/** The usual way: texts sorted by length, in batches. */
export async function openTokens(modelUrl: string, batch: number, opening: Promise<BatchModel>) {
  const tokenizer = await loadTokenizer("all-MiniLM-L6-v2", { modelUrl });
  const model = await opening;
  return {
    async run(texts: string[]) {
      const encoded = texts.map((text) => tokenizer.encode(text).ids);
      encoded.sort((a, b) => a.length - b.length);
      for (let at = 0; at < encoded.length; at += batch) {
        await model.run(encoded.slice(at, at + batch));
      }
    },
    async close() {
      tokenizer.close();
      await model.close();
    },
  };
}

/** ONNX Runtime Web in a worker of its own, as a page would keep it off its thread. */
export async function openOnnxWorker(url: string): Promise<BatchModel> {
  const worker = new Worker(new URL("./bench-onnx-worker.ts", import.meta.url), { type: "module" });
  const ask = (message: unknown) =>
    new Promise((resolve, reject) => {
      worker.onmessage = resolve;
      worker.onerror = reject;
      worker.postMessage(message);
    });
  await ask(new URL(url, location.href).href);
  return { run: ask, close: async () => worker.terminate() };
}
