/**
 * SHA-1 (FIPS 180-4) of the bytes: 20 bytes. crypto.subtle has it, but not on pages that are served over
 * plain HTTP, as those beside a server in the house are.
 */
export function sha1(bytes: Uint8Array): Uint8Array {
  const state = new Uint32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]);
  const message = padded(bytes);
  for (let at = 0; at < message.byteLength; at += 64) addBlock(state, message, at);
  const digest = new DataView(new ArrayBuffer(20));
  for (const [i, word] of state.entries()) digest.setUint32(4 * i, word);
  return new Uint8Array(digest.buffer);
}

/** With a bit, zeros and the length in bits: a multiple of 64 bytes. */
function padded(bytes: Uint8Array): DataView {
  const message = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64);
  message.set(bytes);
  message[bytes.length] = 0x80;
  const view = new DataView(message.buffer);
  view.setUint32(message.length - 8, Math.floor(bytes.length / 2 ** 29));
  view.setUint32(message.length - 4, bytes.length << 3);
  return view;
}

function addBlock(state: Uint32Array, message: DataView, at: number): void {
  const words = new Uint32Array(80);
  for (let t = 0; t < 80; ++t) {
    words[t] = t < 16 ? message.getUint32(at + 4 * t) : rotated(older(words, t), 1);
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0] = state;
  for (let t = 0; t < 80; ++t) {
    const [f, constant] = round(t, b, c, d);
    const next = rotated(a, 5) + f + e + constant + (words[t] as number);
    [a, b, c, d, e] = [next >>> 0, a, rotated(b, 30), c, d];
  }
  for (const [i, word] of [a, b, c, d, e].entries()) state[i] = (state[i] as number) + word;
}

function older(words: Uint32Array, t: number): number {
  const word = (back: number) => words[t - back] as number;
  return word(3) ^ word(8) ^ word(14) ^ word(16);
}

function round(t: number, b: number, c: number, d: number): [number, number] {
  if (t < 20) return [(b & c) | (~b & d), 0x5a827999];
  if (t < 40) return [b ^ c ^ d, 0x6ed9eba1];
  if (t < 60) return [(b & c) | (b & d) | (c & d), 0x8f1bbcdc];
  return [b ^ c ^ d, 0xca62c1d6];
}

function rotated(word: number, bits: number): number {
  return ((word << bits) | (word >>> (32 - bits))) >>> 0;
}
