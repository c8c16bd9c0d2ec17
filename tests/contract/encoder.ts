import type { Encoder } from "../../js/src/embedding/encoder.js";
import { assert, assertEqual, type ContractCase } from "./contract.js";

/** An encoder of all-MiniLM-L6-v2, whatever runs it. */
export interface EncoderContext {
  open(): Promise<Encoder>;
}

const DIMENSION = 384;
const CLS = 101;
const SEP = 102;
/** "Hello, wörld" as the reference tokenizer has it. */
const HELLO = [CLS, 7592, 1010, 2088, SEP];

const LENGTHS = [5, 3, 2, 256, 9, 9, 31, 32, 33, 64, 17, 128];

/** A text of so many tokens, different for each seed. */
function makeText(length: number, seed: number): number[] {
  const words = Array.from(
    { length: length - 2 },
    (_, i) => 2000 + ((i * 7919 + seed * 104729) % 20000),
  );
  return [CLS, ...words, SEP];
}

function encode(encoder: Encoder, texts: readonly number[][]): Promise<Float32Array> {
  const lengths = Uint32Array.from(texts, (text) => text.length);
  return encoder.encode(Int32Array.from(texts.flat()), lengths);
}

async function withEncoder(context: EncoderContext, run: (encoder: Encoder) => Promise<void>) {
  const encoder = await context.open();
  try {
    await run(encoder);
  } finally {
    await encoder.close();
  }
}

const norm = (vector: Float32Array) => Math.hypot(...vector);

export const encoderContract: readonly ContractCase<EncoderContext>[] = [
  {
    name: "one vector a text, in order, of length 1, finite",
    run: (context) =>
      withEncoder(context, async (encoder) => {
        const texts = LENGTHS.map(makeText);
        const vectors = await encode(encoder, texts);
        assertEqual(vectors.length, texts.length * DIMENSION, "floats");
        for (const row of texts.keys()) {
          const length = norm(vectors.subarray(row * DIMENSION, (row + 1) * DIMENSION));
          assert(Math.abs(length - 1) < 1e-5, `text ${row} has a vector of length ${length}`);
        }
      }),
  },
  {
    name: "a text's vector is the same to the bit alone, in a pack of 64, and in another order",
    run: (context) =>
      withEncoder(context, async (encoder) => {
        const texts = Array.from({ length: 64 }, (_, i) => makeText(2 + ((i * 5) % 40), i));
        const packed = await encode(encoder, texts);
        const turned = await encode(encoder, [...texts].reverse());
        for (const row of [0, 1, 7, 31, 62, 63]) {
          const alone = await encode(encoder, [texts[row] as number[]]);
          const at = (vectors: Float32Array, place: number) =>
            vectors.slice(place * DIMENSION, (place + 1) * DIMENSION);
          assertEqual(at(packed, row), alone, `text ${row} in the pack`);
          assertEqual(at(turned, 63 - row), alone, `text ${row} in the pack turned round`);
        }
      }),
  },
  {
    name: "a pack of more tokens than packTokens is run all the same",
    run: (context) =>
      withEncoder(context, async (encoder) => {
        const count = Math.min(4, Math.ceil((encoder.packTokens + 1) / 256) + 1);
        const texts = Array.from({ length: count }, (_, i) => makeText(256, i));
        const vectors = await encode(encoder, texts);
        assertEqual(vectors.length, count * DIMENSION, "floats");
        assertEqual(vectors.slice(0, DIMENSION), await encode(encoder, texts.slice(0, 1)), "first");
      }),
  },
  {
    name: "the result is the caller's: a later call does not change it",
    run: (context) =>
      withEncoder(context, async (encoder) => {
        const first = await encode(encoder, [HELLO]);
        const before = first.slice();
        await encode(encoder, [makeText(200, 3)]);
        assertEqual(first, before, "the first vector");
      }),
  },
  {
    name: "an empty pack has no vectors",
    run: (context) =>
      withEncoder(context, async (encoder) => {
        assertEqual((await encode(encoder, [])).length, 0, "floats");
      }),
  },
  {
    name: "ids outside the vocabulary are refused, and the encoder goes on",
    run: (context) =>
      withEncoder(context, async (encoder) => {
        const before = await encode(encoder, [HELLO]);
        for (const id of [-1, 30522]) {
          let refused = false;
          await encode(encoder, [[CLS, id, SEP]]).catch(() => {
            refused = true;
          });
          // ONNX counts ids from the end when they are negative.
          assert(refused || id < 0, `id ${id} was taken`);
        }
        assertEqual(await encode(encoder, [HELLO]), before, "the vector afterwards");
      }),
  },
];
