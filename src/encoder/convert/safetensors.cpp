#include "encoder/convert/safetensors.h"

#include <nlohmann/json.hpp>

namespace pagevec {
namespace {

using nlohmann::json;

Status invalid(const std::string& what) {
  return {StatusCode::InvalidArgument, "the safetensors file " + what};
}

/// Whether value is an array of count (0: any) numbers of at least 0, which go to out.
bool readNumbers(const json& value, size_t count, std::vector<uint64_t>& out) {
  if (!value.is_array() || (count != 0 && value.size() != count)) return false;
  for (const json& number : value) {
    if (!number.is_number_unsigned()) return false;
    out.push_back(number.get<uint64_t>());
  }
  return true;
}

/// false when the entry is wrong; an empty tensor when it is of another type.
bool readTensor(const json& entry, ByteView data, Tensor& out) {
  if (!entry.is_object() || !entry.contains("dtype") || !entry["dtype"].is_string()) return false;
  if (!entry.contains("shape") || !entry.contains("data_offsets")) return false;
  std::vector<uint64_t> offsets;
  if (!readNumbers(entry["data_offsets"], 2, offsets)) return false;
  if (!readNumbers(entry["shape"], 0, out.shape)) return false;
  if (offsets[0] > offsets[1] || offsets[1] > data.size()) return false;
  if (entry["dtype"].get<std::string>() != "F32") return true;
  uint64_t bytes = sizeof(float);
  for (const uint64_t size : out.shape) {
    if (size != 0 && bytes > data.size() / size) return false;
    bytes *= size;
  }
  out.bytes = data.subspan(offsets[0], offsets[1] - offsets[0]);
  return bytes == out.bytes.size();
}

/// Copies tensors out by name; remembers the first that is not as it should be.
class TensorReader {
 public:
  TensorReader(const std::map<std::string, Tensor>& tensors, std::string prefix)
      : tensors_(tensors), prefix_(std::move(prefix)) {}

  uint32_t size(const std::string& name, size_t axis) {
    const auto found = tensors_.find(prefix_ + name);
    const bool there = found != tensors_.end() && axis < found->second.shape.size();
    // What does not fit is refused by checkConfig.
    return there ? static_cast<uint32_t>(std::min<uint64_t>(found->second.shape[axis], 1u << 30))
                 : 0;
  }
  std::vector<float> floats(const std::string& name, const std::vector<uint64_t>& shape) {
    const auto found = tensors_.find(prefix_ + name);
    if (found == tensors_.end() || found->second.bytes.empty() || found->second.shape != shape) {
      if (wrong_.empty()) wrong_ = prefix_ + name;
      return {};
    }
    ByteReader in(found->second.bytes);
    return in.array<float>(found->second.bytes.size() / sizeof(float));
  }
  FloatNorm norm(const std::string& name, uint32_t hidden) {
    return {floats(name + ".weight", {hidden}), floats(name + ".bias", {hidden})};
  }
  FloatLinear linear(const std::string& name, uint32_t rows, uint32_t columns) {
    return {rows, columns, floats(name + ".weight", {rows, columns}),
            floats(name + ".bias", {rows})};
  }
  const std::string& wrong() const { return wrong_; }

