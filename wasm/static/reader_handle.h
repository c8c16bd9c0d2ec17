#pragma once

#include <memory>
#include <string>

#include "js_types.h"
#include "static/static_reader.h"

namespace pagevec::wasm {

/// StaticHandle of js/src/engine/static-module.ts.
class StaticHandle {
 public:
  explicit StaticHandle(std::unique_ptr<StaticReader> reader) : reader_(std::move(reader)) {}

  emscripten::val termShards(std::string text, uint32_t prefix) const;
  emscripten::val addTermShard(uint32_t shard, emscripten::val bytes);
  emscripten::val addCentroids(emscripten::val bytes);
  emscripten::val clusters(emscripten::val query, uint32_t probes) const;
  emscripten::val addCluster(uint32_t cluster, emscripten::val bytes);
  emscripten::val search(emscripten::val query, emscripten::val text, emscripten::val settings,
                         uint32_t probes);
  emscripten::val passages(std::string text, emscripten::val settings,
                           emscripten::val packedDocuments);
  emscripten::val vectorOf(uint32_t cluster, uint32_t document) const;
  std::string fold(std::string text) const { return reader_->fold(text); }

 private:
  std::unique_ptr<StaticReader> reader_;
};

}  // namespace pagevec::wasm
