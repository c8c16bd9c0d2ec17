#include "index/hnswlib_format.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "distance/vector_limits.h"
#include "index/hnsw_graph.h"

namespace pagevec {
namespace {

constexpr uint32_t kHeaderBytes = 96;
constexpr uint64_t kLabelBytes = sizeof(uint64_t);
/// In the count of a level-0 list (hnswlib's DELETE_MARK in its third byte). The count has 16 bits.
constexpr uint32_t kDeletedMark = 1 << 16;
/// hnswlib's tableint and int of an index without elements.
constexpr uint32_t kNone = 0xFFFFFFFF;

/// The fields of the file in their order. A size_t of hnswlib is a u64, its int and tableint a u32.
struct Header {
  uint64_t offsetLevel0, maxElements, count, elementBytes, labelOffset, vectorOffset;
  uint32_t maxLevel, entryPoint;
  uint64_t maxM, maxM0, m;
  double levelFactor;
  uint64_t efConstruction;
};
static_assert(sizeof(Header) == kHeaderBytes);

uint64_t listBytes(uint64_t links) { return sizeof(uint32_t) * (1 + links); }

std::string text(uint64_t number) { return std::to_string(number); }

Status corrupt(const std::string& what) {
  return {StatusCode::Corrupt,
          "the file is damaged, or no index that hnswlib 0.8 saved on a 64-bit machine: " + what};
}

Status limitExceeded(const char* name, uint64_t value, const char* limits) {
  return {StatusCode::LimitExceeded,
          std::string("the hnswlib index has ") + name + ' ' + text(value) + "; give " + limits};
}

Status checkSizes(const Header& header, uint64_t fileBytes) {
  if (header.offsetLevel0 != 0) return corrupt("level 0 is at " + text(header.offsetLevel0));
  if (header.maxM != header.m || header.maxM0 / 2 != header.m || header.maxM0 % 2 != 0) {
    return corrupt("its M is " + text(header.m) + ", but it has room for " + text(header.maxM) +
                   " and " + text(header.maxM0) + " links");
  }
  if (header.m < 2 || header.m > 128) return limitExceeded("an M of", header.m, "2 to 128");
  const uint64_t vectorBytes = header.labelOffset - header.vectorOffset;
  if (header.vectorOffset != listBytes(header.maxM0) || header.labelOffset <= header.vectorOffset ||
      vectorBytes % sizeof(float) != 0 || header.elementBytes - header.labelOffset != kLabelBytes) {
    return corrupt("its vectors are at " + text(header.vectorOffset) + ", its labels at " +
                   text(header.labelOffset) + " of " + text(header.elementBytes) + " bytes");
  }
  if (vectorBytes / sizeof(float) > kMaxDimension) {
    return limitExceeded("dimensions:", vectorBytes / sizeof(float), "1 to 65536");
  }
  // Behind the elements each has the length of its other lists.
  const uint64_t room = (fileBytes - kHeaderBytes) / (header.elementBytes + sizeof(uint32_t));
  if (header.count > room || header.count >= kNone) {
    return corrupt("it speaks of " + text(header.count) + " elements and has room for " +
                   text(room));
  }
  if (header.maxElements < header.count) {
    return corrupt(text(header.count) + " elements, where it allows " + text(header.maxElements));
  }
  return {};
}

Status checkHeader(const Header& header, uint64_t fileBytes) {
  if (Status status = checkSizes(header, fileBytes); !status.ok()) return status;
  if (header.efConstruction == 0 || header.efConstruction > kNone) {
    return corrupt("its ef_construction is " + text(header.efConstruction));
  }
  if (!std::isfinite(header.levelFactor) || header.levelFactor <= 0) {
    return corrupt("the factor of its levels is not a positive number");
  }
  const bool empty = header.count == 0;
  if (empty != (header.entryPoint == kNone) || empty != (header.maxLevel == kNone)) {
    return corrupt("it has " + text(header.count) + " elements and begins at " +
                   text(header.entryPoint) + " on level " + text(header.maxLevel));
  }
  return {};
}

/// Reads elements and links into an index whose dimension and params are set.
class Reader {
 public:
  Reader(ByteView file, const Header& header, HnswlibIndex& index)
      : header_(header),
        index_(index),
        elements_(file.subspan(kHeaderBytes, header.count * header.elementBytes)),
        lists_(file.subspan(kHeaderBytes + elements_.size())) {}

