#include "encoder/convert/bert_model.h"

#include <algorithm>
#include <cmath>

#include "encoder/convert/onnx_weights.h"
#include "encoder/convert/safetensors.h"

namespace pagevec {
namespace {

/// The values row by row.
std::vector<float> valuesOf(const Tensor& tensor) {
  ByteReader in(tensor.bytes);
  std::vector<float> values = in.array<float>(tensor.bytes.size() / sizeof(float));
  if (!tensor.transposed) return values;
  const size_t rows = tensor.shape[0];
  const size_t columns = tensor.shape[1];
  std::vector<float> turned(values.size());
  for (size_t k = 0; k < columns; ++k) {
    for (size_t n = 0; n < rows; ++n) turned[n * columns + k] = values[k * rows + n];
  }
  return turned;
}

/// Copies tensors out by name; remembers the first that is not as it should be.
class TensorReader {
 public:
  TensorReader(const TensorMap& tensors, std::string prefix)
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
    std::vector<float> values = valuesOf(found->second);
    const bool finite =
        std::all_of(values.begin(), values.end(), [](float x) { return std::isfinite(x); });
    if (!finite && wrong_.empty()) wrong_ = prefix_ + name;
    return values;
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
  const TensorMap& tensors_;
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

Result<FloatModel> readBertModel(ByteView file, const ModelOptions& options) {
  const Result<TensorMap> tensors =
      looksLikeOnnx(file) ? readOnnxWeights(file) : readSafetensors(file);
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
  return Status(StatusCode::InvalidArgument, "the file of weights lacks " + wrong +
                                                 ", or it has another shape, or is not finite F32");
}

}  // namespace pagevec
