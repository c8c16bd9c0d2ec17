// Writes and searches as in tests/cpp/lexical_run.h; any bytes as a document and as a query.
#include <cstdlib>

#include "../cpp/lexical_run.h"
#include "base/utf8.h"
#include "lexical/highlight.h"

using namespace pagevec;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void searchAnyBytes(std::string_view document, std::string_view text) {
  Postings postings;
  postings.add(0, document);
  postings.add(1, text);
  KeywordOptions options;
  options.prefix = PrefixWords::All;
  options.fuzzy = kFuzzyAuto;
  const auto query = expandQuery(postings, text, options);
  for (const QueryWord& word : query) require(word.text.size() <= 4 * kMaxTermCodePoints);
  for (const Passage& passage : highlight(postings, query, document, 2, 20)) {
    require(passage.range.begin < passage.range.end && !passage.matches.empty());
    require(passage.range.end <= document.size() || !isValidUtf8(document));
  }
  postings.remove(0, document);
  postings.remove(1, text);
  require(postings.documents() == 0 && postings.length() == 0);
  for (TermId term = 0; term < postings.dictionary().size(); ++term) {
    require(postings.frequency(term) == 0);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  searchAnyBytes(bytes.substr(0, size / 2), bytes.substr(size / 2));
  testing::LexicalRun run({data, size}, 24, 60);
  while (!run.done()) require(run.step(4).empty());
  return 0;
}
