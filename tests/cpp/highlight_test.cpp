#include "lexical/highlight.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace pagevec {
namespace {

/// Passages with their matches in brackets. Of ASCII, or as if each unit were a byte.
std::vector<std::string> shown(const std::string& document, const char* query, size_t passages,
                               uint32_t length, KeywordOptions options = {}) {
  Postings postings;
  postings.add(0, document);
  postings.add(1, "common common words");
  postings.add(2, "common");
  std::vector<std::string> texts;
  for (const Passage& passage :
       highlight(postings, expandQuery(postings, query, options), document, passages, length)) {
    std::string text =
        document.substr(passage.range.begin, passage.range.end - passage.range.begin);
    for (auto match = passage.matches.rbegin(); match != passage.matches.rend(); ++match) {
      text.insert(match->end - passage.range.begin, "]");
      text.insert(match->begin - passage.range.begin, "[");
    }
    texts.push_back(text);
  }
  return texts;
}

using Texts = std::vector<std::string>;

TEST(Highlight, MarksWordsAsTheyStand) {
  EXPECT_EQ(shown("The Cat sat, (on) the mat.", "the mat sit", 3, 100),
            Texts{"[The] Cat sat, (on) [the] [mat]."});
  EXPECT_EQ(shown("The cats sat", "cat", 1, 100, {.prefix = PrefixWords::All}),
            Texts{"The [cats] sat"});
  EXPECT_EQ(shown("The cat", "dog", 1, 100), Texts{});
  EXPECT_EQ(shown("", "dog", 1, 100), Texts{});
  EXPECT_EQ(shown("The cat", "cat", 0, 100), Texts{});
}

TEST(Highlight, TakesTheWindowWithTheMostAndRarestWords) {
  const std::string filler = " x y z x y z x y z x y z x y z x y z";
  const std::string document = "common common" + filler + " rare common" + filler + " common rarer";
  EXPECT_EQ(shown(document, "common rare", 1, 15), Texts{"z [rare] [common] x"});
  EXPECT_EQ(shown(document, "common rare rarer", 3, 12),
            (Texts{"[rare] [common]", "[common] [rarer]", "[common]"}));
  EXPECT_EQ(shown(document, "rarer", 1, 30), Texts{"x y z x y z x y z common [rarer]"});
  EXPECT_EQ(shown(document, "rare", 1, 1), Texts{"[rare]"});
}

TEST(Highlight, CountsInUtf16) {
  const std::string document = "\U0001F600 \u00e9t\u00e9 \u65e5\u672c\u8a9e";
  Postings postings;
  postings.add(0, document);
  auto passages = highlight(postings, expandQuery(postings, "ete", {}), document, 1, 100);
  ASSERT_EQ(passages.size(), 1u);
  EXPECT_EQ(passages[0].range.end, 10u);
  ASSERT_EQ(passages[0].matches.size(), 1u);
  EXPECT_EQ(passages[0].matches[0].begin, 3u);
  EXPECT_EQ(passages[0].matches[0].end, 6u);
  passages = highlight(postings, expandQuery(postings, "\u65e5\u672c\u8a9e", {}), document, 1, 100);
  ASSERT_EQ(passages[0].matches.size(), 1u);
  EXPECT_EQ(passages[0].matches[0].begin, 7u);
  EXPECT_EQ(passages[0].matches[0].end, 10u);
}

TEST(Highlight, PassagesAreApartAndHoldTheirMatches) {
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    std::string document;
    for (uint32_t n = random() % 60; n > 0; --n) {
      document +=
          std::string(1, static_cast<char>('a' + random() % 12)) + (random() % 5 ? " " : ", ");
    }
    Postings postings;
    postings.add(0, document);
    const auto query = expandQuery(postings, "a b c", {});
    const size_t wanted = random() % 5;
    const uint32_t length = 1 + random() % 40;
    const auto passages = highlight(postings, query, document, wanted, length);
    EXPECT_LE(passages.size(), wanted);
    size_t matches = 0;
    for (const Passage& passage : passages) {
      EXPECT_LE(passage.range.end, document.size());
      EXPECT_LE(passage.range.end - passage.range.begin, std::max(length, 1u));
      EXPECT_FALSE(passage.matches.empty());
      for (const TextRange& match : passage.matches) {
        EXPECT_GE(match.begin, passage.range.begin);
        EXPECT_LE(match.end, passage.range.end);
        EXPECT_LT(document[match.begin], 'd');
        ++matches;
      }
      for (const Passage& other : passages) {
        if (&other == &passage) continue;
        EXPECT_TRUE(other.range.end <= passage.range.begin ||
                    other.range.begin >= passage.range.end);
      }
    }
    const size_t there = static_cast<size_t>(std::count_if(
        document.begin(), document.end(), [](char c) { return c >= 'a' && c <= 'c'; }));
    if (passages.size() < wanted) {
      EXPECT_EQ(matches, there);
    }
  }
}

}  // namespace
}  // namespace pagevec
