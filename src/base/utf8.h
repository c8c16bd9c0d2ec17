#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pagevec {

constexpr char32_t kReplacementCharacter = 0xFFFD;

struct DecodedCodePoint {
  char32_t codePoint;
  uint8_t bytes;  ///< how many input bytes it took, at least 1
};

/// The code point at text[offset]; offset < text.size(). Bytes that are no UTF-8 (stray, overlong,
/// truncated, surrogate, above U+10FFFF) give U+FFFD and consume the maximal invalid prefix, as the
/// WHATWG Encoding standard's decoder does, so JS and C++ count the same code points.
DecodedCodePoint decodeUtf8(std::string_view text, size_t offset);

/// Appends the code point's UTF-8 form; a surrogate or a value above U+10FFFF is written as U+FFFD.
void appendUtf8(std::string& out, char32_t codePoint);

/// Whether text is well-formed UTF-8 (no surrogates, nothing overlong).
bool isValidUtf8(std::string_view text);

}  // namespace pagevec
