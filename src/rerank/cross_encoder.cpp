#include "rerank/cross_encoder.h"

#include <utility>

#include "text/bert_tokenizer.h"

namespace pagevec {
namespace {

constexpr uint32_t kPairSpecialTokens = 3;

}  // namespace

Result<std::unique_ptr<CrossEncoder>> CrossEncoder::make(std::unique_ptr<Encoder> encoder) {
  const EncoderConfig& config = encoder->config();
  if (config.labels == 0 || config.tokenTypes < 2 || config.maxTokens < kPairSpecialTokens) {
    return Status(StatusCode::InvalidArgument, "the model has " + std::to_string(config.labels) +
                                                   " labels, " + std::to_string(config.tokenTypes) +
                                                   " token types and takes " +
                                                   std::to_string(config.maxTokens) +
                                                   " tokens; a reranker needs at least 1, 2 and 3");
  }
  auto tokenizer = makeBertTokenizer(encoder->vocabulary(), {.lowercase = config.lowercase});
  if (!tokenizer.ok()) return tokenizer.status();
  return std::unique_ptr<CrossEncoder>(
      new CrossEncoder(std::move(encoder), std::move(tokenizer.value())));
}

Result<CrossEncoder::Scores> CrossEncoder::score(std::string_view query,
                                                 std::span<const std::string> documents) {
  Encoding first;
  Encoding second;
  PairEncoding pair;
  std::vector<int32_t> ids;
  std::vector<uint32_t> lengths;
  std::vector<uint32_t> secondBegins;
  Scores scores;
  tokenizer_->encode(query, 0, first);
  for (const std::string& document : documents) {
    tokenizer_->encode(document, 0, second);
    joinPair(first, second, config().maxTokens, pair);
    ids.insert(ids.end(), pair.ids.begin(), pair.ids.end());
    lengths.push_back(static_cast<uint32_t>(pair.ids.size()));
    secondBegins.push_back(pair.secondBegin);
    scores.truncated.push_back(pair.truncated ? 1 : 0);
  }
  scores.logits.resize(documents.size() * config().labels);
  const Status status = encoder_->encode(ids, lengths, scores.logits, secondBegins);
  if (!status.ok()) return status;
  return scores;
}

}  // namespace pagevec
