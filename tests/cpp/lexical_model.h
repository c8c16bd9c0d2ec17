#pragma once

// Keyword search by definition: documents are lists of words, every score is summed up anew in
// double, prefixes and misspellings are looked for in every word there is. Words are ASCII.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lexical/keyword_query.h"

namespace pagevec::testing {

inline std::vector<std::string> wordsOf(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text + " ") {
    if (c != ' ') {
      word.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, {}));
    }
  }
  return words;
}

/// Insert, delete, replace, exchange neighbours, none of them edited twice: the whole table.
inline int editDistance(const std::string& a, const std::string& b) {
  std::vector<std::vector<int>> d(a.size() + 1, std::vector<int>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) {
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = static_cast<int>(i + j);
        continue;
      }
      d[i][j] =
          std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

class KeywordModel {
 public:
  void set(uint32_t slot, const std::string& text) { documents_[slot] = wordsOf(text); }
  void remove(uint32_t slot) { documents_.erase(slot); }
  const std::map<uint32_t, std::vector<std::string>>& documents() const { return documents_; }

  struct Hit {
    uint32_t slot;
    double score;
  };

  /// Every document with a score, best first.
  std::vector<Hit> search(const std::string& query, const KeywordOptions& options,
                          const std::set<uint32_t>* allowed) const {
    const std::vector<std::string> words = wordsOf(query);
    std::vector<std::map<std::string, double>> weights;
    for (const std::string& word : words) {
      weights.push_back(expand(word, options, word == words.back()));
    }
    const Counts counts = count();
    std::vector<Hit> hits;
    for (const auto& [slot, document] : documents_) {
      if (allowed != nullptr && !allowed->contains(slot)) continue;
      double score = 0;
      bool all = true;
      for (const auto& each : weights) {
        const double best = bestOf(each, document, counts, options);
        score += best;
        all = all && best > 0;
      }
      if (score > 0 && (all || !options.allWords)) hits.push_back({slot, score});
    }
    std::stable_sort(hits.begin(), hits.end(),
                     [](const Hit& a, const Hit& b) { return a.score > b.score; });
    return hits;
  }

 private:
  struct Counts {
    double words = 0;                    // of all documents
    std::map<std::string, double> with;  // documents that have a word
  };

  Counts count() const {
    Counts counts;
    for (const auto& [slot, document] : documents_) {
      counts.words += static_cast<double>(document.size());
      for (const std::string& word : std::set<std::string>(document.begin(), document.end())) {
        ++counts.with[word];
      }
    }
    return counts;
  }

  std::map<std::string, double> expand(const std::string& word, const KeywordOptions& options,
                                       bool last) const {
    std::map<std::string, double> weights;
    const bool prefix =
        options.prefix == PrefixWords::All || (options.prefix == PrefixWords::Last && last);
    const int length = static_cast<int>(word.size());
    int edits = options.fuzzy;
    if (options.fuzzy == kFuzzyAuto) edits = length <= 2 ? 0 : length <= 5 ? 1 : 2;
    for (const auto& [slot, document] : documents_) {
      for (const std::string& term : document) {
        if (weights.contains(term)) continue;
        const auto size = static_cast<double>(term.size());
        double weight = term == word ? 1 : 0;
        if (prefix && term.rfind(word, 0) == 0) {
          weight = std::max(weight, 0.375 * size / (size + 0.3 * (size - length)));
        }
        const int distance = editDistance(word, term);
        if (edits > 0 && distance <= edits) {
          weight = std::max(weight, 0.45 * size / (size + distance));
        }
        weights[term] = weight;
      }
    }
    return weights;
  }

  double bestOf(const std::map<std::string, double>& weights,
                const std::vector<std::string>& document, const Counts& counts,
                const KeywordOptions& options) const {
    const double all = static_cast<double>(documents_.size());
    const double length = static_cast<double>(document.size()) / (counts.words / all);
    double best = 0;
    for (const std::string& term : document) {
      const double weight = weights.at(term);
      if (weight == 0) continue;
      const auto frequency =
          static_cast<double>(std::count(document.begin(), document.end(), term));
      const double with = counts.with.at(term);
      const double idf = std::log(1 + (all - with + 0.5) / (with + 0.5));
      const double norm = options.k1 * (1 - options.b + options.b * length);
      best = std::max(best, weight * idf * frequency / (frequency + norm));
    }
    return best;
  }

  std::map<uint32_t, std::vector<std::string>> documents_;
};

}  // namespace pagevec::testing
