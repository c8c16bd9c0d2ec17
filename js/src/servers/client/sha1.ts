const CONSTANTS = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6];
/** Of the block that is added. */
const words = new Uint32Array(80);
const word = (t: number) => words[t] as number;

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
  for (let t = 0; t < 16; ++t) words[t] = message.getUint32(at + 4 * t);
  for (let t = 16; t < 80; ++t) {
    words[t] = rotated(word(t - 3) ^ word(t - 8) ^ word(t - 14) ^ word(t - 16), 1);
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0] = state;
  for (let t = 0; t < 80; ++t) {
    const quarter = Math.floor(t / 20);
    const constant = CONSTANTS[quarter] as number;
    const next = (rotated(a, 5) + mixed(quarter, b, c, d) + e + constant + word(t)) >>> 0;
    // One by one: a list for each of the 80 would take most of the time.
    e = d;
    d = c;
    c = rotated(b, 30);
    b = a;
    a = next;
  }
  for (const [i, value] of [a, b, c, d, e].entries()) state[i] = (state[i] as number) + value;
}

function mixed(quarter: number, b: number, c: number, d: number): number {
  if (quarter === 0) return (b & c) | (~b & d);
  return quarter === 2 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
}

function rotated(word: number, bits: number): number {
  return ((word << bits) | (word >>> (32 - bits))) >>> 0;
}
