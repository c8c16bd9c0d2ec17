#include "index/hnswlib_format.h"

#include <emscripten/bind.h>

#include <algorithm>
#include <numeric>
#include <string>

#include "collection/limits.h"
#include "graph_block.h"
#include "index/graph_copies.h"
#include "marshal.h"

// The format of hnswlib's files; ConverterModule in js/src/engine/module.ts describes the calls.
namespace pagevec::wasm {
namespace {

using emscripten::val;

Status checkValues(ByteView file, const HnswlibIndex& index) {
  std::vector<float> vector(index.dimension);
  for (size_t i = 0; i < index.labels.size(); ++i) {
    copyVector(file, index, i, vector.data());
    if (const size_t bad = firstUnusableValue(vector); bad < vector.size()) {
      return unusableValue("element " + std::to_string(i), bad, vector[bad]);
    }
  }
  return {};
}

/// Elements that are found, then those that are way points only.
std::vector<uint32_t> foundFirst(const std::vector<uint8_t>& deleted) {
  std::vector<uint32_t> order(deleted.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_partition(order.begin(), order.end(), [&](uint32_t i) { return deleted[i] == 0; });
  return order;
}

val readHnswlibFile(val bytes) {
  const Bytes file = marshal::bytesFrom(bytes);
  Result<HnswlibIndex> index = readHnswlib(file);
  if (!index.ok()) return marshal::failure(index.status());
  if (Status status = checkValues(file, index.value()); !status.ok()) {
    return marshal::failure(status);
  }
  const std::vector<uint32_t> order = foundFirst(index->deleted);
  marshal::StringPacker labels;
  for (uint32_t row = 0; row < order.size(); ++row) {
    index->graph.rows[order[row]] = row;
    if (index->deleted[order[row]] != 0) continue;
    labels.add(std::to_string(index->labels[order[row]]));
  }
  val content = val::object();
  content.set("dimension", index->dimension);
  content.set("maxNeighbors", index->params.maxNeighbors);
  content.set("labels", labels.pack());
  content.set("order", marshal::arrayOf<uint32_t>(order));
  content.set("vectorOffset", static_cast<double>(index->vectorOffset(0)));
  content.set("stride", static_cast<double>(index->stride()));
  content.set("graph", marshal::arrayOf<uint32_t>(marshal::graphBlock(index->graph)));
  return marshal::success(content);
}

/// Fills in labels and marks of the graph's rows: a record's label is its position among the
/// records, those of way points follow. Numbers the rows anew. False unless each record is a node.
bool labelNodes(HnswlibIndex& index, std::span<const uint32_t> records) {
  std::vector<uint32_t>& rows = index.graph.rows;
  uint32_t last = 0;
  for (const uint32_t row : rows) last = std::max(last, row);
  std::vector<uint32_t> place(size_t{last} + 1, UINT32_MAX);
  for (uint32_t i = 0; i < records.size(); ++i) {
    if (records[i] <= last) place[records[i]] = i;
  }
  uint64_t next = records.size();
  for (const uint32_t row : rows) {
    const bool deleted = place[row] == UINT32_MAX;
    index.labels.push_back(deleted ? next++ : place[row]);
    index.deleted.push_back(deleted);
  }
  std::iota(rows.begin(), rows.end(), 0u);
  return next - records.size() == rows.size() - records.size();
}

val writeHnswlibFile(val block, uint32_t dimension, uint32_t maxNeighbors,
                     uint32_t efConstruction) {
  HnswlibIndex index;
  index.dimension = dimension;
  index.params = {maxNeighbors, efConstruction};
  std::vector<uint32_t> rest;
  index.graph = marshal::graphFrom(block, &rest);
  const size_t copies = rest.empty() ? 0 : std::min<size_t>(rest[0], rest.size() - 1);
  const std::span<const uint32_t> behind(rest.data() + !rest.empty(), rest.size() - !rest.empty());
  addCopies(index.graph, index.params, behind.first(copies));
  const std::vector<uint32_t> rows = index.graph.rows;
  if (!labelNodes(index, behind.subspan(copies))) {
    return marshal::failure({StatusCode::InvalidArgument, "there are records that are not linked"});
  }
  const Result<Bytes> file = writeHnswlib(index, {});
  if (!file.ok()) return marshal::failure(file.status());
  val content = val::object();
  content.set("file", marshal::arrayOf<uint8_t>(file.value()));
  content.set("rows", marshal::arrayOf<uint32_t>(rows));
  content.set("vectorOffset", static_cast<double>(index.vectorOffset(0)));
  content.set("stride", static_cast<double>(index.stride()));
  return marshal::success(content);
}

}  // namespace
}  // namespace pagevec::wasm

EMSCRIPTEN_BINDINGS(pagevec_hnswlib) {
  emscripten::function("readHnswlib", &pagevec::wasm::readHnswlibFile);
  emscripten::function("writeHnswlib", &pagevec::wasm::writeHnswlibFile);
}
