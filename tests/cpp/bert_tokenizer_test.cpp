#include "text/bert_tokenizer.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace pagevec {

bool operator==(const TokenOffset& a, const TokenOffset& b) {
  return a.begin == b.begin && a.end == b.end;
}

void PrintTo(const TokenOffset& offset, std::ostream* out) {
  *out << "[" << offset.begin << "," << offset.end << ")";
}

namespace {

const std::vector<std::string> kTokens = {
    "[PAD]",    "[UNK]",  "[CLS]",  "[SEP]",  "[MASK]", "hello",    "world",    "un",
    "##aff",    "##able", "a",      "##b",    "b",      "cafe",     "!",        ",",
    "[",        "]",      "sep",    "\u4e00", "\u8c48", "=",        "\u1100",   "##\u1161",
    "##\u11a8", "ss",     "\u00df", "i",      "\u03c3", "##\u03c2", "##\u03c3", "\u302e",
    "##\u302e", "Hello",  "\u00e9", "aa"};

class BertTokenizerTest : public ::testing::Test {
 protected:
  using Offsets = std::vector<TokenOffset>;

  static std::unique_ptr<Tokenizer> make(const BertOptions& options = {}) {
    std::string text;
    for (const std::string& token : kTokens) text += token + "\n";
    auto tokenizer = makeBertTokenizer(text, options);
    EXPECT_TRUE(tokenizer.ok()) << tokenizer.status().message();
    return std::move(tokenizer.value());
  }

  /// The tokens of text without the [CLS] and [SEP] around them, which it checks.
  std::vector<std::string> tokens(std::string_view text) {
    tokenizer_->encode(text, 0, encoding_);
    const std::vector<int32_t>& ids = encoding_.ids;
    EXPECT_EQ(encoding_.offsets.size(), ids.size());
    EXPECT_EQ(tokenizer_->count(text), ids.size());
    EXPECT_FALSE(encoding_.truncated);
    EXPECT_EQ(kTokens.at(ids.front()), "[CLS]");
    EXPECT_EQ(kTokens.at(ids.back()), "[SEP]");
    EXPECT_EQ(encoding_.offsets.front(), (TokenOffset{0, 0}));
    EXPECT_EQ(encoding_.offsets.back(), (TokenOffset{0, 0}));
    std::vector<std::string> names;
    for (size_t i = 1; i + 1 < ids.size(); ++i) names.push_back(kTokens.at(ids[i]));
    return names;
  }

  /// The offsets of the same tokens, of the text tokens() saw last.
  Offsets offsets() const { return {encoding_.offsets.begin() + 1, encoding_.offsets.end() - 1}; }

