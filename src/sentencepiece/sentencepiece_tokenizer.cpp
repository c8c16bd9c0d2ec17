#include "sentencepiece/sentencepiece_tokenizer.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "sentencepiece/library_model.h"
#include "sentencepiece/model_fields.h"

namespace pagevec {
namespace {

// The text with U+FFFD for what is no UTF-8, so that code points are counted as everywhere.
std::string repaired(std::string_view text) {
  std::string out;
  for (size_t offset = 0; offset < text.size();) {
    const DecodedCodePoint decoded = decodeUtf8(text, offset);
    appendUtf8(out, decoded.codePoint);
    offset += decoded.bytes;
  }
  return out;
}

// Byte offsets of a text as code points, for offsets that never go back.
class CodePointCounter {
 public:
  explicit CodePointCounter(std::string_view text) : text_(text) {}

  // How many code points begin before the byte.
  uint32_t before(size_t byte) {
    for (; byte_ < byte; ++byte_) {
      const bool isContinuation = (static_cast<uint8_t>(text_[byte_]) & 0xC0) == 0x80;
      if (!isContinuation) ++codePoints_;
    }
    return codePoints_;
  }

 private:
  std::string_view text_;
  size_t byte_ = 0;
  uint32_t codePoints_ = 0;
};

class SentencePieceTokenizer final : public Tokenizer {
 public:
  SentencePieceTokenizer(std::unique_ptr<LibraryModel> model, IdScheme scheme)
      : model_(std::move(model)), scheme_(std::move(scheme)) {}

  void encode(std::string_view text, size_t maxTokens, Encoding& out) const override {
    out.ids.clear();
    out.offsets.clear();
    if (scheme_.first != IdScheme::kNone) append(scheme_.first, {0, 0}, out);
    const size_t added = out.ids.size() + (scheme_.last != IdScheme::kNone ? 1 : 0);
    const size_t limit = maxTokens == 0 ? std::numeric_limits<size_t>::max()
                                        : std::max(maxTokens, added) - (added - out.ids.size());
    if (isValidUtf8(text)) {
      appendText(text, limit, out);
    } else {
      appendText(repaired(text), limit, out);
    }
    out.truncated = out.ids.size() > limit;
    if (out.truncated) {
      out.ids.resize(limit);
      out.offsets.resize(limit);
    }
    if (scheme_.last != IdScheme::kNone) append(scheme_.last, {0, 0}, out);
  }

  size_t count(std::string_view text) const override {
    Encoding encoding;
    encode(text, 0, encoding);
    return encoding.ids.size();
  }

  size_t vocabularySize() const override { return scheme_.vocabularySize; }

 private:
  struct SpecialMatch {
    size_t begin;
    size_t end;
    int32_t id;
  };

  static void append(int32_t id, TokenOffset offset, Encoding& out) {
    out.ids.push_back(id);
    out.offsets.push_back(offset);
  }

  // What lies between special tokens is tokenized on its own. Ends once there are more than limit.
  void appendText(std::string_view text, size_t limit, Encoding& out) const {
    CodePointCounter counter(text);
    std::vector<FoundPiece> pieces;
    for (size_t begin = 0; begin < text.size() && out.ids.size() <= limit;) {
      const SpecialMatch special = findSpecial(text, begin);
      pieces.clear();
      model_->encode(text.substr(begin, special.begin - begin), pieces);
      for (const FoundPiece& piece : pieces) {
        const uint32_t from = counter.before(begin + piece.begin);
        append(scheme_.of(piece.id), {from, counter.before(begin + piece.end)}, out);
      }
      if (special.begin < special.end) {
        const uint32_t from = counter.before(special.begin);
        append(special.id, {from, counter.before(special.end)}, out);
      }
      begin = special.end;
    }
  }

  // The first special token at or behind `from`; an empty one at the end if there is none.
  SpecialMatch findSpecial(std::string_view text, size_t from) const {
    while (!scheme_.specials.empty() && (from = text.find('<', from)) != std::string_view::npos) {
      for (const IdScheme::Special& special : scheme_.specials) {
        if (!text.substr(from).starts_with(special.content)) continue;
        return {from, from + special.content.size(), special.id};
      }
      ++from;
    }
    return {text.size(), text.size(), IdScheme::kNone};
  }

  std::unique_ptr<LibraryModel> model_;
  IdScheme scheme_;
};

}  // namespace

Result<std::unique_ptr<Tokenizer>> makeSentencePieceTokenizer(std::string_view model,
                                                              IdMapping mapping) {
  Result<ModelFields> fields = readModelFields(model);
  if (!fields.ok()) return fields.status();
  Result<IdScheme> scheme = makeIdScheme(fields.value(), mapping);
  if (!scheme.ok()) return scheme.status();
  Result<std::unique_ptr<LibraryModel>> library = makeLibraryModel(fields.value());
  if (!library.ok()) return library.status();
  return std::unique_ptr<Tokenizer>(std::make_unique<SentencePieceTokenizer>(
      std::move(library.value()), std::move(scheme.value())));
}

}  // namespace pagevec
