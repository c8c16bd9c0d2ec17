#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "encoder/convert/float_model.h"
#include "encoder/convert/reference.h"

namespace pagevec {

/// Many texts on their way through a model in f32, layer by layer: encodeReference made fast, with
/// the kernels' approximate functions. Every machine gives the same bits.
class FloatPass {
 public:
  /// texts: ids with their special tokens, each of at most config.positions. The model must outlive
  /// the pass.
  FloatPass(const FloatModel& model, std::span<const std::vector<int32_t>> texts);

  /// Takes all texts through the next layer. observe sees the inputs of its linear layers in parts.
  void runLayer(const LinearObserver& observe);

  /// The vector of a text, config.hidden floats, once all layers have run.
  void pool(size_t text, float* out) const;

 private:
  /// Texts that pass together: tokens and their places in x_.
  struct Chunk {
    size_t firstText;
    size_t texts;
    size_t firstToken;
    size_t tokens;
  };

  void embed(std::span<const int32_t> ids, float* out) const;
  void makeChunks();
  void runChunk(const FloatLayer& layer, const Chunk& chunk, const LinearObserver& observe);
  void attend(const Chunk& chunk);
  void attendHead(const float* qkv, size_t tokens, float* context);

  const FloatModel& model_;
  std::vector<size_t> lengths_;
  std::vector<size_t> firsts_;  // the first token of each text
  std::vector<Chunk> chunks_;
  size_t nextLayer_ = 0;
  std::vector<float> x_;  // all tokens x hidden
  std::vector<float> qkv_;
  std::vector<float> context_;
  std::vector<float> inner_;
  std::vector<float> scores_;
};

}  // namespace pagevec