  std::unique_ptr<Tokenizer> tokenizer_ = make();
  Encoding encoding_;
};

using Names = std::vector<std::string>;

TEST_F(BertTokenizerTest, EmptyAndBlankTextsAreTheTemplateAlone) {
  EXPECT_EQ(tokens(""), Names{});
  EXPECT_EQ(tokens(" \t\r\n\u00a0\u3000\u2028"), Names{});
  EXPECT_EQ(tokens(std::string_view("\0\x7f\x0b", 3)), Names{});
  EXPECT_EQ(tokens("\u0301"), Names{});
}

TEST_F(BertTokenizerTest, WordsAndPunctuation) {
  EXPECT_EQ(tokens("Hello, WORLD!!"), (Names{"hello", ",", "world", "!", "!"}));
  EXPECT_EQ(offsets(), (Offsets{{0, 5}, {5, 6}, {7, 12}, {12, 13}, {13, 14}}));
}

TEST_F(BertTokenizerTest, LongestMatchFirst) {
  EXPECT_EQ(tokens("unaffable aab"), (Names{"un", "##aff", "##able", "aa", "##b"}));
  EXPECT_EQ(offsets(), (Offsets{{0, 2}, {2, 5}, {5, 9}, {10, 12}, {12, 13}}));
}

TEST_F(BertTokenizerTest, AWordWithARestIsUnknownAsAWhole) {
  EXPECT_EQ(tokens("unaffx a"), (Names{"[UNK]", "a"}));
  EXPECT_EQ(offsets(), (Offsets{{0, 6}, {7, 8}}));
}

TEST_F(BertTokenizerTest, AccentsGoWhetherComposedOrNot) {
  EXPECT_EQ(tokens("Caf\u00e9 cafe\u0301 c\u030aafe"), (Names{"cafe", "cafe", "cafe"}));
  // The combining mark after the word belongs to no token.
  EXPECT_EQ(offsets(), (Offsets{{0, 4}, {5, 9}, {11, 16}}));
}

TEST_F(BertTokenizerTest, ControlAndFormatCharactersVanishWithinAWord) {
  EXPECT_EQ(tokens(std::string_view("he\0llo wor\xC2\xADld", 14)), (Names{"hello", "world"}));
  EXPECT_EQ(offsets(), (Offsets{{0, 6}, {7, 13}}));
  EXPECT_EQ(tokens("\ufeffa\u200bb"), (Names{"a", "##b"}));
  EXPECT_EQ(offsets(), (Offsets{{1, 2}, {3, 4}}));
}

TEST_F(BertTokenizerTest, IdeographsAreWordsOfTheirOwn) {
  EXPECT_EQ(tokens("a\u4e00\uf900b"), (Names{"a", "\u4e00", "\u8c48", "b"}));
  EXPECT_EQ(offsets(), (Offsets{{0, 1}, {1, 2}, {2, 3}, {3, 4}}));
}

TEST_F(BertTokenizerTest, HangulSyllablesAreSplitIntoJamoOfOnePlace) {
  EXPECT_EQ(tokens("\uac01"), (Names{"\u1100", "##\u1161", "##\u11a8"}));
  EXPECT_EQ(offsets(), (Offsets{{0, 1}, {0, 1}, {0, 1}}));
}

TEST_F(BertTokenizerTest, LowerCasingIsPerCodePoint) {
  EXPECT_EQ(tokens("\u0130"), Names{"i"});
  EXPECT_EQ(tokens("\u03a3\u03a3"), (Names{"\u03c3", "##\u03c3"}));  // no final sigma
  EXPECT_EQ(tokens("\u1e9e"), Names{"\u00df"});
}

TEST_F(BertTokenizerTest, ASymbolMayBecomePunctuation) {
  EXPECT_EQ(tokens("a\u2260b"), (Names{"a", "=", "b"}));
  EXPECT_EQ(offsets(), (Offsets{{0, 1}, {1, 2}, {2, 3}}));
}

TEST_F(BertTokenizerTest, AMarkThatStaysTakesItsCanonicalPlace) {
  // U+302E (class 224) moves before U+0301 (230) and takes its place: see word_scanner.cpp.
  EXPECT_EQ(tokens("a\u0301\u302e"), (Names{"a", "##\u302e"}));
  EXPECT_EQ(offsets(), (Offsets{{0, 1}, {1, 2}}));
  EXPECT_EQ(tokens("\u302e"), Names{"\u302e"});
}

TEST_F(BertTokenizerTest, SpecialTokensAreMatchedAsWritten) {
  EXPECT_EQ(tokens("a[SEP]b [MASK]"), (Names{"a", "[SEP]", "b", "[MASK]"}));
  EXPECT_EQ(offsets(), (Offsets{{0, 1}, {1, 6}, {6, 7}, {8, 14}}));
  EXPECT_EQ(tokens("[sep]"), (Names{"[", "sep", "]"}));
  EXPECT_EQ(tokens("[[SEP]"), (Names{"[", "[SEP]"}));
  EXPECT_EQ(tokens("[SEP"), (Names{"[", "sep"}));
  EXPECT_EQ(tokens("[SE\u0301P]"), (Names{"[", "sep", "]"}));
}

TEST_F(BertTokenizerTest, AWordOfMoreThanAHundredCodePointsIsUnknown) {
  std::string longest = "a";
  for (int i = 1; i < 100; ++i) longest += 'b';
  EXPECT_EQ(tokens(longest).size(), 100u);
  EXPECT_EQ(tokens(longest + "b a"), (Names{"[UNK]", "a"}));
  EXPECT_EQ(offsets(), (Offsets{{0, 101}, {102, 103}}));
  // Counted after decomposition: 34 syllables of three jamo are 102.
  std::string syllables;
  for (int i = 0; i < 34; ++i) syllables += "\uac01";
  EXPECT_EQ(tokens(syllables), Names{"[UNK]"});
  EXPECT_EQ(offsets(), (Offsets{{0, 34}}));
}

TEST_F(BertTokenizerTest, InvalidUtf8CountsAsReplacementCharacters) {
  EXPECT_EQ(tokens("a\xFF\xE4\xB8"
                   "b"),
            (Names{"a", "##b"}));
  EXPECT_EQ(offsets(), (Offsets{{0, 1}, {3, 4}}));
  EXPECT_EQ(tokens("\xED\xA0\x80 a"), Names{"a"});  // a surrogate: three bytes, three replacements
  EXPECT_EQ(offsets(), (Offsets{{4, 5}}));
}

TEST_F(BertTokenizerTest, OffsetsCountCodePointsNotBytes) {
  EXPECT_EQ(tokens("\U0001f600 \u00e4 hello"), (Names{"[UNK]", "a", "hello"}));
  EXPECT_EQ(offsets(), (Offsets{{0, 1}, {2, 3}, {4, 9}}));
}

TEST_F(BertTokenizerTest, ACasedModelKeepsCaseAndAccents) {
  tokenizer_ = make({.lowercase = false});
  EXPECT_EQ(tokens("Hello hello"), (Names{"Hello", "hello"}));
  EXPECT_EQ(tokens("HELLO"), Names{"[UNK]"});
  EXPECT_EQ(tokens("\u00e9 a\u0301"), (Names{"\u00e9", "[UNK]"}));
  EXPECT_EQ(tokens("a\u4e00\u2260"), (Names{"a", "\u4e00", "[UNK]"}));
}

TEST_F(BertTokenizerTest, TruncationKeepsTheFirstTokensAndTheTemplate) {
  const std::string text = "unaffable hello \u00e4b";  // 6 tokens
  tokenizer_->encode(text, 0, encoding_);
  const Encoding full = encoding_;
  ASSERT_EQ(full.ids.size(), 8u);
  for (size_t maxTokens = 1; maxTokens <= 10; ++maxTokens) {
    tokenizer_->encode(text, maxTokens, encoding_);
    const size_t kept = std::min(full.ids.size(), std::max<size_t>(maxTokens, 2)) - 2;
    ASSERT_EQ(encoding_.ids.size(), kept + 2);
    ASSERT_EQ(encoding_.offsets.size(), kept + 2);
    EXPECT_EQ(encoding_.truncated, kept < 6) << maxTokens;
    EXPECT_TRUE(std::equal(full.ids.begin(), full.ids.begin() + kept + 1, encoding_.ids.begin()));
    EXPECT_EQ(encoding_.ids.back(), full.ids.back());
    EXPECT_EQ(encoding_.offsets.back(), (TokenOffset{0, 0}));
  }
}

TEST_F(BertTokenizerTest, WhatGivesNoTokenDoesNotTruncate) {
  tokenizer_->encode("a hello \u0301\u200b ", 4, encoding_);
  EXPECT_FALSE(encoding_.truncated);
  tokenizer_->encode("a hello \u0301\u302e", 4, encoding_);
  EXPECT_TRUE(encoding_.truncated);
  tokenizer_->encode("", 1, encoding_);
  EXPECT_FALSE(encoding_.truncated);
  EXPECT_EQ(encoding_.ids.size(), 2u);
}

TEST_F(BertTokenizerTest, TruncationDoesNotReadAHugeText) {
  std::string words = "hello world ";
  while (words.size() < (size_t{32} << 20)) words += words;
  const std::string oneWord = "hello world " + std::string(size_t{32} << 20, 'a');
  const auto start = std::chrono::steady_clock::now();
  for (const std::string* text : {&std::as_const(words), &oneWord}) {
    tokenizer_->encode(*text, 4, encoding_);
    EXPECT_TRUE(encoding_.truncated);
    EXPECT_EQ(encoding_.ids.size(), 4u);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(20));
}

TEST(BertTokenizer, NeedsItsSpecialTokens) {
  for (std::string_view missing : {"[CLS]", "[SEP]", "[UNK]"}) {
    std::string text;
    for (std::string_view token : {"[CLS]", "[SEP]", "[UNK]", "a"}) {
      if (token != missing) text += std::string(token) + "\n";
    }
    const auto tokenizer = makeBertTokenizer(text);
    ASSERT_FALSE(tokenizer.ok());
    EXPECT_EQ(tokenizer.status().code(), StatusCode::InvalidArgument);
    EXPECT_NE(tokenizer.status().message().find(missing), std::string::npos);
  }
}

TEST(BertTokenizer, MayLackPadAndMask) {
  const auto tokenizer = makeBertTokenizer("[CLS]\n[SEP]\n[UNK]\n[\n]\nmask\n");
  ASSERT_TRUE(tokenizer.ok());
  EXPECT_EQ(tokenizer.value()->vocabularySize(), 6u);
  EXPECT_EQ(tokenizer.value()->count("[MASK]"), 5u);
}

TEST(BertTokenizer, PassesOnWhatIsWrongWithTheVocabulary) {
  EXPECT_FALSE(makeBertTokenizer("[CLS]\n[SEP]\n[UNK]\na\na\n").ok());
  EXPECT_FALSE(makeBertTokenizer("[CLS]\n[SEP]\n[UNK]\n\xC0\n").ok());
}

}  // namespace
}  // namespace pagevec
