#include "bert_twin.h"

#include <gtest/gtest.h>

#include <random>

#include "text/bert_tokenizer.h"

namespace pagevec::testing {
namespace {

std::string describe(const Encoding& encoding) {
  std::string text;
  for (size_t i = 0; i < encoding.ids.size(); ++i) {
    text += std::to_string(encoding.ids[i]) + "[" + std::to_string(encoding.offsets[i].begin) +
            "," + std::to_string(encoding.offsets[i].end) + ") ";
  }
  return text;
}

std::string randomBytes(std::mt19937& random, size_t length) {
  std::string bytes(length, '\0');
  for (char& byte : bytes) {
    // Few wild bytes, or almost every word would be [UNK].
    byte = static_cast<char>(random() % 16 == 0 ? random() % 256 : random() % 192);
  }
  return bytes;
}

class BertTwinTest : public ::testing::TestWithParam<bool> {};

TEST_P(BertTwinTest, AgreesOnRandomTexts) {
  const auto tokenizer = makeBertTokenizer(kSmallVocabulary, {.lowercase = GetParam()});
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().message();
  const BertTwin twin(kSmallVocabulary, GetParam());
  std::mt19937 random(20240501);
  Encoding fast;
  for (int i = 0; i < 20000; ++i) {
    const std::string text = textFromBytes(randomBytes(random, random() % 40));
    tokenizer.value()->encode(text, 0, fast);
    ASSERT_EQ(describe(fast), describe(twin.encode(text))) << ::testing::PrintToString(text);
    ASSERT_EQ(tokenizer.value()->count(text), fast.ids.size());
  }
}

TEST_P(BertTwinTest, AgreesOnEveryCodePointWithinAWord) {
  const auto tokenizer = makeBertTokenizer(kSmallVocabulary, {.lowercase = GetParam()});
  const BertTwin twin(kSmallVocabulary, GetParam());
  Encoding fast;
  constexpr char32_t kAtOnce = 256;
  for (char32_t first = 0; first <= 0x10FFFF; first += kAtOnce) {
    std::string text;
    for (char32_t c = first; c < first + kAtOnce; ++c) {
      text += "a";
      appendUtf8(text, c);
      text +=
          "\u0301\u302e"
          "b ";
    }
    tokenizer.value()->encode(text, 0, fast);
    const Encoding slow = twin.encode(text);
    ASSERT_TRUE(fast.ids == slow.ids && describe(fast) == describe(slow))
        << "from " << std::hex << static_cast<uint32_t>(first);
  }
}

TEST_P(BertTwinTest, AgreesOnWordsAroundTheLengthLimit) {
  const auto tokenizer = makeBertTokenizer(kSmallVocabulary, {.lowercase = GetParam()});
  const BertTwin twin(kSmallVocabulary, GetParam());
  Encoding fast;
  for (std::string_view unit : {"a", "A", "\u00e9", "a\u0301", "\uac01", "\U0001d15e", "\u302e"}) {
    std::string text = "a ";
    for (int length = 1; length < 110; ++length) {
      text += unit;
      tokenizer.value()->encode(text + ".b", 0, fast);
      ASSERT_EQ(describe(fast), describe(twin.encode(text + ".b"))) << unit << length;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Case, BertTwinTest, ::testing::Bool(),
                         [](const auto& each) { return each.param ? "uncased" : "cased"; });

}  // namespace
}  // namespace pagevec::testing
