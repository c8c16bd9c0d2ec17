#include <emscripten/bind.h>

#include "marshal.h"
#include "reader_handle.h"

namespace pagevec::wasm {
namespace {

using emscripten::val;

/// openStatic(lengths, firsts): Outcome<StaticHandle>.
val openStatic(val lengths, val packedFirsts) {
  Result<std::vector<std::string>> firsts = marshal::plainStringsFrom(packedFirsts);
  if (!firsts.ok()) return marshal::failure(firsts.status());
  auto reader = StaticReader::open(marshal::bytesFrom(lengths), std::move(firsts.value()));
  if (!reader.ok()) return marshal::failure(reader.status());
  return marshal::success(val(std::make_unique<StaticHandle>(std::move(reader.value()))));
}

}  // namespace
}  // namespace pagevec::wasm

// StaticModule of js/src/engine/static-module.ts: what a page needs of a static index.
EMSCRIPTEN_BINDINGS(pagevec_static) {
  using namespace emscripten;
  using namespace pagevec::wasm;

  class_<StaticHandle>("StaticHandle")
      .function("termShards", &StaticHandle::termShards)
      .function("addTermShard", &StaticHandle::addTermShard)
      .function("addCentroids", &StaticHandle::addCentroids)
      .function("clusters", &StaticHandle::clusters)
      .function("addCluster", &StaticHandle::addCluster)
      .function("search", &StaticHandle::search)
      .function("passages", &StaticHandle::passages)
      .function("vectorOf", &StaticHandle::vectorOf)
      .function("fold", &StaticHandle::fold);

  function("openStatic", &openStatic);
}
