#include "snapshot/archive.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "archive_files.h"
#include "snapshot/journal.h"
#include "stored_bytes.h"

namespace pagevec {
namespace {

using testing::ArchiveFile;
using testing::blocksOf;
using testing::joined;
using testing::patch;
using testing::readArchive;
using testing::reseal;
using testing::sampleArchive;

StatusCode codeOf(ByteView file) { return readArchive(file).code(); }

TEST(Archive, ReadsWhatItWrote) {
  const ArchiveFile file = sampleArchive();
  ArchiveReader reader;
  std::vector<ArchiveBlock> kinds;
  std::vector<std::string> manifests;
  for (const Bytes& block : file) {
    EXPECT_EQ(frameLength(block).value(), block.size());
    const Result<ArchiveBlock> kind = reader.take(block);
    ASSERT_TRUE(kind.ok()) << kind.status().message();
    kinds.push_back(kind.value());
    if (kind.value() == ArchiveBlock::Collection) {
      manifests.push_back(reader.collection().manifest);
    }
  }
  EXPECT_TRUE(reader.finish().ok());
  EXPECT_EQ(reader.collections(), 3u);
  EXPECT_EQ(manifests, (std::vector<std::string>{R"({"name":"one"})", R"({"name":"zwei é"})", ""}));
  EXPECT_EQ(kinds.front(), ArchiveBlock::Header);
  EXPECT_EQ(kinds.back(), ArchiveBlock::End);
  EXPECT_EQ(std::count(kinds.begin(), kinds.end(), ArchiveBlock::Record), 4);
}

TEST(Archive, StoredBlocksAreInItAsTheyAre) {
  const ArchiveFile file = sampleArchive();
  const std::vector<Bytes> parts = testing::sampleParts(1);
  for (size_t i = 0; i < parts.size(); ++i) EXPECT_EQ(file[2 + i], parts[i]);
}

TEST(Archive, DetectsEveryFlippedBit) {
  const Bytes good = joined(sampleArchive());
  for (size_t i = 0; i < good.size() * 8; ++i) {
    Bytes bad = good;
    bad[i / 8] ^= static_cast<uint8_t>(1 << i % 8);
    EXPECT_NE(codeOf(bad), StatusCode::Ok) << "bit " << i;
  }
}

TEST(Archive, DetectsEveryTruncationAndWhatFollowsTheEnd) {
  const Bytes good = joined(sampleArchive());
  ASSERT_EQ(codeOf(good), StatusCode::Ok);
  for (size_t length = 0; length < good.size(); ++length) {
    EXPECT_EQ(codeOf(ByteView(good).first(length)), StatusCode::Corrupt) << length;
  }
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_EQ(codeOf(longer), StatusCode::Corrupt);
  Bytes twice = good;
  twice.insert(twice.end(), good.begin(), good.end());
  EXPECT_EQ(codeOf(twice), StatusCode::Corrupt);
}

TEST(Archive, DetectsEveryMissingRepeatedAndSwappedBlock) {
  const ArchiveFile good = sampleArchive();
  for (size_t i = 0; i < good.size(); ++i) {
    ArchiveFile missing = good;
    missing.erase(missing.begin() + static_cast<long>(i));
    EXPECT_EQ(codeOf(joined(missing)), StatusCode::Corrupt) << "without block " << i;
    ArchiveFile repeated = good;
    repeated.insert(repeated.begin() + static_cast<long>(i), good[i]);
    EXPECT_EQ(codeOf(joined(repeated)), StatusCode::Corrupt) << "block " << i << " twice";
    for (size_t j = i + 1; j < good.size(); ++j) {
      if (good[i] == good[j]) continue;
      ArchiveFile swapped = good;
      std::swap(swapped[i], swapped[j]);
      EXPECT_EQ(codeOf(joined(swapped)), StatusCode::Corrupt) << i << " and " << j;
    }
  }
}

TEST(Archive, DetectsACollectionOfAnotherFile) {
  const ArchiveFile one = sampleArchive(1);
  const ArchiveFile other = sampleArchive(2);
  ASSERT_EQ(one.size(), other.size());
  for (size_t i = 0; i < one.size(); ++i) {
    if (one[i] == other[i]) continue;
    ArchiveFile mixed = one;
    mixed[i] = other[i];
    EXPECT_EQ(codeOf(joined(mixed)), StatusCode::Corrupt) << i;
  }
}

TEST(Archive, TellsALaterVersionFromDamage) {
  for (const size_t i : {size_t{0}, size_t{1}, size_t{2}}) {
    ArchiveFile file = sampleArchive();
    patch(file[i], 4, static_cast<uint16_t>(kFormatVersion + 1));
    EXPECT_EQ(codeOf(joined(file)), StatusCode::Corrupt) << "the checksum does not hold";
    reseal(file[i]);
    EXPECT_EQ(codeOf(joined(file)), StatusCode::FormatTooNew);
  }
}

TEST(Archive, KnowsALaterVersionWithALongerHeader) {
  Bytes bytes = sampleArchive()[0];
  bytes.resize(200);
  patch(bytes, 4, uint16_t{9});
  patch(bytes, 6, uint16_t{80});
  patch(bytes, 76, crc32c(ByteView(bytes).first(76)));
  EXPECT_EQ(frameLength(ByteView(bytes).first(79)).value(), 0u) << "it takes all of the header";
  EXPECT_EQ(frameLength(bytes).status().code(), StatusCode::FormatTooNew);
}

TEST(Archive, TellsHowLongABlockIsOnceItsHeaderIsThere) {
  const Bytes block = sampleArchive()[1];
  for (size_t length = 0; length < kFrameHeaderBytes; ++length) {
    EXPECT_EQ(frameLength(ByteView(block).first(length)).value(), 0u) << length;
  }
  EXPECT_EQ(frameLength(ByteView(block).first(kFrameHeaderBytes)).value(), block.size());
  Bytes other = block;
  patch(other, 0, uint32_t{0x12345678});
  EXPECT_EQ(frameLength(other).status().code(), StatusCode::Corrupt);
  Bytes vast = block;
  patch(vast, 40, kMaxPayloadBytes + 1);
  patch(vast, 52, crc32c(ByteView(vast).first(52)));
  EXPECT_EQ(frameLength(vast).status().code(), StatusCode::LimitExceeded);
}

// A block of the file's own with other fields, in a file whose end is made right for it.
TEST(Archive, RefusesForgedFields) {
  auto forged = [](size_t block, size_t offset, auto value) {
    ArchiveFile file = sampleArchive();
    patch(file[block], offset, value);
    reseal(file[block]);
    testing::resealEnd(file);
    return codeOf(joined(file));
  };
  ASSERT_EQ(forged(1, kFrameHeaderBytes, uint8_t{'['}), StatusCode::Ok) << "the end was made right";
  EXPECT_EQ(forged(0, 8, uint8_t{4}), StatusCode::Corrupt);
  EXPECT_EQ(forged(0, 9, uint8_t{1}), StatusCode::Corrupt) << "reserved";
  EXPECT_EQ(forged(0, 36, uint8_t{1}), StatusCode::Corrupt) << "reserved";
  EXPECT_EQ(forged(1, 8, uint8_t{1}), StatusCode::Corrupt) << "a second header";
  EXPECT_EQ(forged(1, 8, uint8_t{9}), StatusCode::Corrupt) << "unknown kind";
  EXPECT_EQ(forged(1, 10, uint8_t{1}), StatusCode::Corrupt) << "reserved";
  EXPECT_EQ(forged(1, 12, uint32_t{1}), StatusCode::Corrupt) << "its number";
  EXPECT_EQ(forged(1, 16, uint64_t{0}), StatusCode::Corrupt) << "last before covered";
  EXPECT_EQ(forged(1, 16, ~uint64_t{0}), StatusCode::Corrupt) << "batches are missing";
  EXPECT_EQ(forged(1, 24, uint64_t{1}), StatusCode::Corrupt) << "covered";
  EXPECT_EQ(forged(1, 32, uint32_t{0}), StatusCode::Corrupt) << "covered without parts";
  EXPECT_EQ(forged(1, 32, uint32_t{1}), StatusCode::Corrupt) << "more parts than that";
  EXPECT_EQ(forged(1, 32, ~uint32_t{0}), StatusCode::Corrupt) << "parts are missing";
  EXPECT_EQ(forged(1, 36, uint8_t{1}), StatusCode::Corrupt) << "reserved";
  EXPECT_EQ(forged(1, kFrameHeaderBytes, uint8_t{0xFF}), StatusCode::Corrupt) << "no UTF-8";
}

TEST(Archive, AFailureIsForGood) {
  const ArchiveFile file = sampleArchive();
  ArchiveReader reader;
  ASSERT_TRUE(reader.take(file[0]).ok());
  EXPECT_EQ(reader.take(file[2]).status().code(), StatusCode::Corrupt);
  EXPECT_EQ(reader.take(file[1]).status().code(), StatusCode::Corrupt);
  EXPECT_EQ(reader.finish().code(), StatusCode::Corrupt);
}

TEST(Archive, DoesNotWriteWhatCouldNotBeRead) {
  const std::vector<Bytes> parts = testing::sampleParts(1);
  const auto count = static_cast<uint32_t>(parts.size());
  const auto started = [&] {
    ArchiveWriter writer;
    writer.begin();
    EXPECT_TRUE(writer.collection({"{}", count, 2, 2}).ok());
    return writer;
  };
  Bytes damaged = parts[0];
  damaged[60] ^= 1;
  EXPECT_EQ(started().add(damaged).code(), StatusCode::Corrupt);
  EXPECT_EQ(started().add(parts[1]).code(), StatusCode::Corrupt);
  EXPECT_EQ(started().end().status().code(), StatusCode::Corrupt) << "parts are missing";
  EXPECT_EQ(started().collection({"{}", 0, 0, 0}).status().code(), StatusCode::Corrupt);
  EXPECT_EQ(ArchiveWriter().end().status().code(), StatusCode::Corrupt) << "without a beginning";
}

TEST(Archive, AnEmptyFileHasABeginningAndAnEnd) {
  ArchiveWriter writer;
  const Bytes begin = writer.begin();
  const Bytes end = writer.end().value();
  EXPECT_EQ(codeOf(joined({begin, end})), StatusCode::Ok);
  EXPECT_EQ(begin.size() + end.size(), 2 * kFrameHeaderBytes + 4);
}

}  // namespace
}  // namespace pagevec
