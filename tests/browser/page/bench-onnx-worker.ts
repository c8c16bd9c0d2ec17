import { type BatchModel, openOnnx } from "./bench-onnx-session.js";

/** Numbers of an answer for each text: as many as a pooled output would have. */
const DIMENSION = 384;

let model: BatchModel | undefined;

addEventListener("message", async ({ data }: MessageEvent<string | number[][]>) => {
  if (typeof data === "string") {
    model = await openOnnx(data);
    return postMessage(null);
  }
  await model?.run(data);
  postMessage(new Float32Array(data.length * DIMENSION));
});
