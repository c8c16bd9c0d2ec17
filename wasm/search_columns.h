#pragma once

#include <emscripten/val.h>

#include <cstdint>
#include <vector>

#include "lexical/highlight.h"
#include "lexical/ranked_search.h"

/// What searches of a collection and of a static index take and give alike.
namespace pagevec::wasm {

/// SEARCH_SETTINGS of js/src/engine/module.ts.
struct SearchValues {
  SearchSettings settings;
  uint32_t efSearch = 0;  ///< of a collection
  bool explain = false;   ///< of a collection
};
SearchValues searchValuesFrom(const emscripten::val& numbers);

/// Appends a hit's numbers as SearchColumns of js/src/engine/module.ts has them.
void addParts(const FusedSlot& hit, std::vector<float>& parts);
void addPassages(const std::vector<Passage>& passages, std::vector<uint32_t>& numbers);

}  // namespace pagevec::wasm
