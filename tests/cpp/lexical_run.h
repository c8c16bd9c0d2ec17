#pragma once

#include <array>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "lexical/bm25.h"
#include "lexical_model.h"

// Bytes as a sequence of writes and searches of the keyword index and its model: the random tests
// feed random bytes, the fuzz target the fuzzer's.
namespace pagevec::testing {

class LexicalRun {
 public:
  /// slots: how many documents there may be. vocabulary: how many words.
  LexicalRun(ByteView script, uint32_t slots, uint32_t vocabulary)
      : script_(script), slots_(slots), vocabulary_(vocabulary), bm25_(postings_) {}

  bool done() const { return script_.remaining() < sizeof(uint16_t); }
  int searches() const { return searches_; }

  /// "" when the index did what the model does, else what differed.
  std::string step(uint32_t searchesInTen) {
    if (take(10) < searchesInTen) return search();
    const uint32_t slot = take(slots_);
    const auto held = texts_.find(slot);
    if (held != texts_.end()) {
      postings_.remove(slot, held->second);
      texts_.erase(held);
      model_.remove(slot);
      if (take(2) == 0) return counts();
    }
    const std::string text = words(take(12));
    postings_.add(slot, text);
    model_.set(slot, texts_[slot] = text);
    if (take(64) == 0) shift();
    return counts();
  }

 private:
  uint32_t take(uint32_t choices) { return script_.number<uint16_t>() % choices; }

  // Frequent words are those of low numbers. Five letters make prefixes and neighbours common.
  std::string word() {
    uint32_t number = take(take(vocabulary_) + 1) * 7 + 1;
    std::string text;
    for (; number > 0; number /= 5)
      text.push_back(static_cast<char>((text.size() % 2 ? 'a' : 'A') + number % 5));
    return text;
  }

  std::string words(uint32_t count) {
    std::string text;
    for (; count > 0; --count) text += (text.empty() ? "" : " ") + word();
    return text;
  }

  // All documents one slot on, as when the collection is compacted.
  void shift() {
    if (texts_.contains(slots_ - 1)) return;
    for (uint32_t slot = slots_ - 1; slot > 0; --slot) postings_.move(slot - 1, slot);
    std::map<uint32_t, std::string> texts;
    KeywordModel model;
    for (const auto& [slot, text] : texts_) model.set(slot + 1, texts[slot + 1] = text);
    texts_ = std::move(texts);
    model_ = std::move(model);
  }

  std::string counts() const {
    uint64_t length = 0;
    for (const auto& [slot, document] : model_.documents()) {
      length += document.size();
      if (!postings_.contains(slot)) return "slot " + std::to_string(slot) + " is not there";
    }
    if (postings_.documents() != texts_.size()) return "documents";
    return postings_.length() == length ? "" : "length";
  }

  std::string search() {
    ++searches_;
    KeywordOptions options;
    options.prefix = static_cast<PrefixWords>(take(3));
    options.fuzzy = std::array<uint8_t, 5>{0, 0, 1, 2, kFuzzyAuto}[take(5)];
    options.allWords = take(3) == 0;
    if (take(4) == 0) options.k1 = static_cast<float>(take(30)) / 10;
    if (take(4) == 0) options.b = static_cast<float>(take(11)) / 10;
    const size_t k = 1 + take(take(4) == 0 ? 200 : 10);
    RowSet rows;
    std::set<uint32_t> slots;
    const bool filtered = take(3) == 0;
    for (uint32_t slot = 0; filtered && slot < slots_; slot += 1 + take(4)) {
      rows.insert(slot);
      slots.insert(slot);
    }
    const std::string text = words(1 + take(5));
    const auto query = expandQuery(postings_, text, options);
    const auto hits = bm25_.search(query, options, k, filtered ? &rows : nullptr);
    const auto expected = model_.search(text, options, filtered ? &slots : nullptr);
    std::string problem = difference(hits, expected, k);
    for (size_t i = 0; i < hits.size() && problem.empty(); ++i) {
      float sum = 0;
      for (const TermScore& each : bm25_.explain(query, options, hits[i].slot)) sum += each.score;
      if (!near(sum, hits[i].score)) problem = "explained " + std::to_string(sum);
    }
    return problem.empty() ? "" : "\"" + text + "\": " + problem;
  }

  static bool near(double a, double b) {
    return std::abs(a - b) <= 2e-5 * std::max(1.0, std::abs(b));
  }

  // The ranking must be the model's but where scores are equal to what floats can tell.
  static std::string difference(const std::vector<ScoredSlot>& hits,
                                const std::vector<KeywordModel::Hit>& expected, size_t k) {
    if (hits.size() != std::min(k, expected.size())) {
      return std::to_string(hits.size()) + " hits of " + std::to_string(expected.size());
    }
    std::map<uint32_t, double> scores;
    for (const auto& [slot, score] : expected) scores[slot] = score;
    for (size_t i = 0; i < hits.size(); ++i) {
      const auto [slot, score] = hits[i];
      const std::string where = "hit " + std::to_string(i) + ", slot " + std::to_string(slot);
      if (!scores.contains(slot)) return where + " is none";
      if (!near(score, scores[slot])) return where + ": " + std::to_string(score);
      if (slot != expected[i].slot && !near(expected[i].score, scores[slot])) return where;
      const bool ordered = i == 0 || hits[i - 1].score > score ||
                           (hits[i - 1].score == score && hits[i - 1].slot < slot);
      if (!ordered) return where + " is out of order";
    }
    return "";
  }

  ByteReader script_;
  uint32_t slots_;
  uint32_t vocabulary_;
  Postings postings_;
  Bm25 bm25_;
  KeywordModel model_;
  std::map<uint32_t, std::string> texts_;
  int searches_ = 0;
};

}  // namespace pagevec::testing
