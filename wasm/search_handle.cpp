#include "filter_arguments.h"
#include "handles.h"
#include "marshal.h"
#include "search_columns.h"

namespace pagevec::wasm {
namespace {

using emscripten::val;
using marshal::arrayOf;

val searchColumns(const Collection& collection, const std::vector<SearchHit>& hits, uint32_t want) {
  std::vector<Slot> slots;
  std::vector<float> scores, parts, termNumbers;
  std::vector<uint32_t> passages;
  marshal::StringPacker terms;
  for (size_t i = 0; i < hits.size(); ++i) {
    slots.push_back(hits[i].fused.slot);
    scores.push_back(hits[i].fused.score);
    addParts(hits[i].fused, parts);
    for (const MatchedTerm& term : hits[i].terms) {
      terms.add(term.text);
      termNumbers.insert(termNumbers.end(),
                         {static_cast<float>(i), static_cast<float>(term.frequency), term.score});
    }
    addPassages(hits[i].passages, passages);
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
  const SearchValues values = searchValuesFrom(settings);
  SearchRequest request;
  static_cast<SearchSettings&>(request) = values.settings;
  request.efSearch = values.efSearch;
  request.explain = values.explain;
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
