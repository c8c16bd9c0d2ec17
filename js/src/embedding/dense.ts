import { PagevecError } from "../errors.js";
import type { DenseShape } from "../models/manifest.js";

/** A DenseShape with its weights: `outputs` rows of `inputs`. */
export interface DenseLayer extends DenseShape {
  weights: Float32Array;
  /** One an output; empty without `bias`. */
  biases: Float32Array;
}

/**
 * The layers of a model.
 * @param file their weights as float32, little endian: of each layer the rows, then the biases.
 * @throws corrupt when the file is not as long as the layers are.
 */
export function readDense(shapes: readonly DenseShape[], file: Uint8Array): DenseLayer[] {
  const values = new Float32Array(file.slice().buffer, 0, Math.floor(file.length / 4));
  let at = 0;
  const take = (count: number) => {
    at += count;
    return values.subarray(at - count, at);
  };
  const layers = shapes.map((shape) => ({
    ...shape,
    weights: take(shape.inputs * shape.outputs),
    biases: take(shape.bias ? shape.outputs : 0),
  }));
  if (at * 4 === file.length) return layers;
  throw new PagevecError(
    "corrupt",
    `the dense layers have ${file.length} bytes of weights; expected ${at * 4}`,
  );
}

/** activation(weights * input + biases), as torch.nn.Linear has it. */
export function applyDense(layer: DenseLayer, input: Float32Array): Float32Array {
  const { inputs, outputs, weights, biases, activation } = layer;
  const out = new Float32Array(outputs);
  for (let row = 0; row < outputs; row++) {
    let sum = biases[row] ?? 0;
    for (let i = 0; i < inputs; i++) {
      sum += (weights[row * inputs + i] as number) * (input[i] as number);
    }
    out[row] = activation === "tanh" ? Math.tanh(sum) : sum;
  }
  return out;
}
