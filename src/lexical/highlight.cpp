#include "lexical/highlight.h"

#include <algorithm>

#include "lexical/bm25.h"
#include "lexical/sort_keys.h"

namespace pagevec {
namespace {

// UTF-16 units up to a place in UTF-8, from the place asked for last: they are near each other.
class UnitCounter {
 public:
  explicit UnitCounter(std::string_view text) : text_(text) {}

  uint32_t at(size_t offset) {
    while (byte_ < offset) units_ += unitsOf(text_[byte_++]);
    while (byte_ > offset) units_ -= unitsOf(text_[--byte_]);
    return units_;
  }

 private:
  static uint32_t unitsOf(char c) {
    const auto byte = static_cast<uint8_t>(c);
    return (byte & 0xC0) == 0x80 ? 0 : byte >= 0xF0 ? 2 : 1;
  }

  std::string_view text_;
  size_t byte_ = 0;
  uint32_t units_ = 0;
};

struct Match {
  TextRange range;
  uint32_t word;
};

// Matches [first, last] and what they are worth.
struct Window {
  size_t first = 0;
  size_t last = 0;
  float value = 0;
  size_t count = 0;
};

class Highlighter {
 public:
  Highlighter(const Postings& postings, const std::vector<QueryWord>& query,
              std::string_view document, uint32_t length)
      : length_(length), weights_(query.size()) {
    std::vector<uint64_t> wanted;  // term, word
    for (uint32_t word = 0; word < query.size(); ++word) {
      for (const WeightedTerm& each : query[word].terms) {
        wanted.push_back(keyOf(each.term, word));
        weights_[word] =
            std::max(weights_[word], each.weight * inverseFrequency(postings, each.term));
      }
    }
    sortKeys(wanted);
    UnitCounter units(document);
    SearchWordReader reader(document, postings.classes(), SearchWordReader::Side::Document);
    for (SearchWord word; reader.next(word);) {
      const TextRange range{units.at(word.begin), units.at(word.end)};
      words_.push_back(range);
      const TermId term = postings.dictionary().find(word.term);
      const auto found = std::lower_bound(wanted.begin(), wanted.end(), keyOf(term, 0));
      if (found != wanted.end() && highOf(*found) == term)
        matches_.push_back({range, lowOf(*found)});
    }
    end_ = units.at(document.size());
  }

  /// Adds the best passage that is left; false when there is none.
  bool addBest(std::vector<Passage>& passages) const {
    Window best;
    TextRange bestRoom{};
    for (size_t first = 0; first < matches_.size(); ++first) {
      TextRange room{0, end_};
      if (!roomAt(matches_[first].range, passages, room)) continue;
      const Window window = windowFrom(first, room);
      if (window.value < best.value) continue;
      if (window.value == best.value && window.count <= best.count) continue;
      best = window;
      bestRoom = room;
    }
    if (best.count == 0) return false;
    passages.push_back(passageOf(best, bestRoom));
    return true;
  }

 private:
  // Narrows room to what the passages leave around a match; false when one of them holds it.
  static bool roomAt(TextRange match, const std::vector<Passage>& passages, TextRange& room) {
    for (const Passage& passage : passages) {
      if (passage.range.end <= match.begin) {
        room.begin = std::max(room.begin, passage.range.end);
      } else if (passage.range.begin >= match.end) {
        room.end = std::min(room.end, passage.range.begin);
      } else {
        return false;
      }
    }
    return true;
  }

  Window windowFrom(size_t first, TextRange room) const {
    Window window{first, first, 0, 0};
    const uint32_t end = std::min(room.end, matches_[first].range.begin + length_);
    std::vector<bool> seen(weights_.size());
    for (size_t i = first; i < matches_.size(); ++i) {
      const Match& match = matches_[i];
      if (i > first && match.range.end > end) break;
      if (!seen[match.word]) window.value += weights_[match.word];
      seen[match.word] = true;
      window.last = i;
      ++window.count;
    }
    return window;
  }

  // The window with as much before as after it, from word to word.
  Passage passageOf(const Window& window, TextRange room) const {
    TextRange range{matches_[window.first].range.begin, matches_[window.last].range.end};
    const uint32_t spare = length_ - std::min(length_, range.end - range.begin);
    const uint32_t before = std::min(range.begin - room.begin, spare / 2);
    const uint32_t after = std::min(room.end - range.end, spare - before);
    const uint32_t lowest = range.begin - std::min(range.begin - room.begin, spare - after);
    const uint32_t highest = range.end + after;
    for (const TextRange& word : words_) {
      if (word.begin >= lowest) range.begin = std::min(range.begin, word.begin);
      if (word.end <= highest) range.end = std::max(range.end, word.end);
    }
    if (lowest == 0) range.begin = 0;
    if (highest == end_) range.end = end_;
    Passage passage{range, {}};
    for (const Match& match : matches_) {
      if (match.range.begin < range.begin || match.range.end > range.end) continue;
      if (!passage.matches.empty() && match.range.begin <= passage.matches.back().end) {
        passage.matches.back().end = std::max(passage.matches.back().end, match.range.end);
      } else {
        passage.matches.push_back(match.range);
      }
    }
    return passage;
  }

  uint32_t length_;
  uint32_t end_ = 0;            // of the document
  std::vector<float> weights_;  // by word of the query
  std::vector<TextRange> words_;
  std::vector<Match> matches_;
};

}  // namespace

std::vector<Passage> highlight(const Postings& postings, const std::vector<QueryWord>& query,
                               std::string_view document, size_t passages, uint32_t length) {
  std::vector<Passage> found;
  const Highlighter highlighter(postings, query, document, length);
  while (found.size() < passages && highlighter.addBest(found)) {
  }
  return found;
}

}  // namespace pagevec
