#include "text/bert_tokenizer.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "text/word_scanner.h"
#include "text/wordpiece.h"

namespace pagevec {
namespace {

constexpr size_t kTemplateTokens = 2;  // [CLS] and [SEP]

class BertTokenizer final : public Tokenizer {
 public:
  BertTokenizer(Vocabulary vocabulary, const BertOptions& options)
      : vocabulary_(std::move(vocabulary)), rules_(options.lowercase) {
    for (std::string_view content : {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}) {
      const int32_t id = vocabulary_.find(content);
      if (id >= 0) rules_.specials.push_back({content, id});
    }
    cls_ = vocabulary_.find("[CLS]");
    sep_ = vocabulary_.find("[SEP]");
    unknown_ = vocabulary_.find("[UNK]");
  }

  void encode(std::string_view text, size_t maxTokens, Encoding& out) const override {
    out.ids.assign(1, cls_);
    out.offsets.assign(1, {0, 0});
    const size_t limit = maxTokens == 0 ? std::numeric_limits<size_t>::max()
                                        : std::max(maxTokens, kTemplateTokens) - 1;
    out.truncated = false;
    WordScanner scanner(text, rules_);
    Word word;
    while (scanner.more()) {
      out.truncated = out.ids.size() >= limit;
      if (out.truncated) break;
      scanner.read(word);
      encodeWord(word, out);
    }
    if (out.ids.size() > limit) {
      out.truncated = true;
      out.ids.resize(limit);
      out.offsets.resize(limit);
    }
    out.ids.push_back(sep_);
    out.offsets.push_back({0, 0});
  }

  size_t count(std::string_view text) const override {
    size_t total = kTemplateTokens;
    WordScanner scanner(text, rules_);
    Word word;
    while (scanner.more()) {
      scanner.read(word);
      total += countWord(word);
    }
    return total;
  }

  size_t vocabularySize() const override { return vocabulary_.size(); }

 private:
  void encodeWord(const Word& word, Encoding& out) const {
    const size_t before = out.ids.size();
    const auto emit = [&](int32_t id, uint32_t begin, uint32_t end) {
      out.ids.push_back(id);
      if (word.sources == nullptr) {
        out.offsets.push_back({word.begin + begin, word.begin + end});
      } else {
        out.offsets.push_back({word.sources[begin], word.sources[end - 1] + 1});
      }
    };
    if (word.special < 0 && !word.tooLong &&
        splitWord(vocabulary_, word.bytes, rules_.fold, emit)) {
      return;
    }
    out.ids.resize(before);
    out.offsets.resize(before);
    out.ids.push_back(word.special < 0 ? unknown_ : word.special);
    out.offsets.push_back({word.begin, word.end});
  }

  size_t countWord(const Word& word) const {
    size_t pieces = 0;
    const auto emit = [&](int32_t, uint32_t, uint32_t) { ++pieces; };
    const bool split =
        word.special < 0 && !word.tooLong && splitWord(vocabulary_, word.bytes, rules_.fold, emit);
    return split ? pieces : 1;
  }

  Vocabulary vocabulary_;
  ScanRules rules_;
  int32_t cls_;
  int32_t sep_;
  int32_t unknown_;
};

}  // namespace

Result<std::unique_ptr<Tokenizer>> makeBertTokenizer(std::string_view vocabulary,
                                                     const BertOptions& options) {
  Result<Vocabulary> parsed = Vocabulary::parse(vocabulary);
  if (!parsed.ok()) return parsed.status();
  for (std::string_view token : {"[CLS]", "[SEP]", "[UNK]"}) {
    if (parsed->find(token) >= 0) continue;
    return Status(StatusCode::InvalidArgument,
                  "the vocabulary has no line \"" + std::string(token) +
                      "\"; give the vocab.txt of a BERT model, one token a line");
  }
  return std::unique_ptr<Tokenizer>(
      std::make_unique<BertTokenizer>(std::move(parsed.value()), options));
}

}  // namespace pagevec
