#include "reader_handle.h"

#include "marshal.h"
#include "search_columns.h"

namespace pagevec::wasm {
namespace {

using emscripten::val;

val outcomeOf(const Status& status) {
  return status.ok() ? marshal::success(val::null()) : marshal::failure(status);
}

val columnsOf(const std::vector<FusedSlot>& rows) {
  std::vector<uint32_t> numbers;
  std::vector<float> scores, parts;
  for (const FusedSlot& row : rows) {
    numbers.push_back(row.slot);
    scores.push_back(row.score);
    addParts(row, parts);
  }
  val columns = val::object();
  columns.set("numbers", marshal::arrayOf<uint32_t>(numbers));
  columns.set("scores", marshal::arrayOf<float>(scores));
  columns.set("parts", marshal::arrayOf<float>(parts));
  return columns;
}

}  // namespace

val StaticHandle::termShards(std::string text, uint32_t prefix) const {
  return marshal::arrayOf<uint32_t>(
      reader_->termShardsFor(text, marshal::enumFrom<PrefixWords>(prefix)));
}

val StaticHandle::addTermShard(uint32_t shard, val bytes) {
  return outcomeOf(reader_->addTermShard(shard, marshal::bytesFrom(bytes)));
}

val StaticHandle::addCentroids(val bytes) {
  return outcomeOf(reader_->addCentroids(marshal::bytesFrom(bytes)));
}

val StaticHandle::clusters(val query, uint32_t probes) const {
  const auto near = reader_->clustersNear(marshal::floatsFrom(query), probes);
  if (!near.ok()) return marshal::failure(near.status());
  return marshal::success(marshal::arrayOf<uint32_t>(near.value()));
}

val StaticHandle::addCluster(uint32_t cluster, val bytes) {
  return outcomeOf(reader_->addCluster(cluster, marshal::bytesFrom(bytes)));
}

val StaticHandle::search(val query, val text, val settings, uint32_t probes) {
  const std::vector<float> vector = marshal::floatsFrom(query);
  std::string words;
  StaticRequest request;
  static_cast<SearchSettings&>(request) = searchValuesFrom(settings).settings;
  request.vector = vector;
  request.probes = probes;
  if (!text.isNull()) request.text = words = text.as<std::string>();
  const auto rows = reader_->search(request);
  if (!rows.ok()) return marshal::failure(rows.status());
  return marshal::success(columnsOf(rows.value()));
}

val StaticHandle::passages(std::string text, val settings, val packedDocuments) {
  const auto documents = marshal::plainStringsFrom(packedDocuments);
  if (!documents.ok()) return marshal::failure(documents.status());
  const SearchSettings given = searchValuesFrom(settings).settings;
  std::vector<uint32_t> numbers;
  for (const auto& passages : reader_->passagesOf(text, given, documents.value())) {
    addPassages(passages, numbers);
  }
  return marshal::success(marshal::arrayOf<uint32_t>(numbers));
}

val StaticHandle::vectorOf(uint32_t cluster, uint32_t document) const {
  return marshal::arrayOf<float>(reader_->vectorOf(cluster, document));
}

}  // namespace pagevec::wasm
