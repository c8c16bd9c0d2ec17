#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/crc32c.h"
#include "encoder/convert/bert_model.h"
#include "encoder/convert/quantize.h"
#include "encoder/convert/reference.h"
#include "encoder/convert/safetensors.h"
#include "encoder/convert/vocabulary_texts.h"
#include "encoder_models.h"
#include "text/bert_tokenizer.h"

namespace pagevec {
namespace {

class SafetensorsWriter {
 public:
  void add(const std::string& name, std::vector<uint64_t> shape, const std::vector<float>& values) {
    const size_t begin = data_.size();
    data_.array(std::span<const float>(values));
    header_[name] = {{"dtype", "F32"}, {"shape", shape}, {"data_offsets", {begin, data_.size()}}};
  }
  void addNorm(const std::string& name, const FloatNorm& norm) {
    add(name + ".weight", {norm.gain.size()}, norm.gain);
    add(name + ".bias", {norm.bias.size()}, norm.bias);
  }
  void addLinear(const std::string& name, const FloatLinear& linear, size_t part = 0,
                 size_t parts = 1) {
    const size_t rows = linear.rows / parts;
    const auto slice = [&](const std::vector<float>& values, size_t width) {
      const auto begin = values.begin() + static_cast<ptrdiff_t>(part * rows * width);
      return std::vector<float>(begin, begin + static_cast<ptrdiff_t>(rows * width));
    };
    add(name + ".weight", {rows, linear.columns}, slice(linear.weights, linear.columns));
    add(name + ".bias", {rows}, slice(linear.bias, 1));
  }
  nlohmann::json& header() { return header_; }
  Bytes bytes() const {
    const std::string text = header_.dump();
    ByteWriter out;
    out.number(uint64_t{text.size()});
    out.raw({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
    out.raw(data_.view());
    return out.take();
  }

 private:
  nlohmann::json header_ = nlohmann::json::object();
  ByteWriter data_;
};

SafetensorsWriter writeModel(const FloatModel& model) {
  const EncoderConfig& config = model.config;
  SafetensorsWriter out;
  out.add("embeddings.word_embeddings.weight", {config.vocabulary, config.hidden}, model.word);
  out.add("embeddings.position_embeddings.weight", {config.positions, config.hidden},
          model.position);
  out.add("embeddings.token_type_embeddings.weight", {config.tokenTypes, config.hidden},
          model.tokenType);
  out.addNorm("embeddings.LayerNorm", model.embeddingNorm);
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const std::string name = "encoder.layer." + std::to_string(i) + ".";
    const FloatLayer& layer = model.layers[i];
    out.addLinear(name + "attention.self.query", layer.qkv, 0, 3);
    out.addLinear(name + "attention.self.key", layer.qkv, 1, 3);
    out.addLinear(name + "attention.self.value", layer.qkv, 2, 3);
    out.addLinear(name + "attention.output.dense", layer.attentionOut);
    out.addNorm(name + "attention.output.LayerNorm", layer.attentionNorm);
    out.addLinear(name + "intermediate.dense", layer.up);
    out.addLinear(name + "output.dense", layer.down);
    out.addNorm(name + "output.LayerNorm", layer.outputNorm);
  }
  return out;
}

const ModelOptions kOptions = {.heads = 2, .maxTokens = 40};

TEST(EncoderConvertTest, ReadsAModelFromSafetensors) {
  const FloatModel model = ModelMaker(1).model(smallConfig());
  const Result<FloatModel> read = readBertModel(writeModel(model).bytes(), kOptions);
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(read->config, model.config);
  EXPECT_EQ(read->word, model.word);
  EXPECT_EQ(read->layers[1].qkv.weights, model.layers[1].qkv.weights);
  EXPECT_EQ(read->layers[0].down.bias, model.layers[0].down.bias);
}

TEST(EncoderConvertTest, NamesTheTensorThatIsWrong) {
  const FloatModel model = ModelMaker(2).model(smallConfig());
  const std::string name = "encoder.layer.1.output.LayerNorm.bias";
  for (const char* change : {"gone", "type"}) {
    SafetensorsWriter writer = writeModel(model);
    if (change == std::string("gone")) {
      writer.header().erase(name);
    } else {
      writer.header()[name]["dtype"] = "F16";
    }
    const Status status = readBertModel(writer.bytes(), kOptions).status();
    EXPECT_EQ(status.code(), StatusCode::InvalidArgument);
    EXPECT_NE(status.message().find(name), std::string::npos) << status.message();
  }
}

TEST(EncoderConvertTest, RefusesHeadersThatLie) {
  const FloatModel model = ModelMaker(3).model(smallConfig());
  const auto refused = [&](const char* key, nlohmann::json value) {
    SafetensorsWriter writer = writeModel(model);
    writer.header()["embeddings.LayerNorm.bias"][key] = std::move(value);
    return readSafetensors(writer.bytes()).status().code() == StatusCode::InvalidArgument;
  };
  EXPECT_TRUE(refused("data_offsets", {0, 1u << 30}));
  EXPECT_TRUE(refused("data_offsets", {64, 0}));
  EXPECT_TRUE(refused("data_offsets", "all"));
  EXPECT_TRUE(refused("shape", {1ull << 62, 1ull << 62}));
  EXPECT_TRUE(refused("shape", {-1}));
  EXPECT_TRUE(refused("dtype", 7));
  const Bytes file = writeModel(model).bytes();
  for (const size_t size : {size_t{0}, size_t{7}, size_t{100}, file.size() - 1}) {
    EXPECT_FALSE(readSafetensors(ByteView(file).first(size)).ok()) << size;
  }
}

TEST(EncoderConvertTest, PlainRoundingTakesTheNearestCell) {
  const FloatLinear linear = ModelMaker(4).linear(16, 64);
  const QuantizedLinear quantized = quantizeLinear(linear, {});
  size_t outside = 0;
  for (size_t i = 0; i < linear.weights.size(); ++i) {
    const size_t n = i / 64;
    const float value =
        quantized.scale[n] * (static_cast<float>(quantized.cells[i]) + 0.5f - quantized.zero[n]);
    // Only the few weights beyond a row's chosen range are further off than half a cell.
    if (std::abs(value - linear.weights[i]) > quantized.scale[n] * 0.51f) ++outside;
  }
  EXPECT_LE(outside, linear.weights.size() / 50);
}

/// Mean squared error of W x + b over the inputs, by the cells' value with so many bits.
double outputError(const FloatLinear& linear, const QuantizedLinear& quantized,
                   const std::vector<float>& inputs, bool sevenBits) {
  double error = 0;
  const std::vector<float>& bias = sevenBits ? quantized.upperBias : quantized.bias;
  for (size_t begin = 0; begin < inputs.size(); begin += linear.columns) {
    for (size_t n = 0; n < linear.rows; ++n) {
      double difference = double{bias[n]} - double{linear.bias[n]};
      for (size_t k = 0; k < linear.columns; ++k) {
        const size_t i = n * linear.columns + k;
        const float q = quantized.cells[i];
        const auto& outliers = quantized.outliers;
        const bool outlier = std::find(outliers.begin(), outliers.end(), k) != outliers.end();
        const float middle = sevenBits && !outlier ? 2 * std::floor(q / 2) + 1 : q + 0.5f;
        const float value = quantized.scale[n] * (middle - quantized.zero[n]);
        difference += double{value - linear.weights[i]} * double{inputs[begin + k]};
      }
      error += difference * difference;
    }
  }
  return error;
}

/// Inputs of 64 channels that vary together (mixtures of eight directions) about a mean.
std::vector<float> correlatedInputs(ModelMaker& maker, float meanSize) {
  const std::vector<float> directions = maker.values(8 * 64, 1);
  const std::vector<float> mean = maker.values(64, meanSize);
  std::vector<float> inputs;
  for (size_t i = 0; i < 400; ++i) {
    const std::vector<float> share = maker.values(8, 1);
    std::vector<float> row = maker.values(64, 0.1f);
    for (size_t k = 0; k < 64; ++k) {
      row[k] += mean[k];
      for (size_t j = 0; j < 8; ++j) row[k] += share[j] * directions[j * 64 + k];
    }
    inputs.insert(inputs.end(), row.begin(), row.end());
  }
  return inputs;
}

TEST(EncoderConvertTest, CalibrationLowersTheErrorOfBothSchemes) {
  ModelMaker maker(5);
  const FloatLinear linear = maker.linear(24, 64);
  const std::vector<float> inputs = correlatedInputs(maker, 0);
  InputStatistics statistics;
  statistics.add(inputs, 64, true);
  const QuantizedLinear calibrated = quantizeLinear(linear, statistics);
  const QuantizedLinear plain = quantizeLinear(linear, {});
  for (const bool sevenBits : {false, true}) {
    EXPECT_LT(outputError(linear, calibrated, inputs, sevenBits),
              0.5 * outputError(linear, plain, inputs, sevenBits));
  }
}

TEST(EncoderConvertTest, BiasesMakeUpForTheMean) {
  ModelMaker maker(6);
  const FloatLinear linear = maker.linear(24, 64);
  const std::vector<float> inputs = correlatedInputs(maker, 10);
  InputStatistics statistics;
  statistics.add(inputs, 64, false);
  const QuantizedLinear calibrated = quantizeLinear(linear, statistics);
  const QuantizedLinear plain = quantizeLinear(linear, {});
  EXPECT_EQ(calibrated.cells, plain.cells);
  for (const bool sevenBits : {false, true}) {
    EXPECT_LT(outputError(linear, calibrated, inputs, sevenBits),
              0.3 * outputError(linear, plain, inputs, sevenBits));
  }
}

TEST(EncoderConvertTest, OutliersAreTheChannelsThatWidenMostTokens) {
  std::vector<float> inputs(100 * 64, 0.5f);
  for (size_t m = 0; m < 100; ++m) {
    for (const size_t k : {3, 17, 40, 63}) inputs[m * 64 + k] = -8;
  }
  inputs[5 * 64 + 20] = 30;  // once
  InputStatistics statistics;
  statistics.add(inputs, 64, false);
  std::vector<uint32_t> outliers = findOutliers(statistics);
  std::sort(outliers.begin(), outliers.end());
  EXPECT_EQ(outliers, (std::vector<uint32_t>{3, 17, 40, 63}));
}

TEST(EncoderConvertTest, VocabularyTextsAreWordsAndAlwaysTheSame) {
  std::string vocabulary = "[PAD]\n[CLS]\n##ing\n";
  for (int i = 0; i < 100; ++i) vocabulary += "word" + std::to_string(i) + "\n";
  const std::vector<std::string> texts = vocabularyTexts(vocabulary);
  EXPECT_EQ(texts, vocabularyTexts(vocabulary));
  EXPECT_GT(texts.size(), 20u);
  for (const std::string& text : texts) {
    EXPECT_EQ(text.find_first_of("[#"), std::string::npos) << text;
  }
  EXPECT_TRUE(vocabularyTexts("[CLS]\n").empty());
}

#ifndef __wasm_relaxed_simd__
/// Values without any function of the standard library's, which differ between machines.
FloatModel portableModel(const EncoderConfig& config) {
  FloatModel model = ModelMaker(1).model(config);
  uint32_t state = 1;
  const auto refill = [&](std::vector<float>& values, float size) {
    for (float& value : values) {
      state = state * 1664525 + 1013904223;
      value = size * (static_cast<float>(state >> 8) / 8388608.0f - 1);
    }
  };
  for (auto* table : {&model.word, &model.position, &model.tokenType}) refill(*table, 1);
  refill(model.embeddingNorm.gain, 1);
  refill(model.embeddingNorm.bias, 0.1f);
  for (FloatLayer& layer : model.layers) {
    for (auto* linear : {&layer.qkv, &layer.attentionOut, &layer.up, &layer.down}) {
      refill(linear->weights, 0.2f);
      refill(linear->bias, 0.1f);
    }
    for (auto* norm : {&layer.attentionNorm, &layer.outputNorm}) {
      refill(norm->gain, 1);
      refill(norm->bias, 0.1f);
    }
  }
  return model;
}

TEST(EncoderConvertTest, EveryMachineMakesTheSameFile) {
  CalibrationTexts texts;
  for (int32_t length = 1; length <= 40; ++length) {
    for (int32_t& id : texts.emplace_back(static_cast<size_t>(length))) id = (length * 7) % 50;
  }
  const Bytes file = convertModel(portableModel(smallConfig()), {"{}", "[UNK]"}, texts);
  EXPECT_EQ(crc32c(file), 400521202u);
}
#endif

Bytes readAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

struct ModelPaths {
  std::string weights;
  std::string vocabulary;
};

/// PAGEVEC_SAFETENSORS and PAGEVEC_VOCAB name the files of all-MiniLM-L6-v2; tools/test sets them
/// where the test is not too slow.
std::vector<ModelPaths> givenModels() {
  const char* weights = std::getenv("PAGEVEC_SAFETENSORS");
  const char* vocabulary = std::getenv("PAGEVEC_VOCAB");
  if (!weights || !vocabulary) return {};
  return {{weights, vocabulary}};
}

class EncoderReferenceTest : public testing::TestWithParam<ModelPaths> {};

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(EncoderReferenceTest);

INSTANTIATE_TEST_SUITE_P(, EncoderReferenceTest, testing::ValuesIn(givenModels()),
                         [](const auto&) { return "allMiniLM"; });

TEST_P(EncoderReferenceTest, GivesTheModelsVectors) {
  const char* given = std::getenv("PAGEVEC_FIXTURES");
  const std::string folder = given ? given : PAGEVEC_FIXTURES_DEFAULT;
  const Bytes json = readAll(folder + "/embeddings/all-minilm-l6-v2.json");
  const Bytes expected = readAll(folder + "/embeddings/all-minilm-l6-v2.f32");
  const Bytes vocabulary = readAll(GetParam().vocabulary);
  const Result<FloatModel> model =
      readBertModel(readAll(GetParam().weights), {.heads = 12, .maxTokens = 256});
  ASSERT_TRUE(model.ok()) << model.status().message();
  const auto tokenizer =
      makeBertTokenizer({reinterpret_cast<const char*>(vocabulary.data()), vocabulary.size()}, {});
  const auto texts = nlohmann::json::parse(json.begin(), json.end())["texts"];
  std::vector<float> vector(384), reference(384);
  for (size_t i = 0; i < texts.size(); i += 16) {
    Encoding encoding;
    tokenizer.value()->encode(texts[i].get<std::string>(), 256, encoding);
    encodeReference(model.value(), encoding.ids, vector.data());
    std::memcpy(reference.data(), expected.data() + i * 384 * 4, 384 * 4);
    EXPECT_GT(cosineOf(vector, reference), 0.999999) << texts[i];
  }
}

}  // namespace
}  // namespace pagevec
