#include "lexical/keyword_query.h"

#include <algorithm>

#include "lexical/sort_keys.h"

namespace pagevec {
namespace {

constexpr float kStemWeight = 0.8f;
constexpr float kPrefixWeight = 0.375f;
constexpr float kFuzzyWeight = 0.45f;

float codePoints(std::string_view text) {
  return static_cast<float>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

uint32_t editsFor(uint8_t fuzzy, float length) {
  if (fuzzy != kFuzzyAuto) return fuzzy;
  return length <= 2 ? 0 : length <= 5 ? 1 : 2;
}

void addPrefixed(Dictionary& dictionary, QueryWord& word, float length) {
  for (const TermId term : dictionary.withPrefix(word.text)) {
    const float size = codePoints(dictionary.text(term));
    word.terms.push_back({term, kPrefixWeight * size / (size + 0.3f * (size - length))});
  }
}

void addNear(Dictionary& dictionary, QueryWord& word, uint32_t edits) {
  std::vector<NearTerm> found;
  dictionary.near(word.text, edits, found);
  for (const NearTerm& near : found) {
    const float size = codePoints(dictionary.text(near.term));
    word.terms.push_back(
        {near.term, kFuzzyWeight * size / (size + static_cast<float>(near.distance))});
  }
}

void addStemmed(const Postings& postings, QueryWord& word) {
  const TermId own = postings.dictionary().find(word.text);
  const TermId stem = own == kNoTerm ? kNoTerm : postings.stemOf(own);
  if (stem == kNoTerm) return;
  for (TermId term = 0; term < postings.stemmed(); ++term) {
    if (postings.stemOf(term) == stem) word.terms.push_back({term, kStemWeight});
  }
}

// Of each term the largest weight, ascending by term.
void settle(const Postings& postings, std::vector<WeightedTerm>& terms) {
  std::vector<uint64_t> keys;
  for (uint32_t i = 0; i < terms.size(); ++i) {
    keys.push_back(keyOf(terms[i].term, descending(terms[i].weight)));
  }
  sortKeys(keys);
  terms.clear();
  TermId last = kNoTerm;
  for (const uint64_t key : keys) {
    const TermId term = highOf(key);
    if (term != last && postings.frequency(term) > 0) terms.push_back({term, scoreOf(lowOf(key))});
    last = term;
  }
}

}  // namespace

std::vector<QueryWord> expandQuery(Postings& postings, std::string_view text,
                                   const KeywordOptions& options) {
  Dictionary& dictionary = postings.dictionary();
  std::vector<QueryWord> words;
  SearchWordReader reader(text, postings.classes(), SearchWordReader::Side::Query);
  size_t last = 0;
  for (SearchWord read; reader.next(read);) {
    last = 0;
    while (last < words.size() && words[last].text != read.term) ++last;
    if (last < words.size()) {
      ++words[last].count;
    } else {
      words.push_back({std::string(read.term), 1, {}});
    }
  }
  for (size_t i = 0; i < words.size(); ++i) {
    QueryWord& word = words[i];
    const float length = codePoints(word.text);
    if (const TermId term = dictionary.find(word.text); term != kNoTerm) {
      word.terms.push_back({term, 1});
    }
    if (options.stems) addStemmed(postings, word);
    const bool prefix =
        options.prefix == PrefixWords::All || (options.prefix == PrefixWords::Last && i == last);
    if (prefix) addPrefixed(dictionary, word, length);
    if (const uint32_t edits = editsFor(options.fuzzy, length); edits > 0) {
      addNear(dictionary, word, edits);
    }
    settle(postings, word.terms);
  }
  return words;
}

}  // namespace pagevec
