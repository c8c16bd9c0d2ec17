#include "search_columns.h"

#include <algorithm>

#include "marshal.h"

namespace pagevec::wasm {
namespace {

/// Reads numbers one after another.
class Numbers {
 public:
  explicit Numbers(const emscripten::val& numbers) : values_(marshal::floatsFrom(numbers)) {}

  float number() { return at_ < values_.size() ? values_[at_++] : 0; }
  /// What is no whole number of 24 bits is brought to one.
  uint32_t whole() {
    const float value = number();
    return value > 0 ? static_cast<uint32_t>(std::min(value, 16777216.0f)) : 0;
  }

 private:
  std::vector<float> values_;
  size_t at_ = 0;
};

void addRange(const TextRange& range, std::vector<uint32_t>& numbers) {
  numbers.push_back(range.begin);
  numbers.push_back(range.end);
}

}  // namespace

SearchValues searchValuesFrom(const emscripten::val& given) {
  Numbers numbers(given);
  SearchValues values;
  SearchSettings& settings = values.settings;
  settings.candidates = numbers.whole();
  settings.limit = numbers.whole();
  values.efSearch = numbers.whole();
  settings.fusion = marshal::enumFrom<Fusion>(numbers.whole());
  settings.vectorWeight = numbers.number();
  settings.keywordWeight = numbers.number();
  settings.keyword.prefix = marshal::enumFrom<PrefixWords>(numbers.whole());
  settings.keyword.fuzzy = static_cast<uint8_t>(std::min<uint32_t>(numbers.whole(), kFuzzyAuto));
  settings.keyword.allWords = numbers.whole() != 0;
  settings.keyword.stems = numbers.whole() != 0;
  settings.keyword.k1 = numbers.number();
  settings.keyword.b = numbers.number();
  settings.passages = numbers.whole();
  settings.passageLength = numbers.whole();
  values.explain = numbers.whole() != 0;
  return values;
}

void addParts(const FusedSlot& hit, std::vector<float>& parts) {
  for (const RankingPart& part : hit.parts) {
    parts.insert(parts.end(), {static_cast<float>(part.rank), part.score, part.share});
  }
}

void addPassages(const std::vector<Passage>& passages, std::vector<uint32_t>& numbers) {
  numbers.push_back(passages.size());
  for (const Passage& passage : passages) {
    addRange(passage.range, numbers);
    numbers.push_back(passage.matches.size());
    for (const TextRange& match : passage.matches) addRange(match, numbers);
  }
}

}  // namespace pagevec::wasm
