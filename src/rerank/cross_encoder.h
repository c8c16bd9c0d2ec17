#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "encoder/encoder.h"
#include "text/pair.h"

namespace pagevec {

/// Says how well documents answer a query: a BERT-family model with a classification head reads
/// each document together with the query (Nogueira and Cho 2019).
class CrossEncoder {
 public:
  /// InvalidArgument for a model without a head or with one token type, and for a vocabulary that
  /// makeBertTokenizer refuses.
  static Result<std::unique_ptr<CrossEncoder>> make(std::unique_ptr<Encoder> encoder);

  const EncoderConfig& config() const { return encoder_->config(); }

  /// What documents of one query get: config().labels logits each, as the model gives them, and 1
  /// where query and document together were longer than config().maxTokens and were cut.
  struct Scores {
    std::vector<float> logits;
    std::vector<uint8_t> truncated;
  };
  Result<Scores> score(std::string_view query, std::span<const std::string> documents);

 private:
  CrossEncoder(std::unique_ptr<Encoder> encoder, std::unique_ptr<Tokenizer> tokenizer)
      : encoder_(std::move(encoder)), tokenizer_(std::move(tokenizer)) {}

  std::unique_ptr<Encoder> encoder_;
  std::unique_ptr<Tokenizer> tokenizer_;
};

}  // namespace pagevec
