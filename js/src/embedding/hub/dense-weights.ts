// Loaded on demand: few models have layers behind the pooling.

import { concat } from "../../engine/concat.js";
import { PagevecError } from "../../errors.js";
import type { Bytes } from "../../models/cache.js";
import type { DenseShape } from "../../models/manifest.js";
import { readTorchFile } from "./torch-file.js";

/** A module's weights: of its two files the one that the repository has. */
export type DenseFile = { kind: "safetensors" | "torch"; bytes: Bytes };

/**
 * The weights of Dense modules as readDense() wants them.
 * @throws corrupt for files that are damaged or have other tensors; unsupported for other than float32.
 */
export function denseWeights(shapes: readonly DenseShape[], files: readonly DenseFile[]): Bytes {
  const tensors = shapes.flatMap((shape, i) => {
    const { kind, bytes } = files[i] as DenseFile;
    const found = kind === "torch" ? readTorchFile(bytes) : readSafetensors(bytes);
    const { inputs, outputs, bias } = shape;
    const weight = checked(found, "linear.weight", [outputs, inputs]);
    return bias ? [weight, checked(found, "linear.bias", [outputs])] : [weight];
  });
  return concat(tensors);
}

/** A float32 tensor, row by row, little endian. */
export interface Tensor {
  shape: readonly number[];
  bytes: Uint8Array;
}

function checked(tensors: Map<string, Tensor>, name: string, shape: number[]): Uint8Array {
  const tensor = tensors.get(name);
  const bytes = shape.reduce((a, b) => a * b, 4);
  if (tensor?.shape.join() === shape.join() && tensor.bytes.length === bytes) return tensor.bytes;
  const found = tensor ? `is ${tensor.shape.join(" x ")}` : "is not there";
  throw new PagevecError(
    "corrupt",
    `${name} of a Dense module ${found}; expected ${shape.join(" x ")}`,
  );
}

/** The format of safetensors: the header's length, a JSON header, the tensors. */
function readSafetensors(file: Bytes): Map<string, Tensor> {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const length = file.length < 8 ? Number.POSITIVE_INFINITY : Number(view.getBigUint64(0, true));
  if (8 + length > file.length)
    throw new PagevecError("corrupt", "a Dense module's file is cut off");
  let header: Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>;
  try {
    header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
  } catch (cause) {
    throw new PagevecError("corrupt", `a Dense module's file is no safetensors: ${cause}`, {
      cause,
    });
  }
  const tensors = new Map<string, Tensor>();
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    if (dtype !== "F32") {
      throw new PagevecError("unsupported", `${name} of a Dense module is ${dtype}, not F32`);
    }
    const [begin, end] = data_offsets;
    tensors.set(name, { shape, bytes: file.subarray(8 + length + begin, 8 + length + end) });
  }
  return tensors;
}