 private:
  const std::map<std::string, Tensor>& tensors_;
  std::string prefix_;
  std::string wrong_;
};

void append(FloatLinear& to, const FloatLinear& more) {
  to.rows += more.rows;
  to.columns = more.columns;
  to.weights.insert(to.weights.end(), more.weights.begin(), more.weights.end());
  to.bias.insert(to.bias.end(), more.bias.begin(), more.bias.end());
}

std::string layerName(size_t i) { return "encoder.layer." + std::to_string(i) + "."; }

FloatHead readHead(TensorReader& bert, TensorReader& top, const EncoderConfig& config) {
  return {bert.linear("pooler.dense", config.hidden, config.hidden),
          top.linear("classifier", config.labels, config.hidden)};
}

EncoderConfig configOf(TensorReader& in, const ModelOptions& options) {
  EncoderConfig config;
  config.vocabulary = in.size("embeddings.word_embeddings.weight", 0);
  config.hidden = in.size("embeddings.word_embeddings.weight", 1);
  config.positions = in.size("embeddings.position_embeddings.weight", 0);
  config.tokenTypes = in.size("embeddings.token_type_embeddings.weight", 0);
  config.intermediate = in.size(layerName(0) + "intermediate.dense.weight", 0);
  while (in.size(layerName(config.layers) + "output.dense.weight", 0) != 0) ++config.layers;
  config.heads = options.heads;
  config.maxTokens = options.maxTokens;
  config.pooling = options.pooling;
  config.normalize = options.normalize;
  config.lowercase = options.lowercase;
  config.layerNormEpsilon = options.layerNormEpsilon;
  return config;
}

FloatLayer readLayer(TensorReader& in, const std::string& name, const EncoderConfig& config) {
  const uint32_t hidden = config.hidden;
  FloatLayer layer;
  for (const char* part : {"query", "key", "value"}) {
    append(layer.qkv, in.linear(name + "attention.self." + part, hidden, hidden));
  }
  layer.attentionOut = in.linear(name + "attention.output.dense", hidden, hidden);
  layer.attentionNorm = in.norm(name + "attention.output.LayerNorm", hidden);
  layer.up = in.linear(name + "intermediate.dense", config.intermediate, hidden);
  layer.down = in.linear(name + "output.dense", hidden, config.intermediate);
  layer.outputNorm = in.norm(name + "output.LayerNorm", hidden);
  return layer;
}

}  // namespace

Result<std::map<std::string, Tensor>> readSafetensors(ByteView file) {
  ByteReader in(file);
  const auto headerBytes = in.number<uint64_t>();
  if (!in.ok() || headerBytes > in.remaining()) return invalid("is cut within its header");
  const ByteView text = in.raw(headerBytes);
  const json header = json::parse(text.begin(), text.end(), nullptr, false);
  if (!header.is_object()) return invalid("has no JSON object as its header");
  const ByteView data = in.raw(in.remaining());
  std::map<std::string, Tensor> tensors;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") continue;
    Tensor tensor;
    if (!readTensor(entry, data, tensor)) return invalid("describes " + name + " wrongly");
    if (!tensor.bytes.empty()) tensors.emplace(name, std::move(tensor));
  }
  return tensors;
}

Result<FloatModel> readBertModel(ByteView file, const ModelOptions& options) {
  const auto tensors = readSafetensors(file);
  if (!tensors.ok()) return tensors.status();
  const bool prefixed = tensors->contains("bert.embeddings.word_embeddings.weight");
  TensorReader in(tensors.value(), prefixed ? "bert." : "");
  TensorReader top(tensors.value(), "");
  FloatModel model;
  model.config = configOf(in, options);
  if (options.classifier) model.config.labels = top.size("classifier.weight", 0);
  const EncoderConfig& config = model.config;
  const Status status = checkConfig(config);
  if (!status.ok()) return status;
  model.word = in.floats("embeddings.word_embeddings.weight", {config.vocabulary, config.hidden});
  model.position =
      in.floats("embeddings.position_embeddings.weight", {config.positions, config.hidden});
  model.tokenType =
      in.floats("embeddings.token_type_embeddings.weight", {config.tokenTypes, config.hidden});
  model.embeddingNorm = in.norm("embeddings.LayerNorm", config.hidden);
  for (size_t i = 0; i < config.layers; ++i) {
    model.layers.push_back(readLayer(in, layerName(i), config));
  }
  if (options.classifier) model.head = readHead(in, top, config);
  const std::string& wrong = in.wrong().empty() ? top.wrong() : in.wrong();
  if (wrong.empty()) return model;
  return invalid("lacks " + wrong + ", or it has another shape or is not F32");
}

}  // namespace pagevec
