#include <emscripten/bind.h>

#include <algorithm>
#include <memory>
#include <string>

#include "encoder/convert/bert_model.h"
#include "encoder/convert/convert.h"
#include "encoder/convert/vocabulary_texts.h"
#include "marshal.h"
#include "text/bert_tokenizer.h"

// The converter's binding: one function, used by models/convert and by pages.
namespace pagevec::wasm {
namespace {

using emscripten::val;

std::string_view textOf(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

ModelOptions optionsFrom(const val& options) {
  return {.heads = options["heads"].as<uint32_t>(),
          .maxTokens = options["maxTokens"].as<uint32_t>(),
          .pooling = options["pooling"].as<std::string>() == "cls" ? Pooling::Cls : Pooling::Mean,
          .normalize = options["normalize"].as<bool>(),
          .lowercase = options["lowercase"].as<bool>(),
          .layerNormEpsilon = options["layerNormEpsilon"].as<float>(),
          .classifier = options["classifier"].as<bool>()};
}

/// convert(weights, vocabulary, info, options, texts): Outcome<Uint8Array>. weights: a safetensors
/// or an ONNX file in F32. texts: PackedStrings for calibration; without any, the vocabulary's own
/// words show what can be had in a second or two (CalibrationDepth::Means).
val convert(val weights, val vocabularyBytes, std::string info, val optionsValue, val texts) {
  const ModelOptions options = optionsFrom(optionsValue);
  const Bytes vocabulary = marshal::bytesFrom(vocabularyBytes);
  const auto tokenizer = makeBertTokenizer(textOf(vocabulary), {.lowercase = options.lowercase});
  if (!tokenizer.ok()) return marshal::failure(tokenizer.status());
  const Result<FloatModel> model = readBertModel(marshal::bytesFrom(weights), options);
  if (!model.ok()) return marshal::failure(model.status());
  Result<std::vector<std::string>> strings = marshal::plainStringsFrom(texts);
  if (!strings.ok()) return marshal::failure(strings.status());
  const bool given = !strings->empty();
  if (!given) strings = vocabularyTexts(textOf(vocabulary));
  CalibrationTexts calibration;
  for (const std::string& text : strings.value()) {
    Encoding encoding;
    tokenizer.value()->encode(text, options.maxTokens, encoding);
    const int32_t largest = *std::max_element(encoding.ids.begin(), encoding.ids.end());
    if (static_cast<uint32_t>(largest) >= model->config.vocabulary) {
      return marshal::failure({StatusCode::InvalidArgument,
                               "the vocabulary has the token " + std::to_string(largest) +
                                   ", the model only " + std::to_string(model->config.vocabulary) +
                                   "; are they of one model?"});
    }
    calibration.push_back(std::move(encoding.ids));
  }
  const Bytes file = convertModel(model.value(), {info, textOf(vocabulary)}, calibration,
                                  given ? CalibrationDepth::Covariance : CalibrationDepth::Means);
  return marshal::success(marshal::arrayOf<uint8_t>(file));
}

}  // namespace
}  // namespace pagevec::wasm

EMSCRIPTEN_BINDINGS(pagevec_converter) { emscripten::function("convert", &pagevec::wasm::convert); }
