/**
 * A small BERT with random weights in the layout of Sentence Transformers, for tests: its files, and
 * its vectors by a forward pass in plain JavaScript. tiny-bert.d.mts describes the exports.
 */

const HIDDEN = 32;
const HEADS = 4;
const LAYERS = 2;
const INTERMEDIATE = 64;
const POSITIONS = 48;
const WORDS =
  "[PAD] [UNK] [CLS] [SEP] [MASK] query passage : cat dog sits runs on the mat rain sun snow wind red blue green old new house river tree".split(
    " ",
  );

/** Marsaglia's xorshift32, as numbers from -1 to 1. */
function makeRandom(seed) {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state | 0) / 2 ** 31;
  };
}

/** name -> {shape, data} as the hub's BERT files have them; with the head of a cross-encoder. */
function makeTensors(seed, { classifier = false, positions = POSITIONS } = {}) {
  const random = makeRandom(seed);
  const tensors = new Map();
  const add = (name, shape, make) => {
    const count = shape.reduce((a, b) => a * b, 1);
    tensors.set(name, { shape, data: Float32Array.from({ length: count }, make) });
  };
  const linear = (name, rows, columns) => {
    const scale = Math.sqrt(3 / columns);
    add(`${name}.weight`, [rows, columns], () => random() * scale);
    add(`${name}.bias`, [rows], () => random() * 0.1);
  };
  const norm = (name) => {
    add(`${name}.weight`, [HIDDEN], () => 1 + random() * 0.1);
    add(`${name}.bias`, [HIDDEN], () => random() * 0.1);
  };
  add("embeddings.word_embeddings.weight", [WORDS.length, HIDDEN], random);
  add("embeddings.position_embeddings.weight", [positions, HIDDEN], () => random() * 0.2);
  add("embeddings.token_type_embeddings.weight", [2, HIDDEN], () => random() * 0.2);
  norm("embeddings.LayerNorm");
  for (let i = 0; i < LAYERS; i++) {
    const layer = `encoder.layer.${i}.`;
    for (const part of ["query", "key", "value"]) {
      linear(`${layer}attention.self.${part}`, HIDDEN, HIDDEN);
    }
    linear(`${layer}attention.output.dense`, HIDDEN, HIDDEN);
    norm(`${layer}attention.output.LayerNorm`);
    linear(`${layer}intermediate.dense`, INTERMEDIATE, HIDDEN);
    linear(`${layer}output.dense`, HIDDEN, INTERMEDIATE);
    norm(`${layer}output.LayerNorm`);
  }
  if (!classifier) return tensors;
  linear("pooler.dense", HIDDEN, HIDDEN);
  const prefixed = new Map([...tensors].map(([name, tensor]) => [`bert.${name}`, tensor]));
  linear("classifier", 1, HIDDEN);
  for (const part of ["weight", "bias"]) {
    const name = `classifier.${part}`;
    prefixed.set(name, tensors.get(name));
  }
  return prefixed;
}

function safetensors(tensors) {
  const header = {};
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    header[name] = { dtype: "F32", shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const parts = [...tensors.values()].map(({ data }) => Buffer.from(data.buffer));
  return new Uint8Array(Buffer.concat([length, text, ...parts]));
}

/** @type {import("./tiny-bert.d.mts").denseSafetensors} */
export function denseSafetensors(dtype, shape, weights, biases = new Uint8Array(0)) {
  const end = weights.length;
  const tensors = { "linear.weight": { dtype, shape, data_offsets: [0, end] } };
  if (biases.length > 0) {
    const data_offsets = [end, end + biases.length];
    tensors["linear.bias"] = { dtype, shape: [shape[0]], data_offsets };
  }
  const header = JSON.stringify({ __metadata__: { format: "pt" }, ...tensors });
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return new Uint8Array(Buffer.concat([length, Buffer.from(header), weights, biases]));
}

/** [CLS], the words that spaces part, [SEP]; cut as the reference tokenizer cuts. */
function idsOf(text, maxTokens) {
  const words = text
    .toLowerCase()
    .replaceAll(":", " : ")
    .split(" ")
    .filter((word) => word !== "")
    .slice(0, maxTokens - 2);
  const id = (word) => (WORDS.includes(word) ? WORDS.indexOf(word) : WORDS.indexOf("[UNK]"));
  return ["[CLS]", ...words, "[SEP]"].map(id);
}

function layerNorm(values, tensors, name) {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
  const { data: gain } = tensors.get(`${name}.weight`);
  const { data: bias } = tensors.get(`${name}.bias`);
  return values.map((x, i) => ((x - mean) / Math.sqrt(variance + 1e-12)) * gain[i] + bias[i]);
}

function applyLinear(values, tensors, name) {
  const { shape, data } = tensors.get(`${name}.weight`);
  const { data: bias } = tensors.get(`${name}.bias`);
  return Array.from(bias, (b, row) =>
    values.reduce((sum, x, column) => sum + x * data[row * shape[1] + column], b),
  );
}

/** Abramowitz and Stegun, 7.1.26: to 1.5e-7. */
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const terms = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592];
  const series = terms.reduce((sum, term) => (sum + term) * t, 0);
  return Math.sign(x) * (1 - series * Math.exp(-x * x));
}

