/** What transformers.js asks for of a MiniLM beside tokenizer.json and the weights, by name, as JSON. */
export function transformersFiles(maxTokens) {
  const names = ["pad", "unk", "cls", "sep", "mask"];
  const config = {
    model_type: "bert",
    architectures: ["BertModel"],
    hidden_size: 384,
    num_hidden_layers: 6,
    num_attention_heads: 12,
    vocab_size: 30522,
  };
  const tokenizer = {
    tokenizer_class: "BertTokenizer",
    model_max_length: maxTokens,
    ...Object.fromEntries(names.map((name) => [`${name}_token`, `[${name.toUpperCase()}]`])),
  };
  return {
    "config.json": JSON.stringify(config),
    "tokenizer_config.json": JSON.stringify(tokenizer),
  };
}
