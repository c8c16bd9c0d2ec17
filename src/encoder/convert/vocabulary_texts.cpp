#include "encoder/convert/vocabulary_texts.h"

#include <algorithm>
#include <cstdint>

namespace pagevec {
namespace {

constexpr size_t kShortTexts = 60;
constexpr size_t kShortWords = 14;
constexpr size_t kLongTexts = 4;
constexpr size_t kLongWords = 180;

/// Whole words: neither [CLS] and its like nor what only continues a word.
std::vector<std::string_view> wordsOf(std::string_view vocabulary) {
  std::vector<std::string_view> words;
  while (!vocabulary.empty()) {
    const size_t end = std::min(vocabulary.find('\n'), vocabulary.size());
    const std::string_view word = vocabulary.substr(0, end);
    vocabulary.remove_prefix(std::min(end + 1, vocabulary.size()));
    if (!word.empty() && word[0] != '[' && !word.starts_with("##")) words.push_back(word);
  }
  return words;
}

/// Numbers of a linear congruential generator (Numerical Recipes, section 7.1).
class Picker {
 public:
  explicit Picker(const std::vector<std::string_view>& words) : words_(words) {}

  /// Every other word is of the vocabulary's first tenth after its letters.
  std::string_view pick() {
    const size_t first = words_.size() / 20;
    const bool frequent = next() % 2 == 0;
    const size_t count = frequent ? words_.size() / 10 + 1 : words_.size();
    return words_[(frequent ? first + next() % count : next() % count) % words_.size()];
  }

 private:
  uint32_t next() { return (state_ = state_ * 1664525 + 1013904223) >> 8; }

  const std::vector<std::string_view>& words_;
  uint32_t state_ = 1;
};

}  // namespace

std::vector<std::string> vocabularyTexts(std::string_view vocabulary) {
  const std::vector<std::string_view> words = wordsOf(vocabulary);
  std::vector<std::string> texts;
  if (words.empty()) return texts;
  Picker picker(words);
  for (size_t i = 0; i < kShortTexts + kLongTexts; ++i) {
    std::string& text = texts.emplace_back();
    const size_t count = i < kShortTexts ? kShortWords : kLongWords;
    for (size_t word = 0; word < count; ++word) {
      if (word > 0) text += ' ';
      text += picker.pick();
    }
  }
  return texts;
}

}  // namespace pagevec
