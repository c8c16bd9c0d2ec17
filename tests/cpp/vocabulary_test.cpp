#include "text/vocabulary.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace pagevec {
namespace {

ByteMap identity() {
  ByteMap map{};
  std::iota(map.begin(), map.end(), uint8_t{0});
  return map;
}

TEST(Vocabulary, LineNumbersAreIds) {
  const auto vocabulary = Vocabulary::parse("one\ntwo\r\n\n##three\nfour");
  ASSERT_TRUE(vocabulary.ok());
  EXPECT_EQ(vocabulary->size(), 5u);
  EXPECT_EQ(vocabulary->find("one"), 0);
  EXPECT_EQ(vocabulary->find("two"), 1);
  EXPECT_EQ(vocabulary->find("four"), 4);
  EXPECT_EQ(vocabulary->find("three"), -1);
  EXPECT_EQ(vocabulary->find("on"), -1);
  EXPECT_EQ(vocabulary->find(""), -1);
  EXPECT_EQ(vocabulary->longestContinuation("three", identity()).id, 3);
}

TEST(Vocabulary, LongestPrefixWins) {
  const auto vocabulary = Vocabulary::parse("a\nab\nabcd\n##ab\n");
  const ByteMap fold = identity();
  EXPECT_EQ(vocabulary->longestStart("abcx", fold).length, 2u);
  EXPECT_EQ(vocabulary->longestStart("abcdx", fold).id, 2);
  EXPECT_EQ(vocabulary->longestStart("x", fold).length, 0u);
  EXPECT_EQ(vocabulary->longestStart("", fold).length, 0u);
  EXPECT_EQ(vocabulary->longestContinuation("abcd", fold).id, 3);
}

TEST(Vocabulary, AgreesWithAMapOnRandomTokens) {
  std::mt19937 random(7);
  const auto randomKey = [&] {
    std::string key;
    for (size_t i = random() % 6; i-- > 0;) key += static_cast<char>('a' + random() % 5);
    return key;
  };
  std::map<std::string, int32_t> ids;
  std::string text;
  for (int i = 0; i < 3000; ++i) {
    const std::string token = (random() % 2 ? "##" : "") + randomKey();
    if (!ids.emplace(token, static_cast<int32_t>(ids.size())).second) continue;
    text += token + "\n";
  }
  const auto vocabulary = Vocabulary::parse(text);
  ASSERT_TRUE(vocabulary.ok()) << vocabulary.status().message();
  for (int i = 0; i < 5000; ++i) {
    const std::string word = randomKey() + randomKey();
    for (const bool start : {true, false}) {
      size_t length = word.size();
      while (length > 0 && !ids.contains((start ? "" : "##") + word.substr(0, length))) --length;
      const ByteTrie::Match match = start ? vocabulary->longestStart(word, identity())
                                          : vocabulary->longestContinuation(word, identity());
      ASSERT_EQ(match.length, length) << word;
      if (length > 0) {
        ASSERT_EQ(match.id, ids.at((start ? "" : "##") + word.substr(0, length)));
      }
    }
  }
}

TEST(Vocabulary, RefusesATokenThatStandsTwice) {
  const auto vocabulary = Vocabulary::parse("a\nb\n##a\n##c\nb\n");
  ASSERT_FALSE(vocabulary.ok());
  EXPECT_EQ(vocabulary.status().code(), StatusCode::InvalidArgument);
  EXPECT_EQ(vocabulary.status().message(),
            "vocabulary lines 2 and 5 both hold the token \"b\"; every token must stand once");
  EXPECT_NE(Vocabulary::parse("##x\n##x").status().message().find("\"##x\""), std::string::npos);
}

TEST(Vocabulary, RefusesInvalidUtf8) {
  EXPECT_EQ(Vocabulary::parse("a\n\xFF\n").status().code(), StatusCode::InvalidArgument);
}

TEST(Vocabulary, RefusesTooManyLinesOrBytes) {
  std::string text;
  for (size_t i = 0; i <= kMaxVocabularyLines; ++i) text += std::to_string(i) + "\n";
  EXPECT_EQ(Vocabulary::parse(text).status().code(), StatusCode::LimitExceeded);
  EXPECT_EQ(Vocabulary::parse(std::string(kMaxVocabularyBytes + 1, 'a')).status().code(),
            StatusCode::LimitExceeded);
}

// Pairs of random bytes rarely fit between each other: a trie that looks for room only where it is
// least took a block of 256 units for each, 3 GB for a vocabulary of 5 MB.
TEST(ByteTrie, TakesFewUnitsForEachEntry) {
  constexpr size_t kPairs = 20000;
  std::mt19937 random(1);
  std::vector<std::string> keys;
  for (size_t i = 0; i < kPairs; ++i) {
    const std::string prefix = {static_cast<char>('a' + i / 676),
                                static_cast<char>('a' + i / 26 % 26),
                                static_cast<char>('a' + i % 26)};
    const uint32_t first = random() % 94;
    keys.push_back(prefix + static_cast<char>('!' + first));
    keys.push_back(prefix + static_cast<char>('!' + (first + 1 + random() % 93) % 94));
  }
  std::sort(keys.begin(), keys.end());
  std::vector<ByteTrie::Entry> entries;
  for (const std::string& key : keys) {
    entries.push_back({key, static_cast<int32_t>(entries.size())});
  }
  const std::span<const ByteTrie::Entry> sets[] = {entries};
  const ByteTrie trie(sets);
  EXPECT_LT(trie.bytes(), 100 * entries.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    ASSERT_EQ(trie.longestPrefix(0, keys[i], identity()).id, static_cast<int32_t>(i));
  }
}

TEST(Vocabulary, TokensNoWordCanReachKeepTheirLine) {
  const auto vocabulary = Vocabulary::parse(std::string(5000, 'a') + "\nb\n");
  ASSERT_TRUE(vocabulary.ok());
  EXPECT_EQ(vocabulary->find("b"), 1);
  EXPECT_EQ(vocabulary->find(std::string(5000, 'a')), -1);
}

TEST(Vocabulary, MayBeEmpty) {
  const auto vocabulary = Vocabulary::parse("");
  ASSERT_TRUE(vocabulary.ok());
  EXPECT_EQ(vocabulary->size(), 0u);
  EXPECT_EQ(vocabulary->find("a"), -1);
}

}  // namespace
}  // namespace pagevec
