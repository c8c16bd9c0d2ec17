#include "snapshot/archive.h"

#include <algorithm>

#include "base/crc32c.h"
#include "base/utf8.h"
#include "snapshot/frame.h"

namespace pagevec {
namespace {

constexpr const char* kName = "archive";

/// The fields of an archive's own blocks, 32 bytes: what a kind does not name is zero in it.
struct Fields {
  ArchiveBlock kind;
  uint32_t number = 0;  // of the collection; of the end: how many there are
  uint64_t last = 0;    // sequence; of the end: blocks before it
  uint64_t covered = 0;
  uint32_t parts = 0;
};

Bytes ownBlock(const Fields& fields, std::string_view payload = {}) {
  ByteWriter out;
  beginHeader(out, FrameMagic::Archive, kArchiveVersion);
  out.number(static_cast<uint32_t>(fields.kind));
  out.number(fields.number);
  out.number(fields.last);
  out.number(fields.covered);
  out.number(fields.parts);
  out.number(uint32_t{0});
  endHeader(out);
  out.array(std::span<const char>(payload));
  return sealFrame(out);
}

/// chain: CRC over the header checksums of the blocks before it.
Bytes endBlock(uint32_t collections, uint64_t blocks, uint32_t chain) {
  ByteWriter payload;
  payload.number(chain);
  return ownBlock({ArchiveBlock::End, collections, blocks},
                  {reinterpret_cast<const char*>(payload.view().data()), payload.size()});
}

bool same(ByteView a, ByteView b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

}  // namespace

Status ArchiveReader::corrupt(const std::string& problem) const {
  return Status(StatusCode::Corrupt, "block " + std::to_string(blocks_) + ": " + problem);
}

bool ArchiveReader::collectionIsWhole() const {
  return parts_ == collection_.parts && sequence_ == collection_.lastSequence;
}

Result<ArchiveBlock> ArchiveReader::take(ByteView block) {
  if (!status_.ok()) return status_;
  const Result<ArchiveBlock> taken = check(block);
  if (!taken.ok()) return status_ = taken.status();
  chain_ = crc32c(block.subspan(kFrameHeaderBytes - 4, 4), chain_);
  ++blocks_;
  return taken;
}

Result<ArchiveBlock> ArchiveReader::check(ByteView block) {
  if (ended_) return corrupt("it follows the end of the file");
  const FrameMagic magic = frameMagic(block);
  if (blocks_ == 0 && magic != FrameMagic::Archive) {
    return Status(StatusCode::Corrupt, "this is no file of exported collections");
  }
  if (magic == FrameMagic::SnapshotPart) {
    const Status status = checkPart(block);
    return status.ok() ? Result<ArchiveBlock>(ArchiveBlock::Part) : status;
  }
  if (magic == FrameMagic::JournalRecord) {
    const Status status = checkRecord(block);
    return status.ok() ? Result<ArchiveBlock>(ArchiveBlock::Record) : status;
  }
  return checkOwn(block);
}

Status ArchiveReader::checkPart(ByteView block) {
  Result<Frame> frame = openFrame(block, FrameMagic::SnapshotPart, "snapshot part");
  if (!frame.ok()) return frame.status();
  frame->fields.raw(4);  // kind
  const auto index = frame->fields.number<uint32_t>();
  const auto generation = frame->fields.number<uint64_t>();
  const auto covered = frame->fields.number<uint64_t>();
  if (parts_ == 0) generation_ = generation;
  if (parts_ == collection_.parts || index != parts_ || generation != generation_ ||
      covered != collection_.coveredSequence) {
    return corrupt("this part of a snapshot does not belong here");
  }
  ++parts_;
  return {};
}

Status ArchiveReader::checkRecord(ByteView block) {
  Result<Frame> frame = openFrame(block, FrameMagic::JournalRecord, "journal record");
  if (!frame.ok()) return frame.status();
  frame->fields.raw(8);  // operation and number of entries
  const auto sequence = frame->fields.number<uint64_t>();
  if (parts_ != collection_.parts || sequence_ == collection_.lastSequence ||
      sequence != sequence_ + 1) {
    return corrupt("this batch does not belong here");
  }
  sequence_ = sequence;
  return {};
}

Result<ArchiveBlock> ArchiveReader::checkOwn(ByteView block) {
  const Result<Frame> frame = openFrame(block, FrameMagic::Archive, kName);
  if (!frame.ok()) return frame.status();
  if (frame->version > kArchiveVersion) {
    return Status(StatusCode::FormatTooNew, "the file has format version " +
                                                std::to_string(frame->version) +
                                                "; read it with a newer pagevec");
  }
  const auto kind = static_cast<ArchiveBlock>(block[kFrameFieldsOffset]);
  if ((kind == ArchiveBlock::Header) != (blocks_ == 0)) return corrupt("its kind is out of order");
  if (!collectionIsWhole()) return corrupt("parts or batches before it are missing");
  Status status;
  if (kind == ArchiveBlock::Collection) {
    status = readCollection(frame->fields, frame->payload);
  } else if (kind == ArchiveBlock::End) {
    ended_ = same(block, endBlock(collections_, blocks_, chain_));
    if (!ended_) status = corrupt("the blocks before this end are not those it was written after");
  } else if (!same(block, ownBlock({ArchiveBlock::Header}))) {
    status = corrupt("its kind or its fields are unknown");
  }
  return status.ok() ? Result<ArchiveBlock>(kind) : status;
}

Status ArchiveReader::readCollection(ByteReader fields, ByteView payload) {
  const auto kind = fields.number<uint32_t>();
  const auto number = fields.number<uint32_t>();
  ArchivedCollection collection;
  collection.lastSequence = fields.number<uint64_t>();
  collection.coveredSequence = fields.number<uint64_t>();
  collection.parts = fields.number<uint32_t>();
  const auto reserved = fields.number<uint32_t>();
  collection.manifest.assign(payload.begin(), payload.end());
  const bool counts = collection.coveredSequence <= collection.lastSequence &&
                      (collection.parts > 0 || collection.coveredSequence == 0);
  if (kind != static_cast<uint32_t>(ArchiveBlock::Collection) || reserved != 0 ||
      number != collections_ || !counts || !isValidUtf8(collection.manifest)) {
    return corrupt("what it says of a collection contradicts itself");
  }
  collection_ = std::move(collection);
  ++collections_;
  parts_ = 0;
  sequence_ = collection_.coveredSequence;
  return {};
}

Status ArchiveReader::finish() const {
  if (!status_.ok()) return status_;
  return ended_ ? Status() : corrupt("the file ends here, before its own end");
}

Bytes ArchiveWriter::begin() {
  Bytes block = ownBlock({ArchiveBlock::Header});
  (void)check_.take(block);
  return block;
}

Result<Bytes> ArchiveWriter::collection(const ArchivedCollection& collection) {
  Bytes block = ownBlock({ArchiveBlock::Collection, check_.collections_, collection.lastSequence,
                          collection.coveredSequence, collection.parts},
                         collection.manifest);
  const Result<ArchiveBlock> taken = check_.take(block);
  return taken.ok() ? Result<Bytes>(std::move(block)) : taken.status();
}

Status ArchiveWriter::add(ByteView block) { return check_.take(block).status(); }

Result<Bytes> ArchiveWriter::end() {
  Bytes block = endBlock(check_.collections_, check_.blocks_, check_.chain_);
  const Result<ArchiveBlock> taken = check_.take(block);
  return taken.ok() ? Result<Bytes>(std::move(block)) : taken.status();
}

}  // namespace pagevec
