#pragma once

#include <string>
#include <vector>

#include "snapshot/archive.h"
#include "snapshot/journal.h"
#include "stored_bytes.h"

// Files of collections for tests and fuzz targets.
namespace pagevec::testing {

using ArchiveFile = std::vector<Bytes>;

inline Batch sampleBatch(const std::string& id, float value) {
  Batch batch;
  batch.ids = {id};
  batch.documents = {"text of " + id};
  batch.embedded = {true};
  batch.embeddings = {value, 2};
  batch.dimension = 2;
  return batch;
}

/// A snapshot of two batches, in several parts.
inline std::vector<Bytes> sampleParts(int seed) {
  const auto collection = std::move(Collection::make({}).value());
  for (int i = 1; i <= 2; ++i) {
    const Bytes record = encodeRecord(sampleBatch("r" + std::to_string(i), seed), i, 1);
    (void)replayRecord(*collection, record);
  }
  return takeSnapshot(*collection, static_cast<uint64_t>(seed), 1);
}

/// A collection of a snapshot and two batches, one of two batches alone, one of nothing.
inline ArchiveFile sampleArchive(int seed = 1) {
  ArchiveWriter writer;
  ArchiveFile file = {writer.begin()};
  const std::vector<Bytes> parts = sampleParts(seed);
  const auto add = [&](const Bytes& block) {
    if (writer.add(block).ok()) file.push_back(block);
  };
  const auto count = static_cast<uint32_t>(parts.size());
  file.push_back(writer.collection({R"({"name":"one"})", count, 2, 4}).value());
  for (const Bytes& part : parts) add(part);
  for (int i = 3; i <= 4; ++i) add(encodeRecord(sampleBatch("a" + std::to_string(i), seed), i, 1));
  file.push_back(writer.collection({R"({"name":"zwei é"})", 0, 0, 2}).value());
  for (int i = 1; i <= 2; ++i) add(encodeRecord(sampleBatch("b" + std::to_string(i), seed), i, 1));
  file.push_back(writer.collection({"", 0, 0, 0}).value());
  file.push_back(writer.end().value());
  return file;
}

inline Bytes joined(const ArchiveFile& file) {
  Bytes bytes;
  for (const Bytes& block : file) bytes.insert(bytes.end(), block.begin(), block.end());
  return bytes;
}

/// Splits a file as its readers do; Corrupt where it ends in the middle of a block.
inline Result<ArchiveFile> blocksOf(ByteView bytes) {
  ArchiveFile file;
  while (!bytes.empty()) {
    const Result<uint64_t> length = frameLength(bytes);
    if (!length.ok()) return length.status();
    if (length.value() == 0 || length.value() > bytes.size()) {
      return Status(StatusCode::Corrupt, "cut off");
    }
    const ByteView block = bytes.first(static_cast<size_t>(length.value()));
    file.emplace_back(block.begin(), block.end());
    bytes = bytes.subspan(block.size());
  }
  return file;
}

inline Status readArchive(ByteView bytes) {
  const Result<ArchiveFile> file = blocksOf(bytes);
  if (!file.ok()) return file.status();
  ArchiveReader reader;
  for (const Bytes& block : file.value()) {
    const Result<ArchiveBlock> taken = reader.take(block);
    if (!taken.ok()) return taken.status();
  }
  return reader.finish();
}

/// Makes the last block right for those before it.
inline void resealEnd(ArchiveFile& file) {
  uint32_t chain = 0;
  for (size_t i = 0; i + 1 < file.size(); ++i) {
    chain = crc32c(ByteView(file[i]).subspan(kFrameHeaderBytes - 4, 4), chain);
  }
  patch(file.back(), 16, static_cast<uint64_t>(file.size() - 1));
  patch(file.back(), kFrameHeaderBytes, chain);
  reseal(file.back());
}

}  // namespace pagevec::testing
