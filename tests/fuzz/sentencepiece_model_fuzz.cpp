// Any bytes as a .model file, alone and behind the pieces that it must have; then texts, the bytes
// among them, are tokenized with what was accepted.
#include <cstdlib>
#include <string>

#include "base/utf8.h"
#include "sentencepiece/sentencepiece_tokenizer.h"

using namespace pagevec;

namespace {

/// "<unk>", "<s>" and "</s>" as every mapping wants them, and a piece for texts.
const std::string kPieces(
    "\x0a\x09\x0a\x05<unk>\x18\x02"
    "\x0a\x07\x0a\x03<s>\x18\x03"
    "\x0a\x08\x0a\x04</s>\x18\x03"
    "\x0a\x03\x0a\x01"
    "a",
    35);

size_t countCodePoints(std::string_view text) {
  size_t count = 0;
  for (size_t offset = 0; offset < text.size(); ++count) offset += decodeUtf8(text, offset).bytes;
  return count;
}

void check(const Tokenizer& tokenizer, std::string_view text) {
  Encoding encoding;
  tokenizer.encode(text, 0, encoding);
  if (encoding.truncated || encoding.ids.size() != encoding.offsets.size()) std::abort();
  if (encoding.ids.size() != tokenizer.count(text)) std::abort();
  for (const int32_t id : encoding.ids) {
    if (id < 0 || static_cast<size_t>(id) >= tokenizer.vocabularySize()) std::abort();
  }
  const size_t codePoints = countCodePoints(text);
  for (const TokenOffset& offset : encoding.offsets) {
    if (offset.begin > offset.end || offset.end > codePoints) std::abort();
  }
  Encoding part;
  tokenizer.encode(text, 5, part);
  if (part.ids.size() > 5 || part.truncated != (encoding.ids.size() > 5)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const std::string_view ownBytes = std::string_view(bytes).substr(0, 2000);
  static const std::string kRun(300, 'a');
  for (const std::string& model : {bytes, kPieces + bytes}) {
    for (const IdMapping mapping : {IdMapping::Plain, IdMapping::XlmR, IdMapping::T5}) {
      const auto tokenizer = makeSentencePieceTokenizer(model, mapping);
      if (!tokenizer.ok()) {
        if (tokenizer.status().message().empty()) std::abort();
        continue;
      }
      for (const std::string_view text :
           {std::string_view(), ownBytes, std::string_view(kRun),
            std::string_view("<s>The \xe2\x91\xa0 house </s>\xef\xbd\x81 \xe2\x96\x81 12")}) {
        check(*tokenizer.value(), text);
      }
    }
  }
  return 0;
}
