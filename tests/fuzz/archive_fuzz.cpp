#include <cstdlib>

#include "../cpp/archive_files.h"

namespace {

using namespace pagevec;

// Makes right what only says "these bytes belong here", so that the fuzzer edits content: magic, version,
// lengths and checksums of each block, and the file's end.
void repair(testing::ArchiveFile& file) {
  for (Bytes& block : file) {
    if (block.size() < kFrameHeaderBytes + 4) block.resize(kFrameHeaderBytes + 4);
    const FrameMagic magics[] = {FrameMagic::JournalRecord, FrameMagic::SnapshotPart,
                                 FrameMagic::Archive};
    const size_t chosen = &block == &file.front() || &block == &file.back() ? 2 : block[0] % 3;
    testing::patch(block, 0, static_cast<uint32_t>(magics[chosen]));
    testing::patch(block, 4, kFirstVersion);
    testing::patch(block, 6, static_cast<uint16_t>(kFrameHeaderBytes));
    testing::reseal(block);
  }
  file.front() = ArchiveWriter().begin();
  testing::patch(file.back(), 8, static_cast<uint32_t>(ArchiveBlock::End));
  file.back().resize(kFrameHeaderBytes + 4);
  testing::resealEnd(file);
}

}  // namespace

// The first byte chooses: bytes as they are, or cut into blocks (two bytes of length before each) and
// repaired. What is read to its end is, written again, the same file.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ByteReader in({data, size});
  const bool repaired = in.number<uint8_t>() % 4 != 0;
  testing::ArchiveFile file;
  if (repaired) {
    while (in.remaining() > 2 && file.size() < 64) {
      const size_t length = std::min<size_t>(in.number<uint16_t>(), in.remaining());
      const ByteView block = in.raw(length);
      file.emplace_back(block.begin(), block.end());
    }
    if (file.size() >= 2) repair(file);
  } else {
    auto blocks = testing::blocksOf(in.raw(in.remaining()));
    if (!blocks.ok()) return 0;
    file = std::move(blocks.value());
  }
  ArchiveReader reader;
  ArchiveWriter writer;
  testing::ArchiveFile written;
  for (const Bytes& block : file) {
    const Result<ArchiveBlock> kind = reader.take(block);
    if (!kind.ok()) return 0;
    switch (kind.value()) {
      case ArchiveBlock::Header: written.push_back(writer.begin()); break;
      case ArchiveBlock::Collection:
        written.push_back(writer.collection(reader.collection()).value());
        break;
      case ArchiveBlock::End: written.push_back(writer.end().value()); break;
      default:
        if (!writer.add(block).ok()) std::abort();
        written.push_back(block);
    }
  }
  if (reader.finish().ok() && written != file) std::abort();
  return 0;
}
