// Any text through CLIP's tokenizer, with a model of single bytes and a few merges: what it gives is
// in range, counts agree, a cut encoding begins like the whole one.
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <string>

#include "base/utf8.h"
#include "text/clip_tokenizer.h"

using namespace pagevec;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

std::unique_ptr<Tokenizer> makeTokenizer() {
  // 0 to 255 are the bytes, 256 to 511 those at a word's end, then what merges give.
  static const BytePairModel::Merge kMerges[] = {
      {'a', 'a', 512},        {512, 512, 513},   {'a', 256 + 'a', 514},
      {512, 514, 515},        {0xCC, 0x81, 516}, {'i', 256 + 'n', 517},
      {'\'', 256 + 's', 518}, {513, 512, 519},   {'a', 512, 520},
  };
  ClipModel model;
  model.pairs.size = 523;
  model.beginOfText = 521;
  model.endOfText = 522;
  std::iota(model.pairs.inner.begin(), model.pairs.inner.end(), 0);
  std::iota(model.pairs.last.begin(), model.pairs.last.end(), 256);
  model.pairs.merges = kMerges;
  return std::move(makeClipTokenizer(model).value());
}

uint32_t countCodePoints(std::string_view text) {
  uint32_t count = 0;
  for (size_t offset = 0; offset < text.size(); ++count) offset += decodeUtf8(text, offset).bytes;
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::unique_ptr<Tokenizer> kTokenizer = makeTokenizer();
  if (size < 1) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  Encoding full;
  kTokenizer->encode(text, 0, full);
  require(full.ids.size() >= 2 && full.offsets.size() == full.ids.size() && !full.truncated);
  require(full.ids.front() == 521 && full.ids.back() == 522);
  require(kTokenizer->count(text) == full.ids.size());
  const uint32_t codePoints = countCodePoints(text);
  uint32_t previous = 0;
  for (size_t i = 1; i + 1 < full.ids.size(); ++i) {
    const auto [begin, end] = full.offsets[i];
    require(full.ids[i] >= 0 && full.ids[i] < 523);
    require(begin >= previous && begin < end && end <= codePoints);
    previous = begin;
  }
  Encoding cut;
  const size_t maxTokens = 1 + data[0] % 32;
  kTokenizer->encode(text, maxTokens, cut);
  require(cut.ids.size() == std::min(full.ids.size(), std::max<size_t>(maxTokens, 2)));
  require(cut.truncated == (cut.ids.size() < full.ids.size()));
  require(std::equal(cut.ids.begin(), cut.ids.end() - 1, full.ids.begin()));
  return 0;
}
