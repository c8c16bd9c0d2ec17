#include "lexical/bm25.h"

#include <algorithm>
#include <cmath>

#include "lexical/sort_keys.h"

namespace pagevec {
namespace {

// Sums of floats in another order differ by less.
constexpr float kSlack = 1.0001f;

}  // namespace

float inverseFrequency(const Postings& postings, TermId term) {
  const auto all = static_cast<float>(postings.documents());
  const auto with = static_cast<float>(postings.frequency(term));
  return std::log(1 + (all - with + 0.5f) / (with + 0.5f));
}

Bm25::Norms Bm25::norms(const KeywordOptions& options) const {
  const auto length = static_cast<float>(postings_.length());
  const auto documents = static_cast<float>(postings_.documents());
  return {options.k1 * (1 - options.b),
          length == 0 ? 0 : options.k1 * options.b * documents / length};
}

float Bm25::score(const Part& part, const PostingCursor& cursor, const Norms& norms) const {
  const auto frequency = static_cast<float>(cursor.frequency());
  const auto length = static_cast<float>(postings_.lengthOf(cursor.document()));
  return part.strength * frequency / (frequency + norms.fixed + norms.perLength * length);
}

Bm25::Group Bm25::groupOf(const QueryWord& word) const {
  Group group;
  for (const WeightedTerm& each : word.terms) {
    group.parts.push_back(
        {each.term, each.weight * word.count * inverseFrequency(postings_, each.term)});
    group.bound = std::max(group.bound, group.parts.back().strength);
    group.postings += postings_.postings(each.term);
  }
  return group;
}

bool Bm25::counts(uint32_t document, const RowSet* allowed) const {
  const uint32_t slot = postings_.slotOf(document);
  return slot != Postings::kNoSlot && (allowed == nullptr || allowed->contains(slot));
}

void Bm25::note(uint32_t document, float score) {
  float& best = best_[document];
  if (best == 0) noted_.push_back(document);
  best = std::max(best, score);
}

void Bm25::addNoted() {
  for (const uint32_t document : noted_) {
    if (scores_[document] == 0) candidates_.push_back(document);
    scores_[document] += best_[document];
    best_[document] = 0;
  }
  noted_.clear();
}

// Scores every document of a word, and makes candidates of those that were none.
void Bm25::scan(const Group& group, const Norms& norms) {
  for (const Part& part : group.parts) {
    PostingCursor cursor = postings_.cursor(part.term);
    while (cursor.next()) note(cursor.document(), score(part, cursor, norms));
  }
  addNoted();
}

// Walks through the shorter of a term's list and the candidates, which are ascending.
void Bm25::walkCandidates(const Part& part, const Norms& norms) {
  PostingCursor cursor = postings_.cursor(part.term);
  if (!cursor.next()) return;
  if (postings_.postings(part.term) < candidates_.size()) {
    do {
      if (scores_[cursor.document()] != 0) note(cursor.document(), score(part, cursor, norms));
    } while (cursor.next());
    return;
  }
  for (const uint32_t document : candidates_) {
    if (!cursor.seek(document)) return;
    if (cursor.document() == document) note(document, score(part, cursor, norms));
  }
}

// Adds what a word brings to the documents that are candidates. required: the others are dropped.
void Bm25::scoreCandidates(const Group& group, const Norms& norms, bool required) {
  for (const Part& part : group.parts) walkCandidates(part, norms);
  if (required) keepCandidates([this](uint32_t document) { return best_[document] != 0; });
  addNoted();
}

template <class Keep>
void Bm25::keepCandidates(Keep keep) {
  size_t kept = 0;
  for (const uint32_t document : candidates_) {
    if (keep(document)) {
      candidates_[kept++] = document;
    } else {
      scores_[document] = 0;
    }
  }
  candidates_.resize(kept);
}

// The k best candidates, in no order but that the worst is the first.
std::vector<uint64_t> Bm25::bestCandidates(size_t k, const RowSet* allowed) const {
  std::vector<uint64_t> best;  // a heap
  for (const uint32_t document : candidates_) {
    const uint64_t key = keyOf(descending(scores_[document]), postings_.slotOf(document));
    if ((best.size() == k && key >= best[0]) || !counts(document, allowed)) continue;
    if (best.size() == k) {
      std::pop_heap(best.begin(), best.end());
      best.pop_back();
    }
    best.push_back(key);
    std::push_heap(best.begin(), best.end());
  }
  return best;
}

// MaxScore (Turtle and Flood, "Query Evaluation: Strategies and Optimizations", 1995): once k
// candidates have more than the words that are left can add, no other document can come in, and the
// candidates that are too far behind drop out. True then.
bool Bm25::closeCandidates(float rest, size_t k, const RowSet* allowed) {
  const std::vector<uint64_t> best = bestCandidates(k, allowed);
  if (best.size() < k) return false;
  const float bar = scoreOf(highOf(best[0]));
  if (bar <= rest * kSlack) return false;
  keepCandidates([&](uint32_t document) {
    return (scores_[document] + rest) * kSlack >= bar && counts(document, allowed);
  });
  sortCandidates();
  return true;
}

void Bm25::sortCandidates() {
  std::vector<uint64_t> keys(candidates_.begin(), candidates_.end());
  sortKeys(keys);
  candidates_.assign(keys.begin(), keys.end());
}

std::vector<ScoredSlot> Bm25::takeBest(size_t k, const RowSet* allowed) {
  std::vector<uint64_t> keys = bestCandidates(k, allowed);
  sortKeys(keys);
  std::vector<ScoredSlot> best;
  for (const uint64_t key : keys) best.push_back({lowOf(key), scoreOf(highOf(key))});
  for (const uint32_t document : candidates_) scores_[document] = 0;
  candidates_.clear();
  return best;
}

std::vector<ScoredSlot> Bm25::search(const std::vector<QueryWord>& query,
                                     const KeywordOptions& options, size_t k,
                                     const RowSet* allowed) {
  std::vector<Group> groups;
  for (const QueryWord& word : query) {
    if (!word.terms.empty()) groups.push_back(groupOf(word));
  }
  if (k == 0 || (options.allWords && groups.size() < query.size())) return {};
  // The rarest first, of all words; else the one that can count most.
  std::vector<uint64_t> order;
  for (uint32_t i = 0; i < groups.size(); ++i) {
    const auto postings = static_cast<uint32_t>(std::min<uint64_t>(groups[i].postings, UINT32_MAX));
    order.push_back(keyOf(options.allWords ? postings : descending(groups[i].bound), i));
  }
  sortKeys(order);
  scores_.resize(postings_.documentEnd());
  best_.resize(postings_.documentEnd());
  float rest = 0;
  uint64_t left = 0;
  for (const Group& group : groups) {
    rest += group.bound;
    left += group.postings;
  }
  const Norms lengths = norms(options);
  bool closed = false;
  for (const uint64_t place : order) {
    const Group& group = groups[lowOf(place)];
    rest -= group.bound;
    left -= group.postings;
    closed ? scoreCandidates(group, lengths, options.allWords) : scan(group, lengths);
    if (closed || left == 0) continue;
    if (options.allWords) {
      sortCandidates();
      closed = true;
    } else if (left > candidates_.size()) {
      closed = closeCandidates(rest, k, allowed);
    }
  }
  return takeBest(k, allowed);
}

std::vector<TermScore> Bm25::explain(const std::vector<QueryWord>& query,
                                     const KeywordOptions& options, uint32_t slot) const {
  std::vector<TermScore> scores;
  const uint32_t document = postings_.documentOf(slot);
  if (document == Postings::kNoDocument) return scores;
  const Norms lengths = norms(options);
  for (uint32_t word = 0; word < query.size(); ++word) {
    TermScore best{kNoTerm, word, 0, 0};
    for (const Part& part : groupOf(query[word]).parts) {
      PostingCursor cursor = postings_.cursor(part.term);
      if (!cursor.next() || !cursor.seek(document) || cursor.document() != document) continue;
      const float value = score(part, cursor, lengths);
      if (value > best.score) best = {part.term, word, cursor.frequency(), value};
    }
    if (best.term != kNoTerm) scores.push_back(best);
  }
  return scores;
}

}  // namespace pagevec
