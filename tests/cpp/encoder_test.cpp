#include "encoder/encoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "encoder/convert/reference.h"
#include "encoder/model_file.h"
#include "encoder_models.h"

namespace pagevec {
namespace {

using Text = std::vector<int32_t>;

std::unique_ptr<Encoder> openEncoder(const Bytes& file, const EncoderKernels& kernels) {
  Result<std::unique_ptr<Encoder>> encoder = Encoder::open(file, kernels);
  EXPECT_TRUE(encoder.ok()) << encoder.status().message();
  return std::move(encoder.value());
}

std::vector<float> encodeAll(Encoder& encoder, const std::vector<Text>& texts) {
  Text ids;
  std::vector<uint32_t> lengths;
  for (const Text& text : texts) {
    ids.insert(ids.end(), text.begin(), text.end());
    lengths.push_back(static_cast<uint32_t>(text.size()));
  }
  std::vector<float> out(texts.size() * encoder.config().outputs());
  const Status status = encoder.encode(ids, lengths, out);
  EXPECT_TRUE(status.ok()) << status.message();
  return out;
}

std::vector<float> referenceOf(Bytes file, const Text& text) {
  const Result<ModelFile> opened = openModelFile(file);
  const FloatModel model = floatModelOf(opened->weights);
  std::vector<float> out(model.config.hidden);
  encodeReference(model, text, out.data());
  return out;
}

/// Shapes that take every path: generic and specialized column counts, heads of 8, 32 and 64, a
/// number of panels that is no multiple of a block.
std::vector<EncoderConfig> configs() {
  std::vector<EncoderConfig> configs(4, smallConfig());
  configs[1].hidden = 16;
  configs[1].intermediate = 16;
  configs[1].pooling = Pooling::Cls;
  configs[1].normalize = false;
  configs[2].hidden = 128;
  configs[2].intermediate = 400;
  configs[3].layers = 1;
  configs[3].hidden = 384;
  configs[3].heads = 12;
  configs[3].intermediate = 1536;
  return configs;
}

class EncoderKernelsTest : public testing::TestWithParam<size_t> {
 protected:
  EncoderConfig config() const { return configs()[GetParam()]; }
};

TEST_P(EncoderKernelsTest, AreCloseToTheReference) {
  const Bytes file = randomModelFile(config(), 1, GetParam() == 3 ? 0 : 8);
  ModelMaker maker(2);
  for (const EncoderKernels& kernels : availableEncoderKernels()) {
    const auto encoder = openEncoder(file, kernels);
    for (const size_t length : {1, 2, 7, 8, 9, 33}) {
      const Text text = maker.text(config(), length);
      const double cosine = cosineOf(encodeAll(*encoder, {text}), referenceOf(file, text));
      EXPECT_GT(cosine, kernels.scheme == Scheme::Short ? 0.9995 : 0.99)
          << kernels.name << ", " << length << " tokens";
    }
  }
}

// In a build with relaxed SIMD, lanes_simd.h fuses multiplication and addition, which may round an
// activation to its neighbour. Elsewhere every kernel gives its twin's bits.
#ifdef __wasm_relaxed_simd__
constexpr bool kFused = true;
#else
constexpr bool kFused = false;
#endif

TEST_P(EncoderKernelsTest, SimdAgreesWithItsScalarTwin) {
  const Bytes file = randomModelFile(config(), 3, 0);
  ModelMaker maker(4);
  std::vector<Text> texts;
  for (size_t length = 1; length <= 19; ++length) texts.push_back(maker.text(config(), length));
  std::vector<float> twins[2];
  for (const EncoderKernels& kernels : availableEncoderKernels()) {
    const std::vector<float> vectors = encodeAll(*openEncoder(file, kernels), texts);
    std::vector<float>& twin = twins[static_cast<size_t>(kernels.scheme)];
    if (twin.empty()) twin = vectors;
    if (kFused && kernels.name != std::string("scalar")) {
      EXPECT_GT(cosineOf(vectors, twin), 0.99999);
    } else {
      EXPECT_EQ(vectors, twin) << kernels.name;
    }
  }
}

TEST_P(EncoderKernelsTest, ATextsVectorDoesNotDependOnItsBatch) {
  const Bytes file = randomModelFile(config(), 5, 0);
  ModelMaker maker(6);
  std::vector<Text> texts;
  for (size_t i = 0; i < 64; ++i) texts.push_back(maker.text(config(), 1 + i * 7 % 40));
  const size_t hidden = config().hidden;
  for (const EncoderKernels& kernels : availableEncoderKernels()) {
    const auto encoder = openEncoder(file, kernels);
    const std::vector<float> together = encodeAll(*encoder, texts);
    for (size_t i = 0; i < texts.size(); i += 5) {
      const std::vector<float> alone = encodeAll(*encoder, {texts[i]});
      EXPECT_TRUE(std::equal(alone.begin(), alone.end(), together.begin() + i * hidden))
          << kernels.name << ", text " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, EncoderKernelsTest, testing::Range<size_t>(0, 4));

TEST(EncoderTest, PairsGetTheLogitsOfTheReference) {
  const EncoderConfig config = crossEncoderConfig();
  Bytes file = randomModelFile(config, 9, 0);
  Bytes copy = file;
  const FloatModel model = floatModelOf(openModelFile(copy)->weights);
  ModelMaker maker(10);
  Text ids;
  std::vector<uint32_t> lengths;
  std::vector<uint32_t> seconds;
  std::vector<float> expected;
  for (uint32_t i = 0; i < 30; ++i) {
    const Text text = maker.text(config, 3 + i);
    lengths.push_back(3 + i);
    seconds.push_back(1 + i / 2);
    ids.insert(ids.end(), text.begin(), text.end());
    expected.resize(expected.size() + config.labels);
    encodeReference(model, text, &expected[expected.size() - config.labels], {}, seconds.back());
  }
  for (const EncoderKernels& kernels : availableEncoderKernels()) {
    const auto encoder = openEncoder(file, kernels);
    std::vector<float> logits(expected.size());
    ASSERT_TRUE(encoder->encode(ids, lengths, logits, seconds).ok());
    for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(logits[i], expected[i], 0.1f);
    std::vector<float> oneType(expected.size());
    ASSERT_TRUE(encoder->encode(ids, lengths, oneType).ok());
    EXPECT_NE(logits, oneType);
    // The last pair alone.
    std::vector<float> last(config.labels);
    ASSERT_TRUE(encoder
                    ->encode(std::span(ids).last(lengths.back()), std::span(lengths).last(1), last,
                             std::span(seconds).last(1))
                    .ok());
    EXPECT_TRUE(std::equal(last.begin(), last.end(), logits.end() - config.labels));
  }
}

TEST(EncoderTest, HugeWeightsSaturate) {
  ModelMaker maker(7);
  FloatModel model = maker.model(smallConfig());
  for (FloatLayer& layer : model.layers) {
    for (FloatLinear* linear : {&layer.qkv, &layer.attentionOut, &layer.up, &layer.down}) {
      for (float& weight : linear->weights) weight *= 300;
    }
  }
  const Bytes file = convertModel(model, {"{}", ""}, {});
  for (const EncoderKernels& kernels : availableEncoderKernels()) {
    const auto encoder = openEncoder(file, kernels);
    for (const float value : encodeAll(*encoder, {maker.text(smallConfig(), 40)})) {
      EXPECT_TRUE(std::isfinite(value)) << kernels.name;
    }
  }
}

TEST(EncoderTest, RefusesWhatDoesNotFit) {
  const auto encoder = openEncoder(randomModelFile(smallConfig(), 8, 0), activeEncoderKernels());
  std::vector<float> out(encoder->config().hidden);
  const auto code = [&](Text ids, std::vector<uint32_t> lengths) {
    return encoder->encode(ids, lengths, out).code();
  };
  EXPECT_EQ(code({1, 2}, {2}), StatusCode::Ok);
  EXPECT_EQ(code({1, 50}, {2}), StatusCode::InvalidArgument);
  EXPECT_EQ(code({1, -1}, {2}), StatusCode::InvalidArgument);
  EXPECT_EQ(code({1, 2}, {1}), StatusCode::InvalidArgument);
  EXPECT_EQ(code({1, 2}, {1, 1}), StatusCode::InvalidArgument);
  EXPECT_EQ(code({}, {0}), StatusCode::InvalidArgument);
  EXPECT_EQ(code(Text(41), {41}), StatusCode::InvalidArgument);
  EXPECT_TRUE(encoder->encode({}, {}, {}).ok());
  const Text two = {1, 2};
  const std::vector<uint32_t> lengths = {2};
  const std::vector<uint32_t> seconds = {1, 1};
  EXPECT_EQ(encoder->encode(two, lengths, out, seconds).code(), StatusCode::InvalidArgument);
  EncoderConfig oneType = smallConfig();
  oneType.tokenTypes = 1;
  const auto plain = openEncoder(randomModelFile(oneType, 8, 0), activeEncoderKernels());
  EXPECT_EQ(plain->encode(two, lengths, out, std::span(seconds).first(1)).code(),
            StatusCode::InvalidArgument);
}

}  // namespace
}  // namespace pagevec
