#include <algorithm>

#include "filter_arguments.h"
#include "handles.h"
#include "marshal.h"

namespace pagevec::wasm {
namespace {

using emscripten::val;
using marshal::arrayOf;

/// Reads SEARCH_SETTINGS of js/src/engine/module.ts, in their order.
class Settings {
 public:
  explicit Settings(const val& settings) : values_(marshal::floatsFrom(settings)) {}

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

void readSettings(const val& values, SearchRequest& request) {
  Settings settings(values);
  request.candidates = settings.whole();
  request.limit = settings.whole();
  request.efSearch = settings.whole();
  request.fusion = marshal::enumFrom<Fusion>(settings.whole());
  request.vectorWeight = settings.number();
  request.keywordWeight = settings.number();
  request.keyword.prefix = marshal::enumFrom<PrefixWords>(settings.whole());
  request.keyword.fuzzy = static_cast<uint8_t>(std::min(settings.whole(), 254u));
  if (request.keyword.fuzzy == 254) request.keyword.fuzzy = kFuzzyAuto;
  request.keyword.allWords = settings.whole() != 0;
  request.keyword.stems = settings.whole() != 0;
  request.keyword.k1 = settings.number();
  request.keyword.b = settings.number();
  request.passages = settings.whole();
  request.passageLength = settings.whole();
  request.explain = settings.whole() != 0;
}

void addRange(std::vector<uint32_t>& out, const TextRange& range) {
  out.push_back(range.begin);
  out.push_back(range.end);
}

val searchColumns(const Collection& collection, const std::vector<SearchHit>& hits, uint32_t want) {
  std::vector<Slot> slots;
  std::vector<float> scores, parts, termNumbers;
  std::vector<uint32_t> passages;
  marshal::StringPacker terms;
  for (size_t i = 0; i < hits.size(); ++i) {
    slots.push_back(hits[i].fused.slot);
    scores.push_back(hits[i].fused.score);
    for (const RankingPart& part : hits[i].fused.parts) {
      parts.insert(parts.end(), {static_cast<float>(part.rank), part.score, part.share});
    }
    for (const MatchedTerm& term : hits[i].terms) {
      terms.add(term.text);
      termNumbers.insert(termNumbers.end(),
                         {static_cast<float>(i), static_cast<float>(term.frequency), term.score});
    }
    passages.push_back(hits[i].passages.size());
    for (const Passage& passage : hits[i].passages) {
      addRange(passages, passage.range);
      passages.push_back(passage.matches.size());
      for (const TextRange& match : passage.matches) addRange(passages, match);
    }
  }
  val columns = val::object();
  columns.set("records", recordColumns(collection, slots, want));
  columns.set("scores", arrayOf<float>(scores));
  columns.set("parts", arrayOf<float>(parts));
  columns.set("terms", terms.pack());
  columns.set("termNumbers", arrayOf<float>(termNumbers));
  columns.set("passages", arrayOf<uint32_t>(passages));
  return columns;
}

}  // namespace

js::OutcomeOfSearch CollectionHandle::search(js::Float32Array query, js::OptionalString text,
                                             js::Float32Array settings,
                                             js::OptionalPackedStrings ids,
                                             js::OptionalString where,
                                             js::OptionalString whereDocument,
                                             js::OptionalRegexMatcher regex, uint32_t want) {
  const FilterArguments filter(ids, where, whereDocument, regex);
  if (!filter.status().ok()) return js::OutcomeOfSearch(marshal::failure(filter.status()));
  const std::vector<float> vector = marshal::floatsFrom(query);
  std::string words;
  SearchRequest request;
  readSettings(settings, request);
  request.vector = vector;
  request.filter = filter.filter();
  if (!text.isNull()) request.text = words = text.as<std::string>();
  const Result<std::vector<SearchHit>> hits = collection_->search(request);
  if (!hits.ok()) return js::OutcomeOfSearch(marshal::failure(hits.status()));
  return js::OutcomeOfSearch(marshal::success(searchColumns(*collection_, hits.value(), want)));
}

js::PackedStrings CollectionHandle::wordsToStem(std::string query, bool restart) {
  marshal::StringPacker packer;
  for (const std::string& word : collection_->wordsToStem(query, restart)) packer.add(word);
  return js::PackedStrings(packer.pack());
}

void CollectionHandle::addStems(js::PackedStrings packedWords, js::PackedStrings packedStems) {
  const auto words = marshal::plainStringsFrom(packedWords);
  if (!words.ok()) marshal::throwError(words.status());
  const auto stems = marshal::plainStringsFrom(packedStems);
  if (!stems.ok()) marshal::throwError(stems.status());
  collection_->addStems(words.value(), stems.value());
}

js::Uint32Array CollectionHandle::diversify(js::PackedStrings packedIds, js::Float32Array values,
                                            float lambda, uint32_t limit) const {
  const auto ids = marshal::plainStringsFrom(packedIds);
  if (!ids.ok()) marshal::throwError(ids.status());
  std::vector<float> relevance = marshal::floatsFrom(values);
  relevance.resize(ids->size());
  return js::Uint32Array(
      arrayOf<uint32_t>(collection_->diversify(ids.value(), relevance, lambda, limit)));
}

}  // namespace pagevec::wasm
