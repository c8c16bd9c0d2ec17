#include "text/word_break.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "text/search_words.h"

namespace pagevec {
namespace {

using nlohmann::json;

json wordsOf(const std::string& text) {
  static const WordBreakClasses kClasses;
  WordBreaker breaker(text, kClasses);
  json words = json::array();
  for (WordSpan word; breaker.next(word);) words.push_back({word.begin, word.end});
  return words;
}

TEST(WordBreak, EqualsUnicodesCasesAndIcu) {
  std::ifstream file(std::string(PAGEVEC_FIXTURES_DEFAULT) + "/words/uax29.jsonl");
  int cases = 0;
  int failed = 0;
  for (std::string line; std::getline(file, line); ++cases) {
    const json expected = json::parse(line);
    const json found = wordsOf(expected.at("text"));
    if (found == expected.at("words") || ++failed > 20) continue;
    ADD_FAILURE() << line << "\nfound " << found;
  }
  EXPECT_GT(cases, 3000);
  EXPECT_EQ(failed, 0) << "of " << cases;
}

TEST(WordBreak, BytesThatAreNoUtf8EndAWord) {
  EXPECT_EQ(wordsOf("ab\xFFzd\xE3\x81"), json::parse("[[0,2],[3,5]]"));
  EXPECT_EQ(wordsOf(""), json::array());
}

TEST(WordBreak, ColonsAndUnderscoresAlone) {
  EXPECT_EQ(wordsOf("a:b"), json::parse("[[0,1],[2,3]]"));
  EXPECT_EQ(wordsOf("__ _a"), json::parse("[[3,5]]"));
}

}  // namespace
}  // namespace pagevec
