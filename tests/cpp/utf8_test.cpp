#include "base/utf8.h"

#include <gtest/gtest.h>

#include <vector>

namespace pagevec {
namespace {

std::vector<char32_t> decodeAll(std::string_view text) {
  std::vector<char32_t> codePoints;
  for (size_t offset = 0; offset < text.size();) {
    const DecodedCodePoint decoded = decodeUtf8(text, offset);
    EXPECT_GE(decoded.bytes, 1);
    codePoints.push_back(decoded.codePoint);
    offset += decoded.bytes;
    EXPECT_LE(offset, text.size());
  }
  return codePoints;
}

using CodePoints = std::vector<char32_t>;
constexpr char32_t kBad = kReplacementCharacter;

TEST(Utf8, EveryCodePointSurvivesEncodingAndDecoding) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string text;
    appendUtf8(text, c);
    const DecodedCodePoint decoded = decodeUtf8(text, 0);
    ASSERT_EQ(decoded.codePoint, c);
    ASSERT_EQ(decoded.bytes, text.size());
    ASSERT_TRUE(isValidUtf8(text));
  }
}

TEST(Utf8, SurrogatesAndValuesAboveUnicodeAreWrittenAsReplacement) {
  for (char32_t c : {0xD800, 0xDFFF, 0x110000}) {
    std::string text;
    appendUtf8(text, c);
    EXPECT_EQ(text, "\xEF\xBF\xBD");
  }
}

TEST(Utf8, StrayAndImpossibleBytesAreOneReplacementEach) {
  EXPECT_EQ(decodeAll("a\x80z"), (CodePoints{'a', kBad, 'z'}));
  EXPECT_EQ(decodeAll("\xC0\xAF"), (CodePoints{kBad, kBad}));
  EXPECT_EQ(decodeAll("\xF5\xFF"), (CodePoints{kBad, kBad}));
}

// The cases of the Encoding standard's "maximal subpart" practice (Unicode, table 3-8).
TEST(Utf8, ReplacesTheMaximalInvalidPrefix) {
  EXPECT_EQ(decodeAll("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF"
                      "A"),
            (CodePoints{kBad, kBad, kBad, kBad, 'A'}));
  EXPECT_EQ(decodeAll("\xED\xA0\x80"), (CodePoints{kBad, kBad, kBad}));  // a surrogate
  EXPECT_EQ(decodeAll("\xF0\x80\x80\x80"), CodePoints(4, kBad));         // overlong
  EXPECT_EQ(decodeAll("\xF4\x90\x80\x80"), CodePoints(4, kBad));         // above U+10FFFF
  EXPECT_EQ(decodeAll("\xE0\x9F\xBF"), CodePoints(3, kBad));             // overlong
}

TEST(Utf8, ATruncatedSequenceAtTheEndIsOneReplacement) {
  EXPECT_EQ(decodeAll("x\xF0\x9F\x98"), (CodePoints{'x', kBad}));
  EXPECT_EQ(decodeAll("\xC3"), CodePoints{kBad});
}

// Eight ASCII bytes are passed over at once.
TEST(Utf8, ValidityFindsTheBadByteAnywhere) {
  const std::string plain = "quite plain text, long enough";
  for (size_t length = 1; length <= plain.size(); ++length) {
    std::string text = plain.substr(0, length);
    ASSERT_TRUE(isValidUtf8(text));
    for (size_t at = 0; at < length; ++at) {
      text[at] = '\xC3';
      ASSERT_FALSE(isValidUtf8(text)) << length << " " << at;
      text[at] = plain[at];
    }
  }
}

TEST(Utf8, ValidityKnowsAWrittenReplacementFromAnInvalidByte) {
  EXPECT_TRUE(isValidUtf8(""));
  EXPECT_TRUE(isValidUtf8("a\u00e9\u4e00\U0001f600"));
  EXPECT_TRUE(isValidUtf8("\xEF\xBF\xBD"));
  EXPECT_FALSE(isValidUtf8("\xEF\xBF"));
  EXPECT_FALSE(isValidUtf8("a\xFF"));
  EXPECT_FALSE(isValidUtf8("\xED\xB0\x80"));
}

}  // namespace
}  // namespace pagevec
