#include "snapshot/stored_vectors.h"

#include <cstring>

#include "snapshot/frame.h"
#include "snapshot/snapshot_format.h"

namespace pagevec {
namespace {

Status corrupt(const char* problem) {
  return Status(StatusCode::Corrupt, std::string("stored vectors: ") + problem);
}

/// How many vectors a block says it has, of the given dimension.
Result<uint32_t> countOf(Frame& frame, FrameMagic magic, uint32_t dimension) {
  ByteReader& fields = frame.fields;
  const auto kind = fields.number<uint8_t>();
  fields.raw(23);
  const auto first = fields.number<uint32_t>();  // a record's dimension, a part's first row
  const auto count = fields.number<uint32_t>();
  if (magic == FrameMagic::JournalRecord && (first != dimension || count == 0)) {
    return corrupt("the journal record has none of this dimension");
  }
  if (magic == FrameMagic::SnapshotPart && kind != static_cast<uint8_t>(PartKind::Vectors)) {
    return corrupt("the snapshot part has none");
  }
  return count;
}

}  // namespace

Result<StoredVectors> StoredVectors::open(Bytes block, uint32_t dimension) {
  const auto record = static_cast<uint32_t>(FrameMagic::JournalRecord);
  const bool isRecord = ByteReader(block).number<uint32_t>() == record;
  const FrameMagic magic = isRecord ? FrameMagic::JournalRecord : FrameMagic::SnapshotPart;
  Result<Frame> frame = openFrame(block, magic, isRecord ? "journal record" : "snapshot part");
  if (!frame.ok()) return frame.status();
  const Result<uint32_t> count = countOf(frame.value(), magic, dimension);
  if (!count.ok()) return count.status();
  // They are the end of a record's payload and the whole of a part's.
  const uint64_t bytes = uint64_t{count.value()} * dimension * sizeof(float);
  const size_t payload = frame->payload.size();
  if (bytes > payload || (!isRecord && bytes != payload)) return corrupt("their length is wrong");
  StoredVectors vectors;
  vectors.dimension_ = dimension;
  vectors.count_ = count.value();
  vectors.offset_ = block.size() - static_cast<size_t>(bytes);
  vectors.block_ = std::move(block);
  return vectors;
}

ByteView StoredVectors::at(uint32_t index) const {
  if (index >= count_) return {};
  const size_t bytes = dimension_ * sizeof(float);
  return ByteView(block_).subspan(offset_ + index * bytes, bytes);
}

bool StoredVectors::read(uint32_t index, float* values) const {
  const ByteView vector = at(index);
  if (!vector.empty()) std::memcpy(values, vector.data(), vector.size());
  return !vector.empty();
}

}  // namespace pagevec