  Status read() {
    for (uint32_t element = 0; element < header_.count; ++element) {
      if (Status status = readElement(element); !status.ok()) return status;
      if (Status status = readUpperLists(element); !status.ok()) return status;
    }
    if (!lists_.atEnd()) return corrupt(text(lists_.remaining()) + " bytes follow its last list");
    if (Status status = checkLabels(); !status.ok()) return status;
    if (header_.count == 0) return {};
    index_.graph.entryNode = header_.entryPoint;
    const HnswParams params{index_.params.maxNeighbors, 1};
    const Status status = checkGraph(index_.graph, params, static_cast<Row>(header_.count));
    if (!status.ok()) return corrupt(status.message());
    const uint8_t top = index_.graph.levels[header_.entryPoint];
    if (header_.maxLevel == top) return {};
    return corrupt("its highest level is " + text(top) + " and not " + text(header_.maxLevel));
  }

 private:
  static Status wrong(uint32_t element, const std::string& what) {
    return corrupt("element " + text(element) + ' ' + what);
  }

  Status readElement(uint32_t element) {
    ByteReader in(elements_.subspan(element * header_.elementBytes, header_.elementBytes));
    const ByteView list = in.raw(header_.vectorOffset);
    const std::vector<float> vector = in.array<float>(index_.dimension);
    index_.labels.push_back(in.number<uint64_t>());
    index_.graph.rows.push_back(element);
    for (size_t i = 0; i < vector.size(); ++i) {
      if (!std::isfinite(vector[i])) return wrong(element, "has no number at " + text(i));
    }
    uint32_t count;
    std::memcpy(&count, list.data(), sizeof count);
    index_.deleted.push_back((count & kDeletedMark) != 0);
    return takeList(element, list, count & ~kDeletedMark, header_.maxM0);
  }

  // The lists have one length; of each only the first links count.
  Status takeList(uint32_t element, ByteView list, uint32_t count, uint64_t limit) {
    if (count > limit) return wrong(element, "has " + text(count) + " links in a list");
    ByteReader in(list);
    in.number<uint32_t>();
    const std::vector<uint32_t> links = in.array<uint32_t>(count);
    index_.graph.links.push_back(count);
    index_.graph.links.insert(index_.graph.links.end(), links.begin(), links.end());
    return {};
  }

  Status readUpperLists(uint32_t element) {
    const uint64_t length = listBytes(header_.maxM);
    const auto bytes = lists_.number<uint32_t>();
    const ByteView lists = lists_.raw(bytes);
    if (!lists_.ok() || bytes % length != 0 || bytes / length > kMaxHnswLevel) {
      return wrong(element, "has lists of " + text(bytes) + " bytes");
    }
    for (uint64_t at = 0; at < bytes; at += length) {
      uint32_t count;
      std::memcpy(&count, lists.data() + at, sizeof count);
      const Status status = takeList(element, lists.subspan(at, length), count, header_.maxM);
      if (!status.ok()) return status;
    }
    index_.graph.levels.push_back(static_cast<uint8_t>(bytes / length));
    return {};
  }

  Status checkLabels() const {
    std::vector<uint64_t> sorted = index_.labels;
    std::sort(sorted.begin(), sorted.end());
    const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
    if (twice == sorted.end()) return {};
    return corrupt("two elements have the label " + text(*twice));
  }

