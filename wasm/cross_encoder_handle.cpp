#include "cross_encoder_handle.h"

#include "marshal.h"

namespace pagevec::wasm {

using emscripten::val;

js::OutcomeOfScores CrossEncoderHandle::score(js::PackedStrings packed) {
  const Result<std::vector<std::string>> texts = marshal::plainStringsFrom(packed);
  if (!texts.ok()) return js::OutcomeOfScores(marshal::failure(texts.status()));
  const std::span<const std::string> all = texts.value();
  if (all.empty()) {
    return js::OutcomeOfScores(marshal::failure(
        {StatusCode::InvalidArgument, "there is no query; it comes before the documents"}));
  }
  const Result<CrossEncoder::Scores> scores = model_->score(all.front(), all.subspan(1));
  if (!scores.ok()) return js::OutcomeOfScores(marshal::failure(scores.status()));
  val columns = val::object();
  columns.set("logits", marshal::arrayOf<float>(scores->logits));
  columns.set("truncated", marshal::arrayOf<uint8_t>(scores->truncated));
  return js::OutcomeOfScores(marshal::success(std::move(columns)));
}

js::OutcomeOfCrossEncoder createCrossEncoder(js::Uint8Array file) {
  Result<std::unique_ptr<Encoder>> encoder = Encoder::open(marshal::bytesFrom(file));
  if (!encoder.ok()) return js::OutcomeOfCrossEncoder(marshal::failure(encoder.status()));
  auto model = CrossEncoder::make(std::move(encoder.value()));
  if (!model.ok()) return js::OutcomeOfCrossEncoder(marshal::failure(model.status()));
  val handle(std::make_unique<CrossEncoderHandle>(std::move(model.value())));
  return js::OutcomeOfCrossEncoder(marshal::success(std::move(handle)));
}

}  // namespace pagevec::wasm
