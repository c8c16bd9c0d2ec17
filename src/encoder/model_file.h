#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/status.h"
#include "encoder/weights.h"

namespace pagevec {

/// The .pvm file: one encoder in one file, with its vocabulary, licence and source. Every byte is
/// under a CRC-32C. docs/model-format.md describes it.

constexpr uint16_t kModelFormatVersion = 1;

/// A checked file. The views are into the bytes it was opened from.
struct ModelFile {
  EncoderWeights weights;
  std::string_view info;        ///< JSON: name, source, licence, ...
  std::string_view vocabulary;  ///< vocab.txt
};

/// Corrupt unless the bytes are exactly one model file: checksums, sizes, offsets, shapes and every
/// float are checked. FormatTooNew for a later version. The bytes must be aligned to 16; kernels
/// rearrange the weights in place, thus mutable.
Result<ModelFile> openModelFile(std::span<uint8_t> bytes);

/// The sections of a file, in their order: info, vocabulary, embeddings, one for each layer, and the
/// classification head if there is one. Their contents are arrays that each begin at a multiple of
/// 16, zeros between.
enum class ModelSection : uint32_t {
  Info = 1,
  Vocabulary = 2,
  Embeddings = 3,
  Layer = 4,
  Head = 5
};

constexpr size_t kSectionAlignment = 64;
constexpr size_t kArrayAlignment = 16;

constexpr size_t alignUp(size_t value, size_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

}  // namespace pagevec