  const Header& header_;
  HnswlibIndex& index_;
  ByteView elements_;
  ByteReader lists_;
};

Header headerOf(const HnswlibIndex& index) {
  const uint64_t m = index.params.maxNeighbors;
  const size_t count = index.labels.size();
  Header header{};
  // hnswlib has no room for nothing.
  header.maxElements = std::max<size_t>(count, 1);
  header.count = count;
  header.elementBytes = index.stride();
  header.labelOffset = index.stride() - kLabelBytes;
  header.vectorOffset = listBytes(2 * m);
  header.maxLevel = count == 0 ? kNone : index.graph.levels[index.graph.entryNode];
  header.entryPoint = count == 0 ? kNone : index.graph.entryNode;
  header.maxM = m;
  header.maxM0 = 2 * m;
  header.m = m;
  header.levelFactor = 1 / std::log(static_cast<double>(m));
  header.efConstruction = index.params.efConstruction;
  return header;
}

/// Writes a list with room for so many links, and moves on to the next.
void putList(ByteWriter& out, const uint32_t*& links, uint64_t room, bool deleted) {
  const uint32_t count = *links++;
  out.number(count | (deleted ? kDeletedMark : 0));
  out.array(std::span(links, count));
  for (uint64_t i = count; i < room; ++i) out.number(uint32_t{0});
  links += count;
}

Status checkLists(const HnswlibIndex& index, std::span<const float> vectors) {
  const size_t count = index.labels.size();
  const uint64_t values = uint64_t{count} * index.dimension;
  if (index.deleted.size() != count || index.graph.rows.size() != count ||
      (!vectors.empty() && vectors.size() != values)) {
    return {StatusCode::InvalidArgument,
            text(count) + " labels need as many marks, nodes and vectors; there are " +
                text(index.deleted.size()) + ", " + text(index.graph.rows.size()) + " and " +
                text(vectors.size()) + " values"};
  }
  if (index.dimension == 0 || index.dimension > kMaxDimension) {
    return limitExceeded("dimensions:", index.dimension, "1 to 65536");
  }
  return checkGraph(index.graph, {index.params.maxNeighbors, 1}, static_cast<Row>(count));
}

}  // namespace

uint64_t HnswlibIndex::stride() const {
  return listBytes(2 * uint64_t{params.maxNeighbors}) + uint64_t{dimension} * sizeof(float) +
         kLabelBytes;
}

uint64_t HnswlibIndex::vectorOffset(size_t element) const {
  return kHeaderBytes + element * stride() + listBytes(2 * uint64_t{params.maxNeighbors});
}

Result<HnswlibIndex> readHnswlib(ByteView file) {
  if (file.size() < kHeaderBytes) return corrupt("it has " + text(file.size()) + " bytes");
  Header header;
  std::memcpy(&header, file.data(), sizeof header);
  if (Status status = checkHeader(header, file.size()); !status.ok()) return status;
  HnswlibIndex index;
  index.dimension =
      static_cast<uint32_t>((header.labelOffset - header.vectorOffset) / sizeof(float));
  index.params = {static_cast<uint32_t>(header.m), static_cast<uint32_t>(header.efConstruction)};
  Reader reader(file, header, index);
  if (Status status = reader.read(); !status.ok()) return status;
  return index;
}

void copyVector(ByteView file, const HnswlibIndex& index, size_t element, float* values) {
  std::memcpy(values, file.data() + index.vectorOffset(element), index.dimension * sizeof(float));
}

Result<Bytes> writeHnswlib(const HnswlibIndex& index, std::span<const float> vectors) {
  if (Status status = checkLists(index, vectors); !status.ok()) return status;
  const Header header = headerOf(index);
  const HnswGraph& graph = index.graph;
  ByteWriter out;
  out.raw({reinterpret_cast<const uint8_t*>(&header), sizeof header});
  ByteWriter upper;
  const uint32_t* links = graph.links.data();
  const Bytes blank(index.dimension * sizeof(float));
  for (size_t i = 0; i < header.count; ++i) {
    putList(out, links, header.maxM0, index.deleted[i] != 0);
    if (vectors.empty()) out.raw(blank);
    if (!vectors.empty()) out.array(vectors.subspan(i * index.dimension, index.dimension));
    out.number(index.labels[i]);
    upper.number(static_cast<uint32_t>(graph.levels[i] * listBytes(header.maxM)));
    for (uint8_t level = 0; level < graph.levels[i]; ++level) {
      putList(upper, links, header.maxM, false);
    }
  }
  out.raw(upper.view());
  return out.take();
}

}  // namespace pagevec
