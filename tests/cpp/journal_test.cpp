#include "snapshot/journal.h"

#include <gtest/gtest.h>

#include <fstream>

#include "stored_bytes.h"

namespace pagevec {
namespace {

using testing::patch;
using testing::reseal;

constexpr size_t kPayload = kFrameHeaderBytes;

Batch sampleBatch() {
  Batch batch;
  batch.operation = Operation::Update;
  batch.ids = {"a", "b\xC3\xA9", "c"};
  batch.documents = {"first", std::nullopt, ""};
  batch.metadatas = {Metadata::parse(R"({"n":1,"l":["x"]})").value(), std::nullopt, std::nullopt};
  batch.embedded = {true, false, true};
  batch.embeddings = {1, 2, -3.5f, 4};
  batch.dimension = 2;
  return batch;
}

Batch addBatch(std::string id) {
  Batch batch;
  batch.ids = {std::move(id)};
  batch.embedded = {true};
  batch.embeddings = {1, 2};
  batch.dimension = 2;
  return batch;
}

StatusCode codeOf(ByteView bytes) { return decodeRecord(bytes).status().code(); }

void expectCorrupt(Bytes bytes, const std::string& part) {
  const auto record = decodeRecord(bytes);
  EXPECT_EQ(record.status().code(), StatusCode::Corrupt);
  EXPECT_NE(record.status().message().find(part), std::string::npos) << record.status().message();
}

TEST(Journal, ReadsWhatItWrote) {
  const Batch batch = sampleBatch();
  const Bytes bytes = encodeRecord(batch, 42, uint64_t{1} << 40);
  const auto record = decodeRecord(bytes);
  ASSERT_TRUE(record.ok()) << record.status().message();
  EXPECT_EQ(record->sequence, 42u);
  EXPECT_EQ(record->epoch, uint64_t{1} << 40);
  EXPECT_EQ(record->batch.operation, Operation::Update);
  EXPECT_EQ(record->batch.ids, batch.ids);
  EXPECT_EQ(record->batch.documents, batch.documents);
  EXPECT_EQ(record->batch.metadatas[0]->toJson(), R"({"n":1,"l":["x"]})");
  EXPECT_FALSE(record->batch.metadatas[1].has_value());
  EXPECT_EQ(record->batch.embedded, batch.embedded);
  EXPECT_EQ(record->batch.embeddings, batch.embeddings);
  EXPECT_EQ(record->batch.dimension, 2u);
  EXPECT_EQ(encodeRecord(record->batch, 42, uint64_t{1} << 40), bytes);
}

TEST(Journal, KeepsAbsentListsAbsent) {
  Batch batch;
  batch.operation = Operation::Delete;
  batch.ids = {"a", "b"};
  const auto record = decodeRecord(encodeRecord(batch, 1, 0));
  ASSERT_TRUE(record.ok());
  EXPECT_TRUE(record->batch.documents.empty());
  EXPECT_TRUE(record->batch.metadatas.empty());
  EXPECT_TRUE(record->batch.embedded.empty());
  EXPECT_EQ(record->batch.dimension, 0u);
}

TEST(Journal, MetadataOfNullsOnlyIsAbsent) {
  Batch batch = addBatch("a");
  batch.metadatas = {Metadata::parse(R"({"k":null})").value()};
  const auto record = decodeRecord(encodeRecord(batch, 1, 0));
  ASSERT_TRUE(record.ok());
  EXPECT_TRUE(record->batch.metadatas.empty());
}

TEST(Journal, DetectsEveryFlippedBit) {
  const Bytes good = encodeRecord(sampleBatch(), 7, 1);
  for (size_t i = 0; i < good.size() * 8; ++i) {
    Bytes bad = good;
    bad[i / 8] ^= static_cast<uint8_t>(1 << i % 8);
    EXPECT_EQ(codeOf(bad), StatusCode::Corrupt) << "bit " << i;
  }
}

TEST(Journal, DetectsEveryTruncationAndAnExtension) {
  const Bytes good = encodeRecord(sampleBatch(), 7, 1);
  for (size_t length = 0; length < good.size(); ++length) {
    EXPECT_EQ(codeOf(ByteView(good).first(length)), StatusCode::Corrupt) << length;
  }
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_EQ(codeOf(longer), StatusCode::Corrupt);
}

TEST(Journal, TellsALaterVersionFromDamage) {
  Bytes bytes = encodeRecord(sampleBatch(), 7, 1);
  patch(bytes, 4, static_cast<uint16_t>(kFormatVersion + 1));
  EXPECT_EQ(codeOf(bytes), StatusCode::Corrupt) << "the header's checksum does not hold";
  reseal(bytes);
  EXPECT_EQ(codeOf(bytes), StatusCode::FormatTooNew);
  patch(bytes, 4, uint16_t{0});
  reseal(bytes);
  EXPECT_EQ(codeOf(bytes), StatusCode::Corrupt);
}

TEST(Journal, KnowsALaterVersionWithALongerHeader) {
  Bytes bytes = encodeRecord(sampleBatch(), 7, 1);
  patch(bytes, 4, uint16_t{9});
  patch(bytes, 6, uint16_t{80});
  patch(bytes, 76, crc32c(ByteView(bytes).first(76)));
  EXPECT_EQ(codeOf(bytes), StatusCode::FormatTooNew);
}

TEST(Journal, RefusesForgedHeaders) {
  const Bytes good = encodeRecord(sampleBatch(), 7, 1);
  auto forged = [&](size_t offset, auto value) {
    Bytes bytes = good;
    patch(bytes, offset, value);
    reseal(bytes);
    return bytes;
  };
  expectCorrupt(forged(0, uint32_t{0x50535650}), "magic");
  expectCorrupt(forged(6, uint16_t{8}), "cut off");
  expectCorrupt(forged(8, uint8_t{0}), "operation 0 is unknown");
  expectCorrupt(forged(8, uint8_t{5}), "operation 5 is unknown");
  expectCorrupt(forged(10, uint8_t{1}), "reserved");
  expectCorrupt(forged(12, uint32_t{0xFFFFFFFF}), "fewer ids");
  expectCorrupt(forged(12, uint32_t{2}), "number of vectors");
  expectCorrupt(forged(12, uint32_t{4}), "entry 3");
  expectCorrupt(forged(32, uint32_t{0xFFFFFFFF}), "wrong length");
  expectCorrupt(forged(32, uint32_t{1}), "wrong length");
  expectCorrupt(forged(36, uint32_t{0xFFFFFFFF}), "number of vectors");
  expectCorrupt(forged(36, uint32_t{0}), "dimension without vectors");
}

TEST(Journal, RefusesForgedPayloads) {
  const Bytes good = encodeRecord(sampleBatch(), 7, 1);
  auto forged = [&](size_t offset, auto value) {
    Bytes bytes = good;
    patch(bytes, kPayload + offset, value);
    reseal(bytes);
    return bytes;
  };
  expectCorrupt(forged(0, uint8_t{0x87}), "unknown flags");
  expectCorrupt(forged(1, uint32_t{0xFFFFFFFF}), "entry 0");
  expectCorrupt(forged(6, uint32_t{0xFFFFFFF0}), "entry 0");
  expectCorrupt(forged(19, uint8_t{'['}), "metadata");
  Bytes longer = good;
  longer.push_back(0);
  reseal(longer);
  expectCorrupt(longer, "left over");
}

TEST(Journal, ReplaysInOrderAndSkipsWhatIsThere) {
  const auto collection = std::move(Collection::make({}).value());
  const Bytes first = encodeRecord(addBatch("a"), 1, 0);
  const Bytes second = encodeRecord(addBatch("b"), 2, 0);
  const Bytes third = encodeRecord(addBatch("c"), 3, 0);
  EXPECT_TRUE(replayRecord(*collection, first).ok());
  EXPECT_TRUE(replayRecord(*collection, first).ok()) << "already there";
  const Status gap = replayRecord(*collection, third);
  EXPECT_EQ(gap.code(), StatusCode::Corrupt);
  EXPECT_NE(gap.message().find("records in between are missing"), std::string::npos);
  EXPECT_EQ(collection->lastSequence(), 1u);
  EXPECT_TRUE(replayRecord(*collection, second).ok());
  EXPECT_TRUE(replayRecord(*collection, third).ok());
  EXPECT_EQ(collection->count(), 3u);
}

TEST(Journal, DoesNotReplayABatchThatDoesNotFit) {
  const auto collection = std::move(Collection::make({}).value());
  EXPECT_TRUE(replayRecord(*collection, encodeRecord(addBatch("a"), 1, 0)).ok());
  Batch wide = addBatch("b");
  wide.dimension = 1;
  wide.embeddings = {1};
  const Status status = replayRecord(*collection, encodeRecord(wide, 2, 0));
  EXPECT_EQ(status.code(), StatusCode::Corrupt);
  EXPECT_NE(status.message().find("document 0 has 1 dimensions"), std::string::npos);
  EXPECT_EQ(collection->count(), 1u);
  EXPECT_EQ(collection->lastSequence(), 1u);
}

}  // namespace
}  // namespace pagevec
