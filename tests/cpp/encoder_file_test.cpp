#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "base/crc32c.h"
#include "encoder/encoder.h"
#include "encoder/model_file.h"
#include "encoder/model_header.h"
#include "encoder_models.h"

namespace pagevec {
namespace {

StatusCode codeOf(Bytes file) { return openModelFile(file).status().code(); }

/// Writes the header's checksum anew after a change within it.
void sealHeader(Bytes& file, size_t sections) {
  const size_t end = modelHeaderBytes(sections);
  const uint32_t checksum = crc32c(ByteView(file).first(end - 4));
  std::memcpy(file.data() + end - 4, &checksum, 4);
}

TEST(EncoderFileTest, HoldsWhatWasWritten) {
  Bytes file = randomModelFile(smallConfig(), 1);
  const Result<ModelFile> opened = openModelFile(file);
  ASSERT_TRUE(opened.ok()) << opened.status().message();
  EXPECT_EQ(opened->weights.config, smallConfig());
  EXPECT_EQ(opened->info, R"({"name":"random"})");
  EXPECT_EQ(opened->vocabulary, "[UNK]\n[CLS]\n[SEP]\n");
  ASSERT_EQ(opened->weights.layers.size(), 2u);
  EXPECT_EQ(opened->weights.layers[1].qkv.rows, 96u);
  EXPECT_EQ(opened->weights.layers[1].down.columns, 48u);
}

TEST(EncoderFileTest, HoldsTheClassificationHead) {
  ModelMaker maker(9);
  const FloatModel model = maker.model(crossEncoderConfig());
  Bytes file = convertModel(model, {"{}", ""}, {});
  const Result<ModelFile> opened = openModelFile(file);
  ASSERT_TRUE(opened.ok()) << opened.status().message();
  const FloatModel read = floatModelOf(opened->weights);
  EXPECT_EQ(read.config, crossEncoderConfig());
  EXPECT_EQ(read.head.pooler.weights, model.head.pooler.weights);
  EXPECT_EQ(read.head.pooler.bias, model.head.pooler.bias);
  EXPECT_EQ(read.head.classifier.weights, model.head.classifier.weights);
  EXPECT_EQ(read.head.classifier.bias, model.head.classifier.bias);
}

TEST(EncoderFileTest, TheSameModelGivesTheSameBytes) {
  EXPECT_EQ(randomModelFile(smallConfig(), 2), randomModelFile(smallConfig(), 2));
  EXPECT_NE(randomModelFile(smallConfig(), 2), randomModelFile(smallConfig(), 3));
}

/// Whether the file is refused with a byte changed; it is put back afterwards.
bool refusedWithFlip(Bytes& file, size_t at, uint8_t flip) {
  file[at] ^= flip;
  const bool refused = openModelFile(file).status().code() != StatusCode::Ok;
  file[at] ^= flip;
  return refused;
}

TEST(EncoderFileTest, FlippedBitsAreRefusedInEveryRegion) {
  Bytes file = randomModelFile(smallConfig(), 4, 0);
  std::mt19937 random(5);
  const auto flip = [&] { return static_cast<uint8_t>(1u << random() % 8); };
  const size_t header = modelHeaderBytes(5);
  for (size_t at = 0; at < header; ++at) {
    ASSERT_TRUE(refusedWithFlip(file, at, flip())) << "byte " << at;
  }
  // 1,000 within each section and the zeros that fill it.
  const Result<ModelHeader> read = decodeModelHeader(file);
  for (const SectionEntry& section : read->sections) {
    for (int i = 0; i < 1000; ++i) {
      const size_t at = section.offset + random() % alignUp(section.bytes, kSectionAlignment);
      ASSERT_TRUE(refusedWithFlip(file, at, flip())) << "byte " << at;
    }
  }
}

TEST(EncoderFileTest, EveryTruncationIsRefused) {
  Bytes file = randomModelFile(smallConfig(), 6, 0);
  for (size_t size = 0; size < file.size(); ++size) {
    const std::span<uint8_t> cut(file.data(), size);
    ASSERT_EQ(openModelFile(cut).status().code(), StatusCode::Corrupt) << size;
  }
  Bytes longer = file;
  longer.push_back(0);
  EXPECT_EQ(codeOf(longer), StatusCode::Corrupt);
}

TEST(EncoderFileTest, LaterVersionsAreNamed) {
  Bytes file = randomModelFile(smallConfig(), 7, 0);
  file[4] = 2;
  sealHeader(file, 5);
  EXPECT_EQ(codeOf(file), StatusCode::FormatTooNew);
}

TEST(EncoderFileTest, SoundChecksumsDoNotExcuseWrongShapes) {
  const Bytes file = randomModelFile(smallConfig(), 8, 0);
  for (size_t at = 16; at < modelHeaderBytes(5) - 4; at += 4) {
    for (const uint32_t value : {0u, 1u, 48u, 0x7FFFFFFFu, 0xFFFFFFFFu}) {
      Bytes broken = file;
      std::memcpy(broken.data() + at, &value, 4);
      sealHeader(broken, 5);
      Result<std::unique_ptr<Encoder>> encoder = Encoder::open(broken);
      if (!encoder.ok()) continue;
      // What is accepted all the same (pooling, flags) must run.
      std::vector<float> out(32);
      const std::vector<int32_t> ids = {1, 2, 3};
      EXPECT_TRUE(encoder.value()->encode(ids, std::vector<uint32_t>{3}, out).ok()) << at;
    }
  }
}

TEST(EncoderFileTest, ShapesTheKernelsDoNotTakeAreRefused) {
  EXPECT_TRUE(checkConfig(smallConfig()).ok());
  const auto refused = [](auto change) {
    EncoderConfig config = smallConfig();
    change(config);
    return checkConfig(config).code() == StatusCode::InvalidArgument;
  };
  EXPECT_TRUE(refused([](EncoderConfig& c) { c.hidden = 40; }));
  EXPECT_TRUE(refused([](EncoderConfig& c) { c.heads = 3; }));
  EXPECT_TRUE(refused([](EncoderConfig& c) { c.heads = 8; }));
  EXPECT_TRUE(refused([](EncoderConfig& c) { c.intermediate = 20; }));
  EXPECT_TRUE(refused([](EncoderConfig& c) { c.maxTokens = 41; }));
  EXPECT_TRUE(refused([](EncoderConfig& c) { c.layers = 0; }));
  EXPECT_TRUE(refused([](EncoderConfig& c) { c.labels = 1; }));
  EXPECT_TRUE(refused([](EncoderConfig& c) { c = crossEncoderConfig(), c.labels = 5000; }));
  EXPECT_TRUE(refused([](EncoderConfig& c) { c.layerNormEpsilon = NAN; }));
}

}  // namespace
}  // namespace pagevec