const gelu = (x) => 0.5 * x * (1 + erf(x / Math.SQRT2));
const add = (a, b) => a.map((x, i) => x + b[i]);
const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);

function attend(states, tensors, layer) {
  const [queries, keys, values] = ["query", "key", "value"].map((part) =>
    states.map((state) => applyLinear(state, tensors, `${layer}attention.self.${part}`)),
  );
  const size = HIDDEN / HEADS;
  return queries.map((query) => {
    const out = [];
    for (let head = 0; head < HEADS; head++) {
      const part = (vector) => vector.slice(head * size, (head + 1) * size);
      const scores = keys.map((key) => Math.exp(dot(part(query), part(key)) / Math.sqrt(size)));
      const total = scores.reduce((a, b) => a + b, 0);
      for (let i = 0; i < size; i++) {
        out.push(values.reduce((sum, v, t) => sum + (scores[t] / total) * part(v)[i], 0));
      }
    }
    return out;
  });
}

/** secondBegin: where the tokens of type 1 begin. */
function forward(tensors, ids, secondBegin = ids.length) {
  const row = (name, index) =>
    Array.from(tensors.get(name).data.subarray(index * HIDDEN, (index + 1) * HIDDEN));
  let states = ids.map((id, position) => {
    const word = row("embeddings.word_embeddings.weight", id);
    const place = row("embeddings.position_embeddings.weight", position);
    const type = row("embeddings.token_type_embeddings.weight", position < secondBegin ? 0 : 1);
    return layerNorm(add(add(word, place), type), tensors, "embeddings.LayerNorm");
  });
  for (let i = 0; i < LAYERS; i++) {
    const layer = `encoder.layer.${i}.`;
    const attended = attend(states, tensors, layer);
    states = states.map((state, t) => {
      const out = applyLinear(attended[t], tensors, `${layer}attention.output.dense`);
      const middle = layerNorm(add(out, state), tensors, `${layer}attention.output.LayerNorm`);
      const up = applyLinear(middle, tensors, `${layer}intermediate.dense`).map(gelu);
      const down = applyLinear(up, tensors, `${layer}output.dense`);
      return layerNorm(add(down, middle), tensors, `${layer}output.LayerNorm`);
    });
  }
  return states;
}

function poolStates(states, pooling, normalize) {
  const pooled = pooling === "cls" ? states[0] : states.reduce(add).map((x) => x / states.length);
  const length = Math.hypot(...pooled);
  return normalize ? pooled.map((x) => x / length) : pooled;
}

/** The same as a cross-encoder with one label: its files, and its logits. */
export function makeTinyCrossEncoder({ seed = 1, maxTokens = 24 } = {}) {
  const tensors = makeTensors(seed, { classifier: true });
  const bert = new Map([...tensors].map(([name, tensor]) => [name.replace(/^bert\./, ""), tensor]));
  const json = (value) => JSON.stringify(value, null, 2);
  const files = {
    "config.json": json({
      architectures: ["BertForSequenceClassification"],
      model_type: "bert",
      hidden_act: "gelu",
      num_attention_heads: HEADS,
      layer_norm_eps: 1e-12,
      max_position_embeddings: POSITIONS,
      id2label: { 0: "LABEL_0" },
    }),
    "tokenizer_config.json": json({ do_lower_case: true, model_max_length: maxTokens }),
    "vocab.txt": `${WORDS.join("\n")}\n`,
    "model.safetensors": safetensors(tensors),
  };
  return {
    files,
    /** The logit of a pair that is not longer than the model takes. */
    logitOf(query, document) {
      const first = idsOf(query, Number.POSITIVE_INFINITY);
      const second = idsOf(document, Number.POSITIVE_INFINITY).slice(1);
      const [state] = forward(bert, [...first, ...second], first.length);
      const pooled = applyLinear(state, bert, "pooler.dense").map(Math.tanh);
      return applyLinear(pooled, bert, "classifier")[0];
    },
  };
}

