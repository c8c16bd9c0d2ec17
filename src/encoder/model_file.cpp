#include "encoder/model_file.h"

#include <cmath>
#include <string>

#include "base/crc32c.h"
#include "encoder/model_header.h"

namespace pagevec {
namespace {

constexpr uint32_t kFixedSections = 3;

Status corrupt(const std::string& what) {
  return {StatusCode::Corrupt, "the model file is damaged: " + what + "; download it again"};
}

/// Takes arrays out of a section one after another. What is wrong with one makes ok() false.
class SectionCursor {
 public:
  explicit SectionCursor(std::span<uint8_t> bytes) : bytes_(bytes) {}

  template <class T>
  T* array(size_t count) {
    const size_t bytes = count * sizeof(T);
    if (!ok_ || bytes > bytes_.size() - offset_) {
      ok_ = false;
      return nullptr;
    }
    T* values = reinterpret_cast<T*>(bytes_.data() + offset_);
    offset_ = std::min(alignUp(offset_ + bytes, kArrayAlignment), bytes_.size());
    return values;
  }
  const float* floats(size_t count) {
    const float* values = array<float>(count);
    for (size_t i = 0; ok_ && i < count; ++i) ok_ = std::isfinite(values[i]);
    return values;
  }
  EmbeddingTable table(uint32_t rows, uint32_t hidden) {
    const int8_t* values = array<int8_t>(size_t{rows} * hidden);
    return {rows, values, floats(rows)};
  }
  LayerNormWeights norm(uint32_t hidden) {
    const float* gain = floats(hidden);
    return {gain, floats(hidden)};
  }
  LinearWeights linear(uint32_t rows, uint32_t columns) {
    LinearWeights linear{.rows = rows, .columns = columns};
    linear.panels = array<uint8_t>(size_t{rows} * columns);
    linear.scale = floats(rows);
    linear.zero = floats(rows);
    linear.bias = floats(rows);
    linear.upperBias = floats(rows);
    linear.outliers = array<uint32_t>(kMaxOutliers);
    for (uint32_t i = 0; ok_ && i < kMaxOutliers; ++i) {
      ok_ = linear.outliers[i] < columns || linear.outliers[i] == kNoChannel;
    }
    return linear;
  }

  /// Whether all arrays were sound and nothing is left.
  bool finished() const { return ok_ && offset_ == bytes_.size(); }

 private:
  std::span<uint8_t> bytes_;
  size_t offset_ = 0;
  bool ok_ = true;
};

bool readEmbeddings(SectionCursor in, EncoderWeights& weights) {
  const EncoderConfig& config = weights.config;
  weights.word = in.table(config.vocabulary, config.hidden);
  weights.position = in.table(config.positions, config.hidden);
  weights.tokenType = in.floats(size_t{config.tokenTypes} * config.hidden);
  weights.embeddingNorm = in.norm(config.hidden);
  return in.finished();
}

bool readLayer(SectionCursor in, EncoderWeights& weights) {
  const uint32_t hidden = weights.config.hidden;
  const uint32_t intermediate = weights.config.intermediate;
  LayerWeights& layer = weights.layers.emplace_back();
  layer.qkv = in.linear(3 * hidden, hidden);
  layer.attentionOut = in.linear(hidden, hidden);
  layer.attentionNorm = in.norm(hidden);
  layer.up = in.linear(intermediate, hidden);
  layer.down = in.linear(hidden, intermediate);
  layer.outputNorm = in.norm(hidden);
  return in.finished();
}

bool readHead(SectionCursor in, EncoderWeights& weights) {
  const uint32_t hidden = weights.config.hidden;
  const uint32_t labels = weights.config.labels;
  HeadWeights& head = weights.head;
  head.pooler = in.floats(size_t{hidden} * hidden);
  head.poolerBias = in.floats(hidden);
  head.classifier = in.floats(size_t{labels} * hidden);
  head.classifierBias = in.floats(labels);
  return in.finished();
}

bool readSection(ModelSection kind, std::span<uint8_t> bytes, ModelFile& file) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  switch (kind) {
    case ModelSection::Info: file.info = text; return true;
    case ModelSection::Vocabulary: file.vocabulary = text; return true;
    case ModelSection::Embeddings: return readEmbeddings(SectionCursor(bytes), file.weights);
    case ModelSection::Layer: return readLayer(SectionCursor(bytes), file.weights);
    case ModelSection::Head: return readHead(SectionCursor(bytes), file.weights);
  }
  return false;
}

ModelSection kindAt(size_t index, const EncoderConfig& config) {
  constexpr ModelSection kFixed[] = {ModelSection::Info, ModelSection::Vocabulary,
                                     ModelSection::Embeddings};
  if (index < kFixedSections) return kFixed[index];
  return index < kFixedSections + config.layers ? ModelSection::Layer : ModelSection::Head;
}

}  // namespace

Result<ModelFile> openModelFile(std::span<uint8_t> bytes) {
  Result<ModelHeader> header = decodeModelHeader(bytes);
  if (!header.ok()) return header.status();
  const EncoderConfig& config = header->config;
  const Status status = checkConfig(config);
  if (!status.ok()) return corrupt(status.message());
  const size_t heads = config.labels != 0 ? 1 : 0;
  if (header->sections.size() != kFixedSections + config.layers + heads) {
    return corrupt("it has another number of sections than its shape needs");
  }
  ModelFile file;
  file.weights.config = config;
  for (size_t i = 0; i < header->sections.size(); ++i) {
    const SectionEntry& section = header->sections[i];
    const auto padded = bytes.subspan(section.offset, alignUp(section.bytes, kSectionAlignment));
    if (section.kind != kindAt(i, config) || crc32c(padded) != section.checksum) {
      return corrupt("the checksum of section " + std::to_string(i));
    }
    if (!readSection(section.kind, padded.first(section.bytes), file)) {
      return corrupt("section " + std::to_string(i) + " does not hold what its shape needs");
    }
  }
  return file;
}

}  // namespace pagevec
