#include "encoder/convert/convert.h"

#include <array>

#include "base/crc32c.h"
#include "encoder/convert/float_pass.h"
#include "encoder/convert/quantize.h"
#include "encoder/model_header.h"

namespace pagevec {
namespace {

using LayerStatistics = std::array<InputStatistics, kLinearSites>;

/// A section under construction: arrays at multiples of kArrayAlignment.
class SectionWriter {
 public:
  template <class T>
  void array(const std::vector<T>& values) {
    out_.array(std::span<const T>(values));
    out_.raw(Bytes(alignUp(out_.size(), kArrayAlignment) - out_.size()));
  }
  void norm(const FloatNorm& norm) {
    array(norm.gain);
    array(norm.bias);
  }
  void table(const std::vector<float>& table, uint32_t hidden) {
    const QuantizedTable quantized = quantizeTable(table, hidden);
    array(quantized.values);
    array(quantized.scale);
  }
  void linear(const FloatLinear& linear, const InputStatistics& statistics) {
    const QuantizedLinear quantized = quantizeLinear(linear, statistics);
    Bytes panels(quantized.cells.size());
    for (size_t n = 0; n < linear.rows; ++n) {
      for (size_t k = 0; k < linear.columns; ++k) {
        panels[panelOffset(n, k, linear.columns)] = quantized.cells[n * linear.columns + k];
      }
    }
    array(panels);
    array(quantized.scale);
    array(quantized.zero);
    array(quantized.bias);
    array(quantized.upperBias);
    array(quantized.outliers);
  }
  Bytes take() { return out_.take(); }

 private:
  ByteWriter out_;
};

Bytes embeddingsSection(const FloatModel& model) {
  SectionWriter out;
  out.table(model.word, model.config.hidden);
  out.table(model.position, model.config.hidden);
  out.array(model.tokenType);
  out.norm(model.embeddingNorm);
  return out.take();
}

Bytes layerSection(const FloatLayer& layer, const LayerStatistics& statistics) {
  const auto at = [&](LinearSite site) -> const InputStatistics& {
    return statistics[static_cast<size_t>(site)];
  };
  SectionWriter out;
  out.linear(layer.qkv, at(LinearSite::Qkv));
  out.linear(layer.attentionOut, at(LinearSite::AttentionOut));
  out.norm(layer.attentionNorm);
  out.linear(layer.up, at(LinearSite::Up));
  out.linear(layer.down, at(LinearSite::Down));
  out.norm(layer.outputNorm);
  return out.take();
}

Bytes headSection(const FloatHead& head) {
  SectionWriter out;
  for (const FloatLinear* linear : {&head.pooler, &head.classifier}) {
    out.array(linear->weights);
    out.array(linear->bias);
  }
  return out.take();
}

Bytes bytesOf(std::string_view text) { return {text.begin(), text.end()}; }

/// Header and sections as one file.
Bytes assemble(const EncoderConfig& config,
               const std::vector<std::pair<ModelSection, Bytes>>& sections) {
  ModelHeader header{.config = config, .sections = {}};
  header.fileBytes = modelHeaderBytes(sections.size());
  ByteWriter body;
  for (const auto& [kind, bytes] : sections) {
    const size_t begin = body.size();
    body.raw(bytes);
    body.raw(Bytes(alignUp(body.size(), kSectionAlignment) - body.size()));
    const ByteView padded = body.view().subspan(begin);
    header.sections.push_back({kind, crc32c(padded), header.fileBytes, bytes.size()});
    header.fileBytes += padded.size();
  }
  Bytes file = encodeModelHeader(header);
  file.insert(file.end(), body.view().begin(), body.view().end());
  return file;
}

}  // namespace

Bytes convertModel(const FloatModel& model, const ModelTexts& texts,
                   const CalibrationTexts& calibration, CalibrationDepth depth) {
  std::vector<std::pair<ModelSection, Bytes>> sections;
  sections.emplace_back(ModelSection::Info, bytesOf(texts.info));
  sections.emplace_back(ModelSection::Vocabulary, bytesOf(texts.vocabulary));
  sections.emplace_back(ModelSection::Embeddings, embeddingsSection(model));
  FloatPass pass(model, calibration);
  for (const FloatLayer& layer : model.layers) {
    LayerStatistics statistics;
    pass.runLayer([&](size_t, LinearSite site, std::span<const float> inputs) {
      const bool wide = site == LinearSite::Down;
      statistics[static_cast<size_t>(site)].add(
          inputs, wide ? model.config.intermediate : model.config.hidden,
          depth == CalibrationDepth::Covariance);
    });
    sections.emplace_back(ModelSection::Layer, layerSection(layer, statistics));
  }
  if (model.config.labels != 0) {
    sections.emplace_back(ModelSection::Head, headSection(model.head));
  }
  return assemble(model.config, sections);
}

}  // namespace pagevec
