#include "text/vocabulary.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "base/quote.h"
#include "base/utf8.h"

namespace pagevec {
namespace {

using Entries = std::vector<ByteTrie::Entry>;

constexpr std::string_view kContinuationPrefix = "##";

// The tokens that begin a word and, without their prefix, those that continue one.
struct Tokens {
  Entries starts;
  Entries continuations;
  size_t lines = 0;
};

Result<Tokens> readLines(std::string_view text) {
  Tokens tokens;
  while (!text.empty()) {
    if (tokens.lines == kMaxVocabularyLines) {
      return Status(StatusCode::LimitExceeded,
                    "the vocabulary has more than " + std::to_string(kMaxVocabularyLines) +
                        " lines; give a vocab.txt with one token a line");
    }
    const size_t newline = text.find('\n');
    std::string_view line = text.substr(0, newline);
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const int32_t id = static_cast<int32_t>(tokens.lines++);
    if (line.starts_with(kContinuationPrefix)) {
      tokens.continuations.push_back({line.substr(kContinuationPrefix.size()), id});
    } else {
      tokens.starts.push_back({line, id});
    }
  }
  return tokens;
}

bool keyLess(const ByteTrie::Entry& a, const ByteTrie::Entry& b) { return a.key < b.key; }

Status sortUnique(Entries& entries, std::string_view prefix) {
  std::stable_sort(entries.begin(), entries.end(), keyLess);
  const auto sameKey = [](const auto& a, const auto& b) { return a.key == b.key; };
  const auto twice = std::adjacent_find(entries.begin(), entries.end(), sameKey);
  if (twice == entries.end()) return {};
  const std::string token = std::string(prefix) + std::string(twice->key);
  return Status(StatusCode::InvalidArgument, "vocabulary lines " + std::to_string(twice->id + 1) +
                                                 " and " + std::to_string(twice[1].id + 1) +
                                                 " both hold the token " + inQuotes(token) +
                                                 "; every token must stand once");
}

// What no word can reach only costs memory: empty tokens and those longer than any word.
void dropUnreachable(Entries& entries) {
  std::erase_if(entries, [](const ByteTrie::Entry& entry) {
    return entry.key.empty() || entry.key.size() > kMaxWordBytes;
  });
}

constexpr ByteMap kIdentity = [] {
  ByteMap identity{};
  std::iota(identity.begin(), identity.end(), uint8_t{0});
  return identity;
}();

}  // namespace

Result<Vocabulary> Vocabulary::parse(std::string_view text) {
  if (text.size() > kMaxVocabularyBytes) {
    return Status(StatusCode::LimitExceeded, "the vocabulary has " + std::to_string(text.size()) +
                                                 " bytes, more than " +
                                                 std::to_string(kMaxVocabularyBytes));
  }
  if (!isValidUtf8(text)) {
    return Status(StatusCode::InvalidArgument,
                  "the vocabulary is no UTF-8 text; give the vocab.txt of the model");
  }
  Result<Tokens> tokens = readLines(text);
  if (!tokens.ok()) return tokens.status();
  for (auto [entries, prefix] : {std::pair{&tokens->starts, std::string_view()},
                                 std::pair{&tokens->continuations, kContinuationPrefix}}) {
    if (Status status = sortUnique(*entries, prefix); !status.ok()) return status;
    dropUnreachable(*entries);
  }
  const std::span<const ByteTrie::Entry> sets[] = {tokens->starts, tokens->continuations};
  Vocabulary vocabulary;
  vocabulary.trie_ = ByteTrie(sets);
  vocabulary.size_ = tokens->lines;
  return vocabulary;
}

int32_t Vocabulary::find(std::string_view token) const {
  const ByteTrie::Match match = longestStart(token, kIdentity);
  return match.length == token.size() ? match.id : -1;
}

}  // namespace pagevec
