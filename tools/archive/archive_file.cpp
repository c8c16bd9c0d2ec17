#include "archive_file.h"

#include <algorithm>

#include "snapshot/frame.h"
#include "snapshot/journal.h"

namespace pagevec::archive {
namespace {

constexpr size_t kReadBytes = size_t{1} << 20;

}  // namespace

Status ArchiveFile::read() {
  if (!in_) return Status(StatusCode::InvalidArgument, "the file cannot be opened");
  for (;;) {
    offset_ = end_;
    const Result<Bytes> block = nextBlock();
    if (!block.ok()) return block.status();
    if (block->empty()) return reader_.finish();
    if (Status status = take(block.value()); !status.ok()) return status;
  }
}

// Grows with what is there, not with what a header claims. Empty at the end of the file.
Result<Bytes> ArchiveFile::nextBlock() {
  Bytes block;
  uint64_t wanted = kFrameHeaderBytes;
  for (bool whole = false;;) {
    while (block.size() < wanted) {
      const auto step = static_cast<size_t>(std::min<uint64_t>(wanted - block.size(), kReadBytes));
      const size_t before = block.size();
      block.resize(before + step);
      in_.read(reinterpret_cast<char*>(block.data() + before), static_cast<std::streamsize>(step));
      block.resize(before + static_cast<size_t>(in_.gcount()));
      if (in_) continue;
      end_ = offset_ + block.size();
      if (in_.bad()) return Status(StatusCode::InvalidArgument, "the file cannot be read");
      if (block.empty()) return block;
      return Status(StatusCode::Corrupt, "the file ends in the middle of a block");
    }
    end_ = offset_ + block.size();
    if (whole) return block;
    const Result<uint64_t> length = frameLength(block);
    if (!length.ok()) return length.status();
    whole = length.value() > 0;
    wanted = whole ? length.value() : block.size() * 2;
  }
}

Status ArchiveFile::take(ByteView block) {
  const Result<ArchiveBlock> kind = reader_.take(block);
  if (!kind.ok()) return kind.status();
  const bool stored = kind.value() == ArchiveBlock::Part || kind.value() == ArchiveBlock::Record;
  if (!stored) {
    if (Status status = finishCollection(); !status.ok()) return status;
  }
  if (kind.value() == ArchiveBlock::Collection) {
    if (Status status = begin(reader_.collection()); !status.ok()) return status;
  }
  if (!current_) return {};
  current_->bytes += block.size();
  current_->versions.insert(ByteReader(block.subspan(4)).number<uint16_t>());
  if (kind.value() == ArchiveBlock::Part) return addPart(block);
  return stored ? addRecord(block) : Status();
}

Status ArchiveFile::begin(const ArchivedCollection& archived) {
  Result<Manifest> manifest = readManifest(archived.manifest);
  if (!manifest.ok()) return manifest.status();
  const auto made = Collection::make(manifest->config);
  if (!made.ok()) return Status(StatusCode::Corrupt, made.status().message());
  current_ = Summary{};
  current_->manifest = std::move(manifest.value());
  current_->parts = archived.parts;
  current_->batches = archived.lastSequence - archived.coveredSequence;
  return {};
}

Status ArchiveFile::addPart(ByteView part) {
  if (!snapshot_) snapshot_.emplace();
  return snapshot_->feed(part);
}

// Before the first record after the parts, or at the collection's end.
Status ArchiveFile::finishParts() {
  if (collection_) return {};
  const CollectionConfig& config = current_->manifest.config;
  auto made = snapshot_ ? snapshot_->finish() : Collection::make(config);
  snapshot_.reset();
  if (!made.ok()) return made.status();
  collection_ = std::move(made.value());
  if (sameConfig(collection_->config(), config)) return {};
  return Status(StatusCode::Corrupt, "the snapshot of \"" + current_->manifest.name +
                                         "\" was made with another configuration");
}

Status ArchiveFile::addRecord(ByteView record) {
  if (Status status = finishParts(); !status.ok()) return status;
  return replayRecord(*collection_, record);
}

Status ArchiveFile::finishCollection() {
  if (!current_) return {};
  if (Status status = finishParts(); !status.ok()) return status;
  current_->records = collection_->count();
  current_->dimension = collection_->dimension();
  collection_.reset();
  collections_.push_back(std::move(*current_));
  current_.reset();
  return {};
}

}  // namespace pagevec::archive
