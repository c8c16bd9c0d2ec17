#include "text/clip_tokenizer.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "text/clip_characters.h"

namespace pagevec {
namespace {

constexpr size_t kTemplateTokens = 2;  // <|startoftext|> and <|endoftext|>
constexpr std::string_view kBeginOfText = "<|startoftext|>";
constexpr std::string_view kEndOfText = "<|endoftext|>";
constexpr std::string_view kContractions[] = {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"};
constexpr char32_t kDottedI = 0x130;
constexpr char32_t kDotAbove = 0x307;

// One match of CLIP's pattern, lower-cased, as bytes; sources[i] is the code point of the text that
// byte i is from.
struct ClipWord {
  enum { Plain, Begin, End } kind;  // of the two special tokens only the range counts
  uint32_t begin;
  uint32_t end;
  std::string bytes;
  std::vector<uint32_t> sources;
};

// Goes through a text word by word.
class ClipScanner {
 public:
  ClipScanner(std::string_view text, const ClipCharacters& characters)
      : text_(text), characters_(characters) {
    decode();
  }

  // False at the text's end.
  bool read(ClipWord& word) {
    while (!done_ && class_ == ClipClass::Space) advance();
    if (done_) return false;
    word.bytes.clear();
    word.sources.clear();
    if (readSpecial(word) || readContraction(word)) return true;
    const ClipClass kind = class_;
    do {
      take(word);
    } while (!done_ && class_ == kind && kind != ClipClass::Number && !atSpecial());
    return true;
  }

 private:
  // Whether `pattern`, ASCII in lower case, stands here. No other character becomes one of its
  // letters in lower case.
  bool startsWith(std::string_view pattern) const {
    const std::string_view here = text_.substr(offset_, pattern.size());
    return !secondHalf_ && here.size() == pattern.size() &&
           std::equal(here.begin(), here.end(), pattern.begin(), [](char a, char b) {
             return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + ('a' - 'A')) : a) == b;
           });
  }

  bool atSpecial() const { return startsWith(kBeginOfText) || startsWith(kEndOfText); }

  bool readSpecial(ClipWord& word) {
    word.kind = startsWith(kBeginOfText) ? ClipWord::Begin
                : startsWith(kEndOfText) ? ClipWord::End
                                         : ClipWord::Plain;
    if (word.kind == ClipWord::Plain) return false;
    word.begin = index_;
    const size_t length = (word.kind == ClipWord::Begin ? kBeginOfText : kEndOfText).size();
    for (size_t i = 0; i < length; ++i) advance();
    word.end = index_;
    return true;
  }

  bool readContraction(ClipWord& word) {
    for (std::string_view pattern : kContractions) {
      if (!startsWith(pattern)) continue;
      for (size_t i = 0; i < pattern.size(); ++i) take(word);
      return true;
    }
    return false;
  }

  void take(ClipWord& word) {
    appendUtf8(word.bytes, codePoint_);
    word.sources.resize(word.bytes.size(), index_);
    advance();
  }

  void advance() {
    secondHalf_ = original_ == kDottedI && !secondHalf_;
    if (secondHalf_) return become(kDotAbove);
    offset_ += size_;
    ++index_;
    decode();
  }

  void decode() {
    done_ = offset_ >= text_.size();
    if (done_) return;
    const DecodedCodePoint decoded = decodeUtf8(text_, offset_);
    size_ = decoded.bytes;
    original_ = decoded.codePoint;
    become(original_ == kDottedI ? U'i' : characters_.lower(original_));
  }

  void become(char32_t codePoint) {
    codePoint_ = codePoint;
    class_ = characters_.classOf(codePoint);
  }

  std::string_view text_;
  const ClipCharacters& characters_;
  size_t offset_ = 0;   // of the current code point in bytes,
  uint32_t index_ = 0;  // and in code points
  size_t size_ = 0;
  char32_t original_ = 0;
  char32_t codePoint_ = 0;  // in lower case
  ClipClass class_ = ClipClass::Other;
  bool secondHalf_ = false;  // at U+0307 of the two that U+0130 becomes
  bool done_ = false;
};

class ClipTokenizer final : public Tokenizer {
 public:
  ClipTokenizer(const ClipModel& model, BytePairs pairs)
      : size_(model.pairs.size),
        beginOfText_(model.beginOfText),
        endOfText_(model.endOfText),
        pairs_(std::move(pairs)) {}

  void encode(std::string_view text, size_t maxTokens, Encoding& out) const override {
    out.ids.assign(1, beginOfText_);
    out.offsets.assign(1, {0, 0});
    const size_t limit = maxTokens == 0 ? std::numeric_limits<size_t>::max()
                                        : std::max(maxTokens, kTemplateTokens) - 1;
    ClipScanner scanner(text, characters_);
    ClipWord word;
    std::vector<BytePiece> pieces;
    while (out.ids.size() <= limit && scanner.read(word)) encodeWord(word, pieces, out);
    out.truncated = out.ids.size() > limit;
    if (out.truncated) {
      out.ids.resize(limit);
      out.offsets.resize(limit);
    }
    out.ids.push_back(endOfText_);
    out.offsets.push_back({0, 0});
  }

  size_t count(std::string_view text) const override {
    Encoding encoding;
    encode(text, 0, encoding);
    return encoding.ids.size();
  }

  size_t vocabularySize() const override { return size_; }

 private:
  void encodeWord(const ClipWord& word, std::vector<BytePiece>& pieces, Encoding& out) const {
    if (word.kind != ClipWord::Plain) {
      out.ids.push_back(word.kind == ClipWord::Begin ? beginOfText_ : endOfText_);
      out.offsets.push_back({word.begin, word.end});
      return;
    }
    pairs_.split({reinterpret_cast<const uint8_t*>(word.bytes.data()), word.bytes.size()}, pieces);
    for (const BytePiece& piece : pieces) {
      out.ids.push_back(piece.id);
      out.offsets.push_back({word.sources[piece.begin], word.sources[piece.end - 1] + 1});
    }
  }

  size_t size_;
  int32_t beginOfText_;
  int32_t endOfText_;
  BytePairs pairs_;
  ClipCharacters characters_;
};

}  // namespace

Result<std::unique_ptr<Tokenizer>> makeClipTokenizer(const ClipModel& model) {
  const uint32_t size = model.pairs.size;
  if (static_cast<uint32_t>(model.beginOfText) >= size ||
      static_cast<uint32_t>(model.endOfText) >= size) {
    return Status(
        StatusCode::InvalidArgument,
        "the vocabulary lacks <|startoftext|> or <|endoftext|>; give that of a CLIP model");
  }
  Result<BytePairs> pairs = BytePairs::make(model.pairs);
  if (!pairs.ok()) return pairs.status();
  return std::unique_ptr<Tokenizer>(
      std::make_unique<ClipTokenizer>(model, std::move(pairs.value())));
}

}  // namespace pagevec
