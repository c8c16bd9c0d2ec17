#include "snapshot/snapshot_writer.h"

#include <algorithm>
#include <string>

#include "base/crc32c.h"
#include "snapshot/frame.h"
#include "snapshot/record_fields.h"

namespace pagevec {
namespace {

constexpr size_t kCountOffset = kFrameFieldsOffset + 28;  // the last of the part's fields

}  // namespace

SnapshotWriter::SnapshotWriter(const Collection& collection, uint64_t generation,
                               const Options& options)
    : collection_(collection),
      generation_(generation),
      options_(options),
      changes_(collection.changes()),
      nodes_(options.graph && collection.hnsw() != nullptr ? collection.hnsw()->nodes()
                                                           : HnswGraph{}),
      nodeOf_(nodes_.numbers()),
      slots_(collection.select({}, 0, collection.count())) {
  chooseRows();
}

// Rows of records and of graph nodes are used: a deleted node is a way point that others reach their
// neighbours through. The rest is dropped, but for what lies in a part that is taken over, and what is left
// is numbered anew in the same order.
void SnapshotWriter::chooseRows() {
  const Row rows = collection_.vectors() != nullptr ? collection_.vectors()->rows() : 0;
  std::vector<bool> used(rows);
  for (const Slot slot : slots_) used[collection_.rowOf(slot)] = true;
  for (const Row row : nodes_.rows) used[row] = true;
  storedRow_.resize(rows);
  Row keptEnd = 0;
  for (Row row = 0; row < rows; ++row) {
    const bool begins = options_.keeps && row >= keptEnd;  // no part within one that is kept
    const VectorsPart* part = begins ? collection_.places().partAt(row) : nullptr;
    if (part != nullptr && worthKeeping(*part, row, used)) {
      kept_.push_back({static_cast<uint32_t>(rows_.size()), *part});
      keptEnd = row + part->count;
    }
    storedRow_[row] = static_cast<Row>(rows_.size());
    if (used[row] || row < keptEnd) rows_.push_back(row);
    hasDeadRows_ = hasDeadRows_ || (!used[row] && row < keptEnd);
  }
}

// Small parts are written together, so that they do not become many, and those with many dead rows
// without them.
bool SnapshotWriter::worthKeeping(const VectorsPart& part, Row first,
                                  const std::vector<bool>& used) const {
  uint64_t live = 0;
  for (Row row = first; row < first + part.count; ++row) live += used[row] ? 1 : 0;
  return live * 4 >= uint64_t{part.count} * 3 &&
         part.count * vectorBytes() * 2 >= options_.partBytes;
}

uint16_t SnapshotWriter::version() const {
  const CollectionConfig& config = collection_.config();
  if (hasDeadRows_) return kDeadRowsVersion;
  if (config.quantization == Quantization::Binary) return 3;
  const bool first =
      config.quantization == Quantization::Int8 && config.keepVectors && config.rescore;
  return first ? kFirstVersion : 2;
}

bool SnapshotWriter::next(Bytes& part) {
  if (done_ || !status_.ok()) return false;
  wanted_ = {};
  keptFrom_.reset();
  const bool linked = !nodes_.rows.empty() && collection_.hnsw()->nodeCount() != nodes_.rows.size();
  if (collection_.changes() != changes_ || linked) {
    status_ = Status(
        StatusCode::InvalidArgument,
        "the collection was written to or linked while its snapshot was taken; start it again");
    return false;
  }
  while (kind_ != PartKind::Header && kind_ != PartKind::End && position_ == total(kind_)) {
    kind_ = static_cast<PartKind>(static_cast<uint8_t>(kind_) + 1);
    position_ = 0;
  }
  if (kind_ == PartKind::Header) {
    part = headerPart();
    kind_ = PartKind::Records;
  } else if (kind_ == PartKind::End) {
    part = endPart();
    done_ = true;
  } else {
    return listPart(part);
  }
  return true;
}

void SnapshotWriter::give(Bytes block) {
  Result<StoredVectors> opened = StoredVectors::open(std::move(block), collection_.dimension());
  if (!opened.ok()) {
    status_ = opened.status();
    return;
  }
  given_ = std::move(opened.value());
  block_ = std::exchange(wanted_, {});
}

uint32_t SnapshotWriter::total(PartKind kind) const {
  const size_t size = kind == PartKind::Records   ? slots_.size()
                      : kind == PartKind::Vectors ? rows_.size()
                                                  : nodes_.rows.size();
  return static_cast<uint32_t>(size);
}

void SnapshotWriter::begin(ByteWriter& out, PartKind kind, uint32_t first) const {
  beginHeader(out, FrameMagic::SnapshotPart, version());
  out.number(static_cast<uint8_t>(kind));
  out.raw(Bytes(3));
  out.number(parts_);
  out.number(generation_);
  out.number(collection_.lastSequence());
  out.number(first);
  out.number(uint32_t{0});  // the count, known to seal()
  endHeader(out);
}

Bytes SnapshotWriter::seal(ByteWriter& out, uint32_t count) {
  out.patch(kCountOffset, count);
  return chained(sealFrame(out));
}

Bytes SnapshotWriter::chained(Bytes part) {
  chain_ = crc32c(ByteView(part).subspan(kFrameHeaderBytes - 4, 4), chain_);
  ++parts_;
  return part;
}

Bytes SnapshotWriter::headerPart() {
  const CollectionConfig& config = collection_.config();
  ByteWriter out;
  begin(out, PartKind::Header, 0);
  out.number(static_cast<uint8_t>(config.space));
  out.number(static_cast<uint8_t>(config.index));
  out.number(static_cast<uint8_t>(config.quantization));
  out.number(static_cast<uint8_t>((config.keepVectors ? 0 : kVectorsNotKept) |
                                  (config.rescore ? 0 : kNoRescoring)));
  out.number(config.maxNeighbors);
  out.number(config.efConstruction);
  out.number(config.efSearch);
  out.number(collection_.dimension());
  out.number(total(PartKind::Records));
  out.number(total(PartKind::Vectors));
  out.number(total(PartKind::Graph));
  out.number(nodes_.rows.empty() ? 0 : nodes_.entryNode);
  return seal(out, 0);
}

bool SnapshotWriter::listPart(Bytes& part) {
  const bool vectors = kind_ == PartKind::Vectors;
  if (vectors && position_ == nextKept()) {
    part = keptPart(kept_[keptParts_++].part);
    return true;
  }
  const uint32_t end = vectors ? nextKept() : total(kind_);
  if (!out_) {
    first_ = position_;
    begin(out_.emplace(), kind_, first_);
    const uint64_t left = vectors ? uint64_t{end - first_} * vectorBytes() : 0;
    out_->reserve(kFrameHeaderBytes + static_cast<size_t>(std::min<uint64_t>(
                                          left, options_.partBytes + vectorBytes())));
  }
  ByteWriter& out = *out_;
  while (position_ < end && out.size() - kFrameHeaderBytes < options_.partBytes) {
    if (kind_ == PartKind::Records) writeRecord(out, position_);
    if (vectors && !writeVector(out, position_)) return false;
    if (kind_ == PartKind::Graph) writeNode(out, position_);
    ++position_;
  }
  const uint32_t count = position_ - first_;
  part = seal(out, count);
  if (vectors) vectorParts_.push_back({parts_ - 1, count, payloadChecksum(part)});
  out_.reset();
  return true;
}

/// Where the next part that is taken over begins; without one the end of the vectors.
uint32_t SnapshotWriter::nextKept() const {
  return keptParts_ < kept_.size() ? kept_[keptParts_].position : total(PartKind::Vectors);
}

Bytes SnapshotWriter::keptPart(const VectorsPart& part) {
  ByteWriter out;
  begin(out, PartKind::Vectors, position_);
  out.patch(kCountOffset, part.count);
  keptFrom_ = part.number;
  position_ += part.count;
  vectorParts_.push_back({parts_, part.count, part.checksum});
  return chained(sealHeader(out, uint64_t{part.count} * vectorBytes(), part.checksum));
}

Bytes SnapshotWriter::endPart() {
  ByteWriter out;
  begin(out, PartKind::End, 0);
  out.number(parts_ + 1);
  out.number(chain_);
  return seal(out, 0);
}

size_t SnapshotWriter::vectorBytes() const {
  return storedVectorBytes(collection_.config().keepVectors, collection_.dimension());
}

void SnapshotWriter::writeRecord(ByteWriter& out, uint32_t position) const {
  const Slot slot = slots_[position];
  const Record& record = collection_.stored(slot);
  const std::string* document = record.document ? &*record.document : nullptr;
  const Metadata* metadata = record.metadata ? &*record.metadata : nullptr;
  out.number(recordFlags(document, metadata, 0));
  out.number(storedRow_[collection_.rowOf(slot)]);
  writeRecordFields(out, record.id, document, metadata);
}

// False when the vector is in a block that was not given yet, or not in the block that was.
bool SnapshotWriter::writeVector(ByteWriter& out, uint32_t position) {
  const Row row = rows_[position];
  const VectorStore& vectors = *collection_.vectors();
  if (!collection_.config().keepVectors) {
    writeShorts(out, row);
    return true;
  }
  if (vectors.keepsFloats()) {
    out.array(vectors.vector(row));
    return true;
  }
  const VectorPlace place = collection_.places().find(row);
  // A way point that came with a graph, or that died before the graph of a rebuild led through it, so
  // that an earlier snapshot left it out: nobody reads its vector back.
  if (place.block == VectorPlace::Block::None && !collection_.isLive(row)) {
    std::vector<float> values(vectors.dimension());
    vectors.approximate(row, values.data());
    out.array(std::span<const float>(values));
    return true;
  }
  if (!place.sameBlock(block_)) {
    wanted_ = place;
    return false;
  }
  const ByteView vector = given_.at(place.index);
  if (vector.empty()) {
    status_ = Status(StatusCode::Corrupt, "stored vectors: vector " + std::to_string(place.index) +
                                              " is missing in its block");
    return false;
  }
  out.raw(vector);
  return true;
}

// What one unit stands for, then whole numbers of 16 bits: what rescoring has of a vector.
void SnapshotWriter::writeShorts(ByteWriter& out, Row row) const {
  std::vector<float> values(collection_.dimension());
  collection_.vectors()->approximate(row, values.data());
  const auto [scale, shorts] = toShorts(values);
  out.number(scale);
  out.array(std::span<const int16_t>(shorts));
}

VectorPlaces SnapshotWriter::places() const {
  VectorPlaces places;
  for (const VectorsPart& part : vectorParts_) places.addPart(part);
  auto part = vectorParts_.begin();
  uint32_t index = 0;  // in the part
  for (Row row = 0, stored = 0; row < storedRow_.size(); ++row) {
    if (stored == rows_.size() || rows_[stored] != row) {
      places.append({});
      continue;
    }
    if (index == part->count) {
      ++part;
      index = 0;
    }
    places.append({VectorPlace::Block::SnapshotPart, index++, part->number});
    ++stored;
  }
  return places;
}

void SnapshotWriter::writeNode(ByteWriter& out, uint32_t position) {
  out.number(storedRow_[nodes_.rows[position]]);
  out.number(nodes_.levels[position]);
  for (uint32_t level = 0; level <= nodes_.levels[position]; ++level) {
    const std::span<const Row> links = collection_.hnsw()->links(nodes_.rows[position], level);
    out.number(static_cast<uint32_t>(links.size()));
    for (const Row row : links) out.number(nodeOf_[row]);
  }
}

}  // namespace pagevec
