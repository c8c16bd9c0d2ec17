#include "handles.h"
#include "marshal.h"

namespace pagevec::wasm {

using emscripten::val;

js::DifferingRecords CollectionHandle::differing(const CollectionHandle& copy, uint32_t from,
                                                 uint32_t limit, uint32_t want) const {
  const std::vector<Slot> slots = collection_->differing(*copy.collection_, from, limit);
  val found = val::object();
  found.set("next", from);
  found.set("records", recordColumns(*collection_, slots, want));
  return js::DifferingRecords(std::move(found));
}

js::OutcomeOfNull CollectionHandle::takeRecords(const CollectionHandle& source) {
  const Status status = collection_->takeRecords(*source.collection_);
  return js::OutcomeOfNull(status.ok() ? marshal::success(val::null()) : marshal::failure(status));
}

}  // namespace pagevec::wasm
