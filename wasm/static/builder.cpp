#include <emscripten/bind.h>

#include "marshal.h"
#include "static/clusters.h"
#include "static/coded_rows.h"
#include "static/term_shard.h"

namespace pagevec::wasm {
namespace {

using emscripten::val;

/// The words of a site, while its index is built.
class StaticWordsHandle {
 public:
  val add(val packedTexts) {
    const auto texts = marshal::stringsFrom(packedTexts);
    if (!texts.ok()) return marshal::failure(texts.status());
    for (const std::optional<std::string>& text : texts.value()) {
      if (text.has_value()) postings_.add(next_, *text);
      ++next_;
    }
    return marshal::success(val::null());
  }
  val lengths() const { return marshal::arrayOf<uint8_t>(writeLengths(postings_)); }
  val shards(uint32_t targetBytes) {
    val list = val::array();
    for (const TermShard& shard : writeTermShards(postings_, targetBytes)) {
      val object = val::object();
      object.set("first", shard.first);
      object.set("bytes", marshal::arrayOf<uint8_t>(shard.bytes));
      list.call<void>("push", object);
    }
    return list;
  }

 private:
  Postings postings_;
  uint32_t next_ = 0;
};

float clipOf(val vectors, uint32_t dimension) {
  return clipFor(marshal::floatsFrom(vectors), dimension);
}

val encode(val vectors, uint32_t dimension, float clip) {
  return marshal::arrayOf<uint8_t>(encodeRows(marshal::floatsFrom(vectors), dimension, clip));
}

val train(val rows, uint32_t dimension, uint32_t clusters) {
  const Result<Bytes> centroids = trainCentroids(marshal::bytesFrom(rows), dimension, clusters);
  if (!centroids.ok()) return marshal::failure(centroids.status());
  return marshal::success(marshal::arrayOf<uint8_t>(centroids.value()));
}

val assign(val rows, val centroids, uint32_t dimension) {
  const auto nearest =
      nearestCentroids(marshal::bytesFrom(rows), marshal::bytesFrom(centroids), dimension);
  if (!nearest.ok()) return marshal::failure(nearest.status());
  return marshal::success(marshal::arrayOf<uint32_t>(nearest.value()));
}

val probe(val rows, val centroids, val clusters, uint32_t dimension, uint32_t k, float target) {
  const auto numbers = emscripten::convertJSArrayToNumberVector<uint32_t>(clusters);
  const Result<Probes> probes = probesFor(marshal::bytesFrom(rows), marshal::bytesFrom(centroids),
                                          numbers, dimension, k, target);
  if (!probes.ok()) return marshal::failure(probes.status());
  val object = val::object();
  object.set("count", probes->count);
  object.set("recall", probes->recall);
  return marshal::success(object);
}

}  // namespace
}  // namespace pagevec::wasm

// StaticBuilderModule of js/src/engine/static-module.ts: what building an index takes, in Node.
EMSCRIPTEN_BINDINGS(pagevec_static_builder) {
  using namespace emscripten;
  using namespace pagevec::wasm;

  class_<StaticWordsHandle>("StaticWordsHandle")
      .constructor<>()
      .function("add", &StaticWordsHandle::add)
      .function("lengths", &StaticWordsHandle::lengths)
      .function("shards", &StaticWordsHandle::shards);

  function("clipOf", &clipOf);
  function("encode", &encode);
  function("train", &train);
  function("assign", &assign);
  function("probe", &probe);
}
