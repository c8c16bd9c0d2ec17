#include "snapshot/snapshot_reader.h"

#include <algorithm>
#include <string>

#include "base/crc32c.h"
#include "collection/limits.h"
#include "snapshot/frame.h"
#include "snapshot/record_fields.h"

namespace pagevec {
namespace {

constexpr const char* kName = "snapshot part";

}  // namespace

struct SnapshotReader::Part {
  PartKind kind;
  uint32_t index;
  uint64_t generation;
  uint64_t lastSequence;
  uint32_t first;
  uint32_t count;
  uint16_t version;
  uint32_t payloadChecksum;
  uint32_t headerChecksum;
  ByteView payload;

  static Result<Part> open(ByteView bytes);
  Status corrupt(const std::string& problem) const {
    return Status(StatusCode::Corrupt,
                  std::string(kName) + ' ' + std::to_string(index) + ": " + problem);
  }
};

Result<SnapshotReader::Part> SnapshotReader::Part::open(ByteView bytes) {
  Result<Frame> frame = openFrame(bytes, FrameMagic::SnapshotPart, kName);
  if (!frame.ok()) return frame.status();
  ByteReader& fields = frame->fields;
  Part part;
  part.kind = static_cast<PartKind>(fields.number<uint8_t>());
  const ByteView reserved = fields.raw(3);
  part.index = fields.number<uint32_t>();
  part.generation = fields.number<uint64_t>();
  part.lastSequence = fields.number<uint64_t>();
  part.first = fields.number<uint32_t>();
  part.count = fields.number<uint32_t>();
  part.version = frame->version;
  part.payloadChecksum = frame->payloadChecksum;
  part.headerChecksum = frame->headerChecksum;
  part.payload = frame->payload;
  if (part.kind < PartKind::Header || part.kind > PartKind::End)
    return part.corrupt("unknown kind");
  if (std::any_of(reserved.begin(), reserved.end(), [](uint8_t byte) { return byte != 0; })) {
    return part.corrupt("reserved bytes are not zero");
  }
  return part;
}

Status SnapshotReader::feed(ByteView part) {
  if (status_.ok()) status_ = take(part);
  return status_;
}

Status SnapshotReader::take(ByteView bytes) {
  const Result<Part> opened = Part::open(bytes);
  if (!opened.ok()) return opened.status();
  const Part& part = opened.value();
  if (Status status = checkPlace(part); !status.ok()) return status;

  Status status;
  switch (part.kind) {
    case PartKind::Header: status = readHeader(part); break;
    case PartKind::Records: status = readRecords(part); break;
    case PartKind::Vectors: status = readVectors(part); break;
    case PartKind::Graph: status = readGraph(part); break;
    case PartKind::End: status = readEnd(part); break;
  }
  if (!status.ok()) return status;
  kind_ = part.kind;
  ++parts_;
  ByteWriter checksum;
  checksum.number(part.headerChecksum);
  chain_ = crc32c(checksum.view(), chain_);
  return {};
}

Status SnapshotReader::checkPlace(const Part& part) const {
  if (ended_) return part.corrupt("it follows the end of the snapshot");
  if (part.index != parts_) {
    return part.corrupt("part " + std::to_string(parts_) + " should be here; it is missing");
  }
  const bool first = parts_ == 0;
  if (!first && (part.generation != generation_ || part.lastSequence != content_.lastSequence)) {
    return part.corrupt("it belongs to another snapshot, generation " +
                        std::to_string(part.generation));
  }
  if ((part.kind == PartKind::Header) != first || part.kind < kind_) {
    return part.corrupt("its kind is out of order");
  }
  const bool isList = part.kind != PartKind::Header && part.kind != PartKind::End;
  if (part.first != taken(part.kind) || (part.count > 0) != isList) {
    return part.corrupt("it begins at " + std::to_string(part.first) + " with " +
                        std::to_string(part.count) + " entries, " +
                        std::to_string(taken(part.kind)) + " are before it");
  }
  return {};
}

size_t SnapshotReader::taken(PartKind kind) const {
  switch (kind) {
    case PartKind::Records: return content_.records.size();
    case PartKind::Vectors: return content_.vectors ? content_.vectors->rows() : 0;
    case PartKind::Graph: return content_.graph.rows.size();
    default: return 0;
  }
}

Status SnapshotReader::readHeader(const Part& part) {
  ByteReader in(part.payload);
  config_.space = static_cast<Space>(in.number<uint8_t>());
  config_.index = static_cast<IndexKind>(in.number<uint8_t>());
  const auto quantization = in.number<uint8_t>();
  const auto flags = in.number<uint8_t>();
  config_.maxNeighbors = in.number<uint32_t>();
  config_.efConstruction = in.number<uint32_t>();
  config_.efSearch = in.number<uint32_t>();
  totals_.dimension = in.number<uint32_t>();
  totals_.records = in.number<uint32_t>();
  totals_.rows = in.number<uint32_t>();
  totals_.nodes = in.number<uint32_t>();
  totals_.entryNode = in.number<uint32_t>();
  const uint8_t lastQuantization = part.version > 2 ? 3 : part.version > 1 ? 2 : 0;
  const uint8_t knownFlags = part.version > 1 ? kVectorsNotKept | kNoRescoring : 0;
  const bool known = quantization <= lastQuantization && flags <= knownFlags;
  if (!in.atEnd() || !known) return part.corrupt("the header has a wrong length");
  config_.quantization = static_cast<Quantization>(quantization);
  config_.keepVectors = !(flags & kVectorsNotKept);
  config_.rescore = !(flags & kNoRescoring);
  if (const auto made = Collection::make(config_); !made.ok()) {
    return part.corrupt("the configuration is wrong: " + made.status().message());
  }
  if (totals_.dimension > kMaxDimension || (totals_.dimension == 0 && totals_.rows > 0) ||
      totals_.rows > kMaxRows || totals_.records > totals_.rows || totals_.nodes > totals_.rows ||
      (totals_.nodes == 0 && totals_.entryNode != 0)) {
    return part.corrupt("its totals contradict each other");
  }
  content_.hasDeadRows = part.version >= kDeadRowsVersion;
  generation_ = part.generation;
  content_.lastSequence = part.lastSequence;
  content_.graph.entryNode = totals_.entryNode;
  if (totals_.dimension > 0) {
    content_.vectors =
        std::make_unique<VectorStore>(config_.space, totals_.dimension, config_.storeOptions());
  }
  return {};
}

Status SnapshotReader::readRecords(const Part& part) {
  ByteReader in(part.payload);
  for (uint32_t i = 0; i < part.count; ++i) {
    const auto flags = in.number<uint8_t>();
    const auto row = in.number<uint32_t>();
    Result<RecordFields> fields = readRecordFields(in, flags, 0);
    if (!fields.ok()) {
      return part.corrupt("record " + std::to_string(part.first + i) + ": " +
                          fields.status().message());
    }
    content_.records.push_back(
        {std::move(fields->id), std::move(fields->document), std::move(fields->metadata)});
    content_.rows.push_back(row);
  }
  return in.atEnd() ? Status() : part.corrupt("bytes are left over after the records");
}

Status SnapshotReader::readVectors(const Part& part) {
  const size_t vectorBytes = storedVectorBytes(config_.keepVectors, totals_.dimension);
  if (totals_.dimension == 0 || part.payload.size() % vectorBytes != 0 ||
      part.payload.size() / vectorBytes != part.count) {
    return part.corrupt("its length does not fit its number of vectors");
  }
  ByteReader in(part.payload);
  std::vector<float> values(totals_.dimension);
  if (!config_.floatsInHeap) {
    content_.places.addPart({part.index, part.count, part.payloadChecksum});
  }
  for (uint32_t i = 0; i < part.count; ++i) {
    readVector(in, values);
    const size_t bad = firstUnusableValue(values);
    if (bad < values.size()) {
      const std::string owner = "vector " + std::to_string(part.first + i);
      return part.corrupt(unusableValue(owner, bad, values[bad]).message());
    }
    content_.vectors->append(values.data());
    if (!config_.floatsInHeap) {
      content_.places.append({VectorPlace::Block::SnapshotPart, i, part.index});
    }
  }
  return {};
}

// Its length was checked.
void SnapshotReader::readVector(ByteReader& in, std::vector<float>& values) const {
  if (config_.keepVectors) {
    const ByteView stored = in.raw(values.size() * sizeof(float));
    std::memcpy(values.data(), stored.data(), stored.size());
    return;
  }
  const auto scale = in.number<float>();
  size_t i = 0;
  for (const int16_t value : in.array<int16_t>(values.size())) values[i++] = scale * value;
}

Status SnapshotReader::readGraph(const Part& part) {
  ByteReader in(part.payload);
  HnswGraph& graph = content_.graph;
  for (uint32_t i = 0; i < part.count && in.ok(); ++i) {
    graph.rows.push_back(in.number<uint32_t>());
    graph.levels.push_back(in.number<uint8_t>());
    for (uint32_t level = 0; level <= graph.levels.back() && in.ok(); ++level) {
      const auto count = in.number<uint32_t>();
      const std::vector<uint32_t> nodes = in.array<uint32_t>(count);
      graph.links.push_back(count);
      graph.links.insert(graph.links.end(), nodes.begin(), nodes.end());
    }
  }
  return in.atEnd() ? Status() : part.corrupt("its length does not fit its number of nodes");
}

Status SnapshotReader::readEnd(const Part& part) {
  ByteReader in(part.payload);
  const auto parts = in.number<uint32_t>();
  const auto chain = in.number<uint32_t>();
  if (!in.atEnd() || parts != parts_ + 1 || chain != chain_) {
    return part.corrupt("the parts before it are not the ones it was written after");
  }
  if (taken(PartKind::Records) != totals_.records || taken(PartKind::Vectors) != totals_.rows ||
      taken(PartKind::Graph) != totals_.nodes) {
    return part.corrupt("records, vectors or graph nodes are missing");
  }
  ended_ = true;
  return {};
}

Result<std::unique_ptr<Collection>> SnapshotReader::finish() {
  if (!status_.ok()) return status_;
  if (!ended_) {
    return Status(StatusCode::Corrupt, "the snapshot ends after part " + std::to_string(parts_) +
                                           "; the parts after it are missing");
  }
  status_ = Status(StatusCode::InvalidArgument,
                   "the snapshot was finished before; read it again with a new reader");
  return Collection::restore(config_, std::move(content_));
}

Result<std::unique_ptr<Collection>> SnapshotReader::finishWithoutGraph() {
  if (parts_ == 0 || taken(PartKind::Records) != totals_.records ||
      taken(PartKind::Vectors) != totals_.rows) {
    return status_.ok() ? Status(StatusCode::Corrupt, "records or vectors are missing") : status_;
  }
  content_.graph = {};
  content_.hasDeadRows = true;
  ended_ = true;
  if (status_.code() != StatusCode::FormatTooNew) status_ = {};
  return finish();
}

}  // namespace pagevec