/** The files and the vectors of one such model. */
export function makeTinyBert({
  seed = 1,
  pooling = "mean",
  normalize = true,
  maxTokens = 16,
  positions = POSITIONS,
  prompts = { query: "query: ", passage: "passage: " },
} = {}) {
  const tensors = makeTensors(seed, { positions });
  const json = (value) => JSON.stringify(value, null, 2);
  const modules = [
    ["Transformer", ""],
    ["Pooling", "1_Pooling"],
    ...(normalize ? [["Normalize", "2_Normalize"]] : []),
  ].map(([kind, path], idx) => ({
    idx,
    name: String(idx),
    path,
    type: `sentence_transformers.models.${kind}`,
  }));
  const files = {
    "modules.json": json(modules),
    "config.json": json({
      architectures: ["BertModel"],
      model_type: "bert",
      hidden_act: "gelu",
      hidden_size: HIDDEN,
      num_attention_heads: HEADS,
      num_hidden_layers: LAYERS,
      intermediate_size: INTERMEDIATE,
      layer_norm_eps: 1e-12,
      max_position_embeddings: positions,
      type_vocab_size: 2,
      vocab_size: WORDS.length,
    }),
    "1_Pooling/config.json": json({
      word_embedding_dimension: HIDDEN,
      pooling_mode_cls_token: pooling === "cls",
      pooling_mode_mean_tokens: pooling === "mean",
      pooling_mode_max_tokens: false,
      pooling_mode_mean_sqrt_len_tokens: false,
    }),
    "sentence_bert_config.json": json({ max_seq_length: maxTokens, do_lower_case: false }),
    "config_sentence_transformers.json": json({ prompts, similarity_fn_name: "cosine" }),
    "tokenizer_config.json": json({
      tokenizer_class: "BertTokenizer",
      do_lower_case: true,
      cls_token: "[CLS]",
      model_max_length: 512,
    }),
    "vocab.txt": `${WORDS.join("\n")}\n`,
    "model.safetensors": safetensors(tensors),
  };
  return {
    files,
    words: WORDS,
    dimensions: HIDDEN,
    positions,
    /** The reference's vector. */
    vectorOf: (text, length = maxTokens) =>
      poolStates(forward(tensors, idsOf(text, length)), pooling, normalize),
    /** The same pooling over the word embeddings alone, from token `first` on: what tinyOnnx() runs. */
    wordVectorOf(text, length = maxTokens, first = 0) {
      const { data } = tensors.get("embeddings.word_embeddings.weight");
      const states = idsOf(text, length).map((id) =>
        Array.from(data.subarray(id * HIDDEN, (id + 1) * HIDDEN)),
      );
      return poolStates(states.slice(first), pooling, normalize);
    },
    /** An ONNX file that looks the word embeddings up and does nothing else. */
    onnx: () => tinyOnnx(tensors.get("embeddings.word_embeddings.weight")),
  };
}

function varint(value) {
  const bytes = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

/** A field of Protocol Buffers: a number, or bytes. */
function field(number, value) {
  if (typeof value === "number") return Buffer.concat([varint(number * 8), varint(value)]);
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value);
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

const message = (...fields) => Buffer.concat(fields);

function valueInfo(name, type, dims) {
  const dim = (size) => field(1, typeof size === "number" ? field(1, size) : field(2, size));
  const shape = message(...dims.map(dim));
  return message(field(1, name), field(2, field(1, message(field(1, type), field(2, shape)))));
}

/** Field numbers as in onnx.proto3: a graph with one Gather. */
function tinyOnnx({ shape, data }) {
  const FLOAT = 1;
  const INT64 = 7;
  const table = message(
    ...shape.map((size) => field(1, size)),
    field(2, FLOAT),
    field(8, "table"),
    field(9, Buffer.from(data.buffer)),
  );
  const node = message(
    field(1, "table"),
    field(1, "input_ids"),
    field(2, "last_hidden_state"),
    field(4, "Gather"),
  );
  const graph = message(
    field(1, node),
    field(2, "tiny"),
    field(5, table),
    field(11, valueInfo("input_ids", INT64, ["batch", "tokens"])),
    field(12, valueInfo("last_hidden_state", FLOAT, ["batch", "tokens", shape[1]])),
  );
  return new Uint8Array(message(field(1, 8), field(7, graph), field(8, field(2, 13))));
}

/** The cosine of two vectors. */
export function cosine(a, b) {
  return dot([...a], [...b]) / (Math.hypot(...a) * Math.hypot(...b));
}
