// Any bytes as a vocabulary, alone and behind the lines that it must have; then its own text is
// tokenized with it.
#include <cstdlib>
#include <string>

#include "text/bert_tokenizer.h"
#include "text/vocabulary.h"

using namespace pagevec;

namespace {

void tokenizeItself(const Tokenizer& tokenizer, std::string_view text) {
  Encoding encoding;
  tokenizer.encode(text, 0, encoding);
  if (encoding.ids.size() != tokenizer.count(text)) std::abort();
  for (const int32_t id : encoding.ids) {
    if (id < 0 || static_cast<size_t>(id) >= tokenizer.vocabularySize()) std::abort();
  }
}

/// What was accepted holds every short line under its number, unless the line continues a word.
void checkLines(const Vocabulary& vocabulary, std::string_view text) {
  for (int32_t id = 0; !text.empty(); ++id) {
    const size_t newline = text.find('\n');
    std::string_view line = text.substr(0, newline);
    text.remove_prefix(newline == text.npos ? text.size() : newline + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const bool reachable = !line.empty() && line.size() <= kMaxWordBytes && !line.starts_with("##");
    if (vocabulary.find(line) != (reachable ? id : -1)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  for (const std::string& text : {bytes, "[CLS]\n[SEP]\n[UNK]\n" + bytes}) {
    const auto vocabulary = Vocabulary::parse(text);
    if (!vocabulary.ok() && vocabulary.status().message().empty()) std::abort();
    if (vocabulary.ok()) checkLines(vocabulary.value(), text);
    for (const bool lowercase : {false, true}) {
      const auto tokenizer = makeBertTokenizer(text, {.lowercase = lowercase});
      if (tokenizer.ok()) tokenizeItself(*tokenizer.value(), text);
    }
  }
  return 0;
}
