// Any text, as raw bytes, as UTF-16 as a page would send it, and as a string of pieces that meet the
// rules often, through both cases.
#include <cstdlib>
#include <memory>
#include <string>

#include "../cpp/bert_twin.h"
#include "base/utf8.h"
#include "text/bert_tokenizer.h"

using namespace pagevec;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

uint32_t countCodePoints(std::string_view text) {
  uint32_t count = 0;
  for (size_t offset = 0; offset < text.size(); ++count) offset += decodeUtf8(text, offset).bytes;
  return count;
}

/// The UTF-8 of little-endian UTF-16, halves of pairs replaced, as TextEncoder gives it.
std::string textFromUtf16(std::string_view bytes) {
  std::string text;
  const auto unit = [&](size_t i) -> char32_t {
    if (2 * i + 1 >= bytes.size()) return 0;
    return static_cast<uint8_t>(bytes[2 * i]) | static_cast<uint8_t>(bytes[2 * i + 1]) << 8;
  };
  for (size_t i = 0; 2 * i + 1 < bytes.size(); ++i) {
    const char32_t first = unit(i), next = unit(i + 1);
    const bool pair = first >> 10 == 0xD800 >> 10 && next >> 10 == 0xDC00 >> 10;
    if (pair) ++i;
    const bool half = !pair && first >> 11 == 0xD800 >> 11;
    appendUtf8(text, pair   ? 0x10000 + ((first - 0xD800) << 10) + (next - 0xDC00)
                     : half ? 0xFFFD
                            : first);
  }
  return text;
}

bool sameOffset(const TokenOffset& a, const TokenOffset& b) {
  return a.begin == b.begin && a.end == b.end;
}

struct Subject {
  explicit Subject(bool lowercase)
      : tokenizer(std::move(
            makeBertTokenizer(testing::kSmallVocabulary, {.lowercase = lowercase}).value())),
        twin(testing::kSmallVocabulary, lowercase) {}

  void checkFull(std::string_view text, const Encoding& full) const {
    const uint32_t codePoints = countCodePoints(text);
    require(full.ids.size() >= 2 && full.offsets.size() == full.ids.size() && !full.truncated);
    require(tokenizer->count(text) == full.ids.size());
    uint32_t previous = 0;
    for (size_t i = 0; i < full.ids.size(); ++i) {
      const TokenOffset& offset = full.offsets[i];
      require(full.ids[i] >= 0 && static_cast<size_t>(full.ids[i]) < tokenizer->vocabularySize());
      require(offset.begin <= offset.end && offset.end <= codePoints);
      if (i == 0 || i + 1 == full.ids.size()) continue;
      require(offset.begin >= previous && offset.begin < offset.end);
      previous = offset.begin;
    }
    const Encoding expected = twin.encode(text);
    require(expected.ids == full.ids);
    require(std::equal(full.offsets.begin(), full.offsets.end(), expected.offsets.begin(),
                       expected.offsets.end(), sameOffset));
  }

  void checkTruncated(std::string_view text, size_t maxTokens, const Encoding& full) const {
    Encoding cut;
    tokenizer->encode(text, maxTokens, cut);
    const size_t size = std::min(full.ids.size(), std::max<size_t>(maxTokens, 2));
    require(cut.ids.size() == size && cut.offsets.size() == size);
    require(cut.truncated == (size < full.ids.size()));
    require(std::equal(cut.ids.begin(), cut.ids.end() - 1, full.ids.begin()));
    require(
        std::equal(cut.offsets.begin(), cut.offsets.end() - 1, full.offsets.begin(), sameOffset));
    require(cut.ids.back() == full.ids.back());
  }

  std::unique_ptr<Tokenizer> tokenizer;
  testing::BertTwin twin;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Subject kSubjects[] = {Subject(false), Subject(true)};
  if (size < 2) return 0;
  const Subject& subject = kSubjects[data[0] % 2];
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  Encoding full;
  for (const std::string& text :
       {std::string(bytes), textFromUtf16(bytes), testing::textFromBytes(bytes)}) {
    subject.tokenizer->encode(text, 0, full);
    subject.checkFull(text, full);
    subject.checkTruncated(text, 1 + data[1] % 32, full);
  }
  return 0;
}
