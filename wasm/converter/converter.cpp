#include <emscripten/bind.h>

#include <memory>

#include "encoder/convert/convert.h"
#include "encoder/convert/safetensors.h"
#include "marshal.h"
#include "text/bert_tokenizer.h"

// The converter's binding: one function, used by models/convert.
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

/// convert(safetensors, vocabulary, info, options, texts): Outcome<Uint8Array>. texts: PackedStrings
/// for calibration.
val convert(val safetensors, val vocabularyBytes, std::string info, val optionsValue, val texts) {
  const ModelOptions options = optionsFrom(optionsValue);
  const Bytes vocabulary = marshal::bytesFrom(vocabularyBytes);
  const auto tokenizer = makeBertTokenizer(textOf(vocabulary), {.lowercase = options.lowercase});
  if (!tokenizer.ok()) return marshal::failure(tokenizer.status());
  const Result<FloatModel> model = readBertModel(marshal::bytesFrom(safetensors), options);
  if (!model.ok()) return marshal::failure(model.status());
  const Result<std::vector<std::string>> strings = marshal::plainStringsFrom(texts);
  if (!strings.ok()) return marshal::failure(strings.status());
  CalibrationTexts calibration;
  for (const std::string& text : strings.value()) {
    Encoding encoding;
    tokenizer.value()->encode(text, options.maxTokens, encoding);
    calibration.push_back(std::move(encoding.ids));
  }
  const Bytes file = convertModel(model.value(), {info, textOf(vocabulary)}, calibration);
  return marshal::success(marshal::arrayOf<uint8_t>(file));
}

}  // namespace
}  // namespace pagevec::wasm

EMSCRIPTEN_BINDINGS(pagevec_converter) { emscripten::function("convert", &pagevec::wasm::convert); }
