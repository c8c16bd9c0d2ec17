#include "encoder/encoder.h"

#include <algorithm>
#include <utility>

#include "encoder/head.h"
#include "encoder/model_file.h"

namespace pagevec {
namespace {

/// Texts pass together up to so many tokens: beyond, tiles are full anyway and memory would grow.
constexpr size_t kPassTokens = 256;

Status invalid(std::string message) { return {StatusCode::InvalidArgument, std::move(message)}; }

}  // namespace

Result<std::unique_ptr<Encoder>> Encoder::open(Bytes bytes, const EncoderKernels& kernels) {
  std::unique_ptr<Encoder> encoder(new Encoder());
  encoder->file_ = std::move(bytes);
  Result<ModelFile> file = openModelFile(encoder->file_);
  if (!file.ok()) return file.status();
  encoder->info_ = file->info;
  encoder->vocabulary_ = file->vocabulary;
  encoder->model_ = prepareModel(std::move(file->weights), kernels.scheme);
  encoder->pass_ = kernels.make(encoder->model_);
  encoder->kernelName_ = kernels.name;
  return encoder;
}

Status Encoder::check(const TokenBatch& texts, size_t out) const {
  const auto& [ids, lengths, secondBegins] = texts;
  size_t total = 0;
  for (size_t i = 0; i < lengths.size(); ++i) {
    if (lengths[i] == 0 || lengths[i] > config().positions) {
      return invalid("text " + std::to_string(i) + " has " + std::to_string(lengths[i]) +
                     " tokens; the model takes 1 to " + std::to_string(config().positions));
    }
    total += lengths[i];
  }
  if (total != ids.size() || lengths.size() * config().outputs() != out) {
    return invalid("ids, lengths and the output do not belong together: " +
                   std::to_string(ids.size()) + " ids for lengths that add up to " +
                   std::to_string(total) + ", room for " + std::to_string(out) + " floats");
  }
  const bool pairs = !secondBegins.empty();
  if (pairs && (config().tokenTypes < 2 || secondBegins.size() != lengths.size())) {
    return invalid(std::to_string(secondBegins.size()) + " second texts for " +
                   std::to_string(lengths.size()) + " texts in a model of " +
                   std::to_string(config().tokenTypes) + " token types");
  }
  for (const int32_t id : ids) {
    if (id < 0 || static_cast<uint32_t>(id) >= config().vocabulary) {
      return invalid("token id " + std::to_string(id) + " is not in the vocabulary of " +
                     std::to_string(config().vocabulary));
    }
  }
  return {};
}

void Encoder::runPass(const TokenBatch& texts, float* out) {
  if (config().labels == 0) return pass_->run(texts, out);
  const size_t hidden = config().hidden;
  const size_t count = texts.lengths.size();
  firstTokens_.resize((count + 1) * hidden);
  pass_->run(texts, firstTokens_.data());
  for (size_t i = 0; i < count; ++i) {
    classify(model_.weights.head, config(), firstTokens_.data() + i * hidden,
             firstTokens_.data() + count * hidden, out + i * config().labels);
  }
}

Status Encoder::encode(std::span<const int32_t> ids, std::span<const uint32_t> lengths,
                       std::span<float> out, std::span<const uint32_t> secondBegins) {
  const Status status = check({ids, lengths, secondBegins}, out.size());
  if (!status.ok()) return status;
  while (!lengths.empty()) {
    size_t texts = 0;
    size_t tokens = 0;
    do {
      tokens += lengths[texts++];
    } while (texts < lengths.size() && tokens + lengths[texts] <= kPassTokens);
    const size_t pairs = std::min(texts, secondBegins.size());
    runPass({ids.first(tokens), lengths.first(texts), secondBegins.first(pairs)}, out.data());
    ids = ids.subspan(tokens);
    lengths = lengths.subspan(texts);
    secondBegins = secondBegins.subspan(pairs);
    out = out.subspan(texts * config().outputs());
  }
  return {};
}

}  // namespace pagevec
