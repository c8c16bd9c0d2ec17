#include "base/quote.h"

#include "base/utf8.h"

namespace pagevec {

std::string inQuotes(std::string_view text) {
  constexpr size_t kShownBytes = 60;
  std::string out = "\"";
  size_t offset = 0;
  while (offset < text.size() && offset < kShownBytes) {
    const DecodedCodePoint decoded = decodeUtf8(text, offset);
    appendUtf8(out, decoded.codePoint < 0x20 ? kReplacementCharacter : decoded.codePoint);
    offset += decoded.bytes;
  }
  if (offset < text.size()) out += "...";
  return out + '"';
}

}  // namespace pagevec
