#include "static/term_shard.h"

#include <algorithm>

#include "base/crc32c.h"
#include "text/search_words.h"

namespace pagevec {
namespace {

// Of 4 bytes a code point; fits the byte of its length.
constexpr size_t kMaxTermBytes = 4 * kMaxTermCodePoints;

size_t commonPrefix(std::string_view a, std::string_view b) {
  const size_t most = std::min(a.size(), b.size());
  return static_cast<size_t>(
      std::mismatch(a.begin(), a.begin() + static_cast<ptrdiff_t>(most), b.begin()).first -
      a.begin());
}

ByteView bytesOf(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

void writeTerm(const Postings& postings, TermId term, std::string_view before, ByteWriter& writer) {
  const std::string_view text = postings.dictionary().text(term);
  const size_t common = commonPrefix(before, text);
  writer.number(static_cast<uint8_t>(common));
  writer.number(static_cast<uint8_t>(text.size() - common));
  writer.raw(bytesOf(text.substr(common)));
  writer.varint(postings.frequency(term));
  uint32_t next = 0;
  for (PostingCursor cursor = postings.cursor(term); cursor.next();) {
    const uint32_t slot = postings.slotOf(cursor.document());
    const uint32_t frequency = cursor.frequency();
    writer.varint((slot + 1 - next) << 1 | (frequency == 1));
    if (frequency != 1) writer.varint(frequency);
    next = slot + 1;
  }
}

// One term in 64 may end a shard that has a half of its bytes, any one that has twice as many.
bool endsShard(std::string_view term, size_t bytes, size_t targetBytes) {
  if (bytes >= 2 * targetBytes) return true;
  return bytes >= targetBytes / 2 && crc32c(bytesOf(term)) % 64 == 0;
}

struct ReadTerm {
  std::string text;
  std::vector<TermPosting> postings;
};

bool readPostings(ByteReader& reader, const Postings& index, std::vector<TermPosting>& postings) {
  const uint32_t count = reader.varint();
  // Each takes a byte at least: a forged count makes no large allocation.
  if (count == 0 || count > reader.remaining()) return false;
  uint64_t next = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t code = reader.varint();
    const uint32_t frequency = code & 1 ? 1 : reader.varint();
    if (!reader.ok() || code < 2 || frequency == 0) return false;
    const uint64_t document = next + (code >> 1) - 1;
    if (document >= index.documentEnd()) return false;
    const auto number = static_cast<uint32_t>(document);
    if (index.slotOf(number) == Postings::kNoSlot || frequency > index.lengthOf(number)) {
      return false;
    }
    postings.push_back({number, frequency});
    next = document + 1;
  }
  return true;
}

bool readTerm(ByteReader& reader, std::string_view before, ReadTerm& term) {
  const auto common = reader.number<uint8_t>();
  const ByteView rest = reader.raw(reader.number<uint8_t>());
  if (!reader.ok() || common > before.size() || common + rest.size() > kMaxTermBytes) return false;
  term.text = before.substr(0, common);
  term.text.append(rest.begin(), rest.end());
  return term.text > before;
}

Status corrupt(const char* what) {
  return {StatusCode::Corrupt, std::string("a block of ") + what +
                                   " does not hold what it says; build the index anew and "
                                   "publish all of it"};
}

}  // namespace

std::vector<TermShard> writeTermShards(Postings& postings, size_t targetBytes) {
  std::vector<TermShard> shards;
  ByteWriter writer;
  std::string_view before;
  for (const TermId term : postings.dictionary().withPrefix("")) {
    const std::string_view text = postings.dictionary().text(term);
    if (before.empty()) shards.push_back({std::string(text), {}});
    writeTerm(postings, term, before, writer);
    before = text;
    if (!endsShard(text, writer.size(), targetBytes)) continue;
    shards.back().bytes = writer.take();
    writer = {};
    before = {};
  }
  if (writer.size() > 0) shards.back().bytes = writer.take();
  return shards;
}

Status readTermShard(ByteView bytes, std::string_view first, std::string_view end,
                     Postings& postings) {
  std::vector<ReadTerm> terms;
  ByteReader reader(bytes);
  while (!reader.atEnd()) {
    ReadTerm term;
    const std::string_view before = terms.empty() ? std::string_view() : terms.back().text;
    if (!readTerm(reader, before, term) || !readPostings(reader, postings, term.postings)) {
      return corrupt("words");
    }
    terms.push_back(std::move(term));
  }
  if (terms.empty() || terms.front().text != first || (!end.empty() && terms.back().text >= end)) {
    return corrupt("words");
  }
  for (const ReadTerm& term : terms) postings.addTerm(term.text, term.postings);
  return {};
}

Bytes writeLengths(const Postings& postings) {
  ByteWriter writer;
  const uint32_t end = postings.documentEnd();
  const uint32_t slots = end == 0 ? 0 : postings.slotOf(end - 1) + 1;
  writer.varint(slots);
  for (uint32_t slot = 0; slot < slots; ++slot) {
    const uint32_t document = postings.documentOf(slot);
    writer.varint(document == Postings::kNoDocument ? 0 : postings.lengthOf(document) + 1);
  }
  return writer.take();
}

Result<std::vector<uint32_t>> readLengths(ByteView bytes) {
  ByteReader reader(bytes);
  const uint32_t count = reader.varint();
  if (count > reader.remaining()) return corrupt("lengths");
  std::vector<uint32_t> lengths(count);
  for (uint32_t& length : lengths) length = reader.varint() - 1;
  if (!reader.atEnd()) return corrupt("lengths");
  return lengths;
}

}  // namespace pagevec
