#include "base/utf8.h"

#include "base/bytes.h"

namespace pagevec {
namespace {

// How many bytes the lead byte announces, and which second bytes keep the sequence well formed
// (Unicode standard, table 3-7). length 0: no lead byte.
struct Lead {
  uint8_t length;
  uint8_t lowestSecond;
  uint8_t highestSecond;
};

Lead classifyLead(uint8_t byte) {
  if (byte < 0x80) return {1, 0, 0};
  if (byte < 0xC2) return {0, 0, 0};
  if (byte < 0xE0) return {2, 0x80, 0xBF};
  if (byte == 0xE0) return {3, 0xA0, 0xBF};
  if (byte == 0xED) return {3, 0x80, 0x9F};
  if (byte < 0xF0) return {3, 0x80, 0xBF};
  if (byte == 0xF0) return {4, 0x90, 0xBF};
  if (byte < 0xF4) return {4, 0x80, 0xBF};
  if (byte == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

// Whether the next eight bytes are ASCII, as most of most texts is.
bool isAsciiWord(std::string_view text, size_t offset) {
  return text.size() - offset >= sizeof(uint64_t) &&
         (wordAt(text.data() + offset) & 0x8080808080808080) == 0;
}

}  // namespace

DecodedCodePoint decodeUtf8(std::string_view text, size_t offset) {
  auto at = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const Lead lead = classifyLead(at(offset));
  if (lead.length == 1) return {at(offset), 1};
  if (lead.length == 0) return {kReplacementCharacter, 1};
  char32_t codePoint = at(offset) & (0x7F >> lead.length);
  for (uint8_t i = 1; i < lead.length; ++i) {
    if (offset + i >= text.size()) return {kReplacementCharacter, i};
    const uint8_t byte = at(offset + i);
    const uint8_t lowest = i == 1 ? lead.lowestSecond : 0x80;
    const uint8_t highest = i == 1 ? lead.highestSecond : 0xBF;
    if (byte < lowest || byte > highest) return {kReplacementCharacter, i};
    codePoint = codePoint << 6 | (byte & 0x3F);
  }
  return {codePoint, lead.length};
}

void appendUtf8(std::string& out, char32_t c) {
  if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) c = kReplacementCharacter;
  auto push = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) return push(c);
  if (c < 0x800) {
    push(0xC0 | c >> 6);
  } else if (c < 0x10000) {
    push(0xE0 | c >> 12);
    push(0x80 | (c >> 6 & 0x3F));
  } else {
    push(0xF0 | c >> 18);
    push(0x80 | (c >> 12 & 0x3F));
    push(0x80 | (c >> 6 & 0x3F));
  }
  push(0x80 | (c & 0x3F));
}

bool isValidUtf8(std::string_view text) {
  for (size_t offset = 0; offset < text.size();) {
    if (isAsciiWord(text, offset)) {
      offset += sizeof(uint64_t);
      continue;
    }
    const DecodedCodePoint decoded = decodeUtf8(text, offset);
    // A real U+FFFD takes three bytes; a replacement never consumes a valid three-byte sequence.
    const bool replaced =
        decoded.codePoint == kReplacementCharacter && text.substr(offset, 3) != "\xEF\xBF\xBD";
    if (replaced) return false;
    offset += decoded.bytes;
  }
  return true;
}

}  // namespace pagevec
