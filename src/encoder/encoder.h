#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "encoder/kernels.h"

namespace pagevec {

/// Token ids in, text vectors or logits out: a BERT-family model from a .pvm file. What a text
/// becomes is the same to the bit whatever texts it is encoded with.
class Encoder {
 public:
  /// Takes the file's bytes over and computes from them: no second copy of the weights is made.
  /// Corrupt or FormatTooNew as openModelFile says.
  static Result<std::unique_ptr<Encoder>> open(
      Bytes file, const EncoderKernels& kernels = activeEncoderKernels());

  const EncoderConfig& config() const { return model_.weights.config; }
  std::string_view info() const { return info_; }              ///< JSON: name, source, licence
  std::string_view vocabulary() const { return vocabulary_; }  ///< vocab.txt
  const char* kernelName() const { return kernelName_; }

  /// ids: the texts' ids one after another, special tokens included; lengths: how many are each
  /// text's, which add up to ids.size(). out: lengths.size() x config().outputs() floats: vectors, or
  /// logits where the model has a classification head. secondBegins: for pairs, where the second
  /// text of each begins (its token type is 1). InvalidArgument for an id outside the vocabulary, a
  /// text without tokens or with more than config().positions, a second text in a model of one token
  /// type, or an out of another size.
  Status encode(std::span<const int32_t> ids, std::span<const uint32_t> lengths,
                std::span<float> out, std::span<const uint32_t> secondBegins = {});

 private:
  Encoder() = default;

  Status check(const TokenBatch& texts, size_t out) const;
  void runPass(const TokenBatch& texts, float* out);

  Bytes file_;
  std::string_view info_;
  std::string_view vocabulary_;
  PreparedModel model_;
  std::unique_ptr<ForwardPass> pass_;
  const char* kernelName_ = "";
  std::vector<float> firstTokens_;  // of a pass, for the head
};

}  // namespace pagevec
