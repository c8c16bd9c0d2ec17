// Search by keywords and by both keywords and vectors; diversity of what was found.
#include <algorithm>

#include "collection/collection.h"

namespace pagevec {
size_t Collection::buildKeywords(size_t maxRecords) {
  if (!keywords_) keywords_ = std::make_unique<KeywordIndex>(records_);
  return keywords_->build(maxRecords);
}

std::vector<std::string> Collection::wordsToStem(std::string_view query, bool restart) {
  buildKeywords(SIZE_MAX);
  Postings& postings = keywords_->postings();
  if (restart) postings.forgetStems();
  return postings.termsToStem(query);
}

// The slots that meet the filter, or null when all do. Held by chosen, or until the next read.
const RowSet* Collection::allowedSlots(const Filter& filter, RowSet& chosen) const {
  if (filter.ids == nullptr) {
    return filter.hasConditions() ? &filters_.slots(filter, changes_) : nullptr;
  }
  for (const Slot slot : select(filter, 0, SIZE_MAX)) chosen.insert(slot);
  return &chosen;
}

void Collection::describe(const SearchRequest& request, const std::vector<QueryWord>& query,
                          SearchHit& hit) const {
  const Slot slot = hit.fused.slot;
  const std::optional<std::string>& document = records_[slot].document;
  if (!document) return;
  const Postings& postings = keywords_->postings();
  if (request.passages > 0) {
    hit.passages = highlight(postings, query, *document, request.passages, request.passageLength);
  }
  if (!request.explain) return;
  for (const TermScore& each : keywords_->bm25().explain(query, request.keyword, slot)) {
    hit.terms.push_back(
        {std::string(postings.dictionary().text(each.term)), each.frequency, each.score});
  }
}

Result<std::vector<SearchHit>> Collection::search(const SearchRequest& request) {
  if (Status status = checkSettings(request); !status.ok()) return status;
  const bool byVector = !request.vector.empty();
  const bool byKeywords = findsByWords(request.text.has_value(), byVector, request);
  const bool both = byVector && byKeywords;
  std::vector<ScoredSlot> near, matching;
  if (byVector) {
    auto hits = query(request.vector, request.candidates, request.efSearch, request.filter);
    if (!hits.ok()) return hits.status();
    for (const Hit& hit : hits.value()) near.push_back({hit.slot, 1 - hit.distance});
  }
  std::vector<QueryWord> words;
  if (request.text) {
    buildKeywords(SIZE_MAX);
    words = expandQuery(keywords_->postings(), *request.text, request.keyword);
  }
  if (byKeywords) {
    RowSet chosen;
    const RowSet* allowed = allowedSlots(request.filter, chosen);
    matching = keywords_->bm25().search(words, request.keyword, request.candidates, allowed);
  }
  const std::vector<FusedSlot> answer = answerOf({near, matching}, both, request);
  std::vector<SearchHit> hits(answer.size());
  for (size_t i = 0; i < hits.size(); ++i) {
    hits[i].fused = answer[i];
    if (request.text) describe(request, words, hits[i]);
  }
  return hits;
}

std::vector<uint32_t> Collection::diversify(std::span<const std::string> ids,
                                            std::span<const float> relevance, float lambda,
                                            size_t limit) const {
  std::vector<std::vector<float>> vectors;
  for (const std::string& id : ids) {
    std::vector<float>& vector = vectors.emplace_back();
    const Slot found = ids_.find(id);
    if (found == kNoSlot) continue;
    vector.resize(dimension());
    store_->approximate(rowOfSlot_[found], vector.data());
  }
  const auto [lowest, highest] = std::minmax_element(relevance.begin(), relevance.end());
  std::vector<float> likeness(ids.size(), -1);  // to the nearest that is chosen
  std::vector<uint32_t> left(ids.size());
  for (uint32_t i = 0; i < left.size(); ++i) left[i] = i;
  std::vector<uint32_t> chosen;
  auto value = [&](uint32_t i) {
    const float range = *highest - *lowest;
    const float relative = range > 0 ? (relevance[i] - *lowest) / range : 1;
    return lambda * relative - (chosen.empty() ? 0 : (1 - lambda) * likeness[i]);
  };
  while (!left.empty() && chosen.size() < limit) {
    auto best = left.begin();
    for (auto each = left.begin(); each != left.end(); ++each) {
      if (value(*each) > value(*best)) best = each;
    }
    const uint32_t taken = *best;
    left.erase(best);
    chosen.push_back(taken);
    for (const uint32_t i : left) {
      if (vectors[i].size() != vectors[taken].size()) continue;  // one is gone
      likeness[i] = std::max(likeness[i], 1 - distance(Space::Cosine, vectors[i].data(),
                                                       vectors[taken].data(), vectors[i].size()));
    }
  }
  return chosen;
}

}  // namespace pagevec
