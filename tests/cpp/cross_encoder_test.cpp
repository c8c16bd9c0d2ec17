#include "rerank/cross_encoder.h"

#include <gtest/gtest.h>

#include "encoder/convert/reference.h"
#include "encoder/model_file.h"
#include "encoder_models.h"

namespace pagevec {
namespace {

constexpr const char* kVocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\nb\nc\nd\n";

EncoderConfig configOf(uint32_t maxTokens) {
  EncoderConfig config = crossEncoderConfig();
  config.vocabulary = 8;
  config.maxTokens = maxTokens;
  config.labels = 1;
  return config;
}

Bytes fileOf(const EncoderConfig& config) {
  return convertModel(ModelMaker(1).model(config), {"{}", kVocabulary}, {});
}

std::unique_ptr<CrossEncoder> openCrossEncoder(const EncoderConfig& config) {
  auto encoder = Encoder::open(fileOf(config));
  EXPECT_TRUE(encoder.ok()) << encoder.status().message();
  auto model = CrossEncoder::make(std::move(encoder.value()));
  EXPECT_TRUE(model.ok()) << model.status().message();
  return std::move(model.value());
}

float referenceOf(const EncoderConfig& config, std::vector<int32_t> ids, size_t secondBegin) {
  Bytes file = fileOf(config);
  float logit;
  encodeReference(floatModelOf(openModelFile(file)->weights), ids, &logit, {}, secondBegin);
  return logit;
}

TEST(CrossEncoderTest, ReadsQueryAndDocumentTogether) {
  const EncoderConfig config = configOf(40);
  const auto model = openCrossEncoder(config);
  const std::vector<std::string> documents = {"c D", "", "b zebra"};
  const auto scores = model->score("a b", documents);
  ASSERT_TRUE(scores.ok()) << scores.status().message();
  EXPECT_EQ(scores->truncated, (std::vector<uint8_t>{0, 0, 0}));
  ASSERT_EQ(scores->logits.size(), 3u);
  EXPECT_NEAR(scores->logits[0], referenceOf(config, {2, 4, 5, 3, 6, 7, 3}, 4), 0.05f);
  EXPECT_NEAR(scores->logits[1], referenceOf(config, {2, 4, 5, 3, 3}, 4), 0.05f);
  EXPECT_NEAR(scores->logits[2], referenceOf(config, {2, 4, 5, 3, 5, 1, 3}, 4), 0.05f);
  for (size_t i = 0; i < documents.size(); ++i) {
    EXPECT_EQ(model->score("a b", std::span(documents).subspan(i, 1))->logits[0],
              scores->logits[i]);
  }
}

TEST(CrossEncoderTest, SaysWhatWasCut) {
  const EncoderConfig config = configOf(7);
  const auto model = openCrossEncoder(config);
  const auto scores = model->score("a b", std::vector<std::string>{"c d", "c d a b"});
  ASSERT_TRUE(scores.ok());
  EXPECT_EQ(scores->truncated, (std::vector<uint8_t>{0, 1}));
  EXPECT_EQ(scores->logits[0], scores->logits[1]);
}

TEST(CrossEncoderTest, RefusesModelsThatCannotRerank) {
  const auto codeOf = [](const EncoderConfig& config, const char* vocabulary) {
    auto encoder = Encoder::open(convertModel(ModelMaker(1).model(config), {"{}", vocabulary}, {}));
    return CrossEncoder::make(std::move(encoder.value())).status().code();
  };
  EXPECT_EQ(codeOf(configOf(40), kVocabulary), StatusCode::Ok);
  EXPECT_EQ(codeOf(smallConfig(), kVocabulary), StatusCode::InvalidArgument);
  EXPECT_EQ(codeOf(configOf(2), kVocabulary), StatusCode::InvalidArgument);
  EXPECT_EQ(codeOf(configOf(40), "a\nb\n"), StatusCode::InvalidArgument);
  EncoderConfig oneType = configOf(40);
  oneType.tokenTypes = 1;
  EXPECT_EQ(codeOf(oneType, kVocabulary), StatusCode::InvalidArgument);
}

}  // namespace
}  // namespace pagevec
