/** A picture: red, green, blue, alpha, row by row; alpha does not count. */
export interface Pixels {
  width: number;
  height: number;
  data: Uint8Array | Uint8ClampedArray;
}

/** A part of a picture, in its pixels. */
export interface Region {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** One axis of a resize, cut to the outputs that are wanted. */
interface Axis {
  /** For each output: the first input that counts. */
  first: Int32Array;
  /** For each output: how many inputs count. */
  count: Int32Array;
  /** `taps` weights an output, of which `count` are used, in units of 2^-22. */
  weights: Int32Array;
  taps: number;
}

/** Of a weight; as in Pillow (src/libImaging/Resample.c): 32 bits less 8 of the value, less 2. */
const PRECISION_BITS = 22;
const HALF = 1 << (PRECISION_BITS - 1);
/** How far the cubic reaches, in pixels of the smaller grid. */
const SUPPORT = 2;
const CHANNELS = 3;

/**
 * The part of a picture that resizeAndCrop() reads: the rest need not be decoded.
 * @param size the edge of the square that is wanted.
 */
export function neededRegion(width: number, height: number, size: number): Region {
  const [x, y] = axes(width, height, size);
  const [left, right] = reach(x);
  const [top, bottom] = reach(y);
  return { left, top, width: right - left, height: bottom - top };
}

/**
 * Resizes a picture so that its shorter edge is `size`, by the antialiased bicubic of Pillow, and
 * takes the square in the middle: what CLIP's reference does to an image, to the bit.
 * @param part the pixels of neededRegion(), or of a larger one.
 * @param region where the part lies in the picture.
 * @param width,height of the whole picture.
 * @returns size x size x 3 values from 0 to 255.
 */
export function resizeAndCrop(
  part: Pixels,
  region: Region,
  width: number,
  height: number,
  size: number,
): Uint8Array {
  const [x, y] = axes(width, height, size);
  const [top, bottom] = reach(y);
  const rows = resampleRows(part, region, x, top, bottom);
  return resampleColumns(rows, size, y, top);
}

function axes(width: number, height: number, size: number): [Axis, Axis] {
  const short = Math.min(width, height);
  const long = Math.trunc((size * Math.max(width, height)) / short);
  const [newWidth, newHeight] = width <= height ? [size, long] : [long, size];
  const left = Math.floor((newWidth - size) / 2);
  const top = Math.floor((newHeight - size) / 2);
  return [axis(width, newWidth, left, size), axis(height, newHeight, top, size)];
}

/** The inputs that any output of an axis needs: [begin, end). */
function reach({ first, count }: Axis): [number, number] {
  const last = first.length - 1;
  return [first[0] as number, (first[last] as number) + (count[last] as number)];
}

function axis(inputs: number, outputs: number, begin: number, size: number): Axis {
  const scale = inputs / outputs;
  // Shrinking widens the cubic, so that every input counts.
  const widening = Math.max(scale, 1);
  const support = SUPPORT * widening;
  const taps = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(size);
  const count = new Int32Array(size);
  const weights = new Int32Array(size * taps);
  const exact = new Float64Array(taps);
  for (let i = 0; i < size; i++) {
    const center = (begin + i + 0.5) * scale;
    const from = Math.max(0, Math.trunc(center - support + 0.5));
    const to = Math.min(inputs, Math.trunc(center + support + 0.5));
    let sum = 0;
    for (let tap = 0; tap < to - from; tap++) {
      const weight = cubic((tap + from - center + 0.5) * (1 / widening));
      exact[tap] = weight;
      sum += weight;
    }
    for (let tap = 0; tap < to - from; tap++) {
      const weight = (exact[tap] as number) / sum;
      weights[i * taps + tap] = Math.trunc(
        weight * (1 << PRECISION_BITS) + (weight < 0 ? -0.5 : 0.5),
      );
    }
    first[i] = from;
    count[i] = to - from;
  }
  return { first, count, weights, taps };
}

/** Keys' cubic convolution with a = -0.5. */
function cubic(at: number): number {
  const a = -0.5;
  const x = Math.abs(at);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

/** Each row of [top, bottom) as the x axis has it: size x 3 values. */
function resampleRows(
  { data, width: stride }: Pixels,
  region: Region,
  { first, count, weights, taps }: Axis,
  top: number,
  bottom: number,
): Uint8Array {
  const size = first.length;
  const out = new Uint8Array((bottom - top) * size * CHANNELS);
  let to = 0;
  for (let row = top; row < bottom; row++) {
    const begin = (row - region.top) * stride - region.left;
    for (let i = 0; i < size; i++) {
      let from = (begin + (first[i] as number)) * 4;
      const end = i * taps + (count[i] as number);
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      for (let tap = i * taps; tap < end; tap++, from += 4) {
        const weight = weights[tap] as number;
        red += weight * (data[from] as number);
        green += weight * (data[from + 1] as number);
        blue += weight * (data[from + 2] as number);
      }
      out[to++] = clip(red);
      out[to++] = clip(green);
      out[to++] = clip(blue);
    }
  }
  return out;
}

/** Rows from `top` on, as the y axis has them. */
function resampleColumns(
  rows: Uint8Array,
  size: number,
  { first, count, weights, taps }: Axis,
  top: number,
): Uint8Array {
  const stride = size * CHANNELS;
  const out = new Uint8Array(first.length * stride);
  const sums = new Int32Array(stride);
  for (let i = 0; i < first.length; i++) {
    sums.fill(HALF);
    for (let tap = 0; tap < (count[i] as number); tap++) {
      const weight = weights[i * taps + tap] as number;
      const from = ((first[i] as number) - top + tap) * stride;
      for (let j = 0; j < stride; j++) {
        sums[j] = (sums[j] as number) + weight * (rows[from + j] as number);
      }
    }
    for (let j = 0; j < stride; j++) out[i * stride + j] = clip(sums[j] as number);
  }
  return out;
}

function clip(sum: number): number {
  const value = sum >> PRECISION_BITS;
  return value < 0 ? 0 : Math.min(value, 255);
}
