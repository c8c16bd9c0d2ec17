/**
 * A sentencepiece Unigram .model file as the tokenizer.json that transformers makes of it
 * (convert_slow_tokenizer.py: SpmConverter, XLMRobertaConverter, T5Converter).
 * sentencepiece-json.d.mts describes the export.
 */

const XLM_R = ["<s>", "<pad>", "</s>", "<unk>"];

/** The fields of a Protocol Buffers message: [number, value]; bytes, floats and numbers. */
function* fieldsOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const number = key >>> 3;
    if ((key & 7) === 0) yield [number, varint()];
    else if ((key & 7) === 5) {
      at += 4;
      yield [number, view.getFloat32(at - 4, true)];
    } else {
      const length = varint();
      at += length;
      yield [number, bytes.subarray(at - length, at)];
    }
  }
}

/** @type {import("./sentencepiece-json.d.mts").tokenizerJson} */
export function tokenizerJson(model, mapping) {
  const fields = [...fieldsOf(new Uint8Array(model))];
  const pieces = fields
    .filter(([number]) => number === 1)
    .map(([, piece]) => {
      const { 1: text, 2: score = 0 } = Object.fromEntries(fieldsOf(piece));
      return [new TextDecoder().decode(text), score];
    });
  const normalizer = Object.fromEntries(fieldsOf(fields.find(([number]) => number === 3)[1]));
  const table = normalizer[2] ?? new Uint8Array(0);
  const xlmR = mapping === "xlm-r";
  const vocab = xlmR
    ? [...XLM_R.map((text) => [text, 0]), ...pieces.slice(3), ["<mask>", 0]]
    : [...pieces, ...Array.from({ length: 100 }, (_, i) => [`<extra_id_${99 - i}>`, 0])];
  const spaces = { type: "Replace", pattern: { Regex: " {2,}" }, content: "▁" };
  const strip = { type: "Strip", strip_left: false, strip_right: true };
  const precompiled = {
    type: "Precompiled",
    precompiled_charsmap: Buffer.from(table).toString("base64"),
  };
  return {
    version: "1.0",
    normalizer: {
      type: "Sequence",
      normalizers: [...(table.length > 0 ? [precompiled] : []), strip, spaces],
    },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "WhitespaceSplit" },
        { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true },
      ],
    },
    model: { type: "Unigram", unk_id: xlmR ? 3 : 2, vocab, byte_fallback: false },
  };
}
