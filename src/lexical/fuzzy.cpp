// Dictionary::near: a walk through the sorted terms as if they were a trie, with one row of the edit
// distance table a code point. Terms with a common beginning share its rows, and once every value of
// a row is too large all terms with that beginning are passed over. Of a row only the values near the
// diagonal are made: the others are too large in any case (Ukkonen, "Algorithms for approximate string
// matching", 1985).
#include <algorithm>
#include <array>

#include "base/utf8.h"
#include "lexical/dictionary.h"
#include "text/search_words.h"

namespace pagevec {
namespace {

class EditRows {
 public:
  EditRows(std::string_view word, uint32_t maxDistance) : maxDistance_(maxDistance) {
    for (size_t at = 0; at < word.size() && size_ < kMaxTermCodePoints;) {
      const DecodedCodePoint decoded = decodeUtf8(word, at);
      word_[size_++] = decoded.codePoint;
      at += decoded.bytes;
    }
    for (size_t i = 0; i <= size_; ++i) rows_[0][i] = static_cast<uint8_t>(i);
  }

  /// Bytes of the beginning that the rows stand for.
  size_t pathBytes() const { return ends_[depth_]; }
  void up() { --depth_; }

  /// Adds the row of one more code point of term. False when no term with this beginning is near.
  bool down(std::string_view term) {
    const DecodedCodePoint decoded = decodeUtf8(term, pathBytes());
    const auto& above = rows_[depth_];
    ++depth_;
    ends_[depth_] = ends_[depth_ - 1] + decoded.bytes;
    path_[depth_] = decoded.codePoint;
    auto& row = rows_[depth_];
    const size_t first = std::max(depth_, maxDistance_ + 1) - maxDistance_;
    const size_t last = std::min(depth_ + maxDistance_, size_);
    const auto tooLarge = static_cast<uint8_t>(maxDistance_ + 1);
    row[first - 1] = static_cast<uint8_t>(first > 1 ? tooLarge : depth_);
    uint8_t lowest = row[first - 1];
    for (size_t i = first; i <= last; ++i) {
      const bool same = word_[i - 1] == decoded.codePoint;
      int value = std::min({above[i] + 1, row[i - 1] + 1, above[i - 1] + !same});
      if (depth_ > 1 && i > 1 && word_[i - 2] == decoded.codePoint &&
          word_[i - 1] == path_[depth_ - 1]) {
        value = std::min(value, rows_[depth_ - 2][i - 2] + 1);
      }
      row[i] = static_cast<uint8_t>(value);
      lowest = std::min(lowest, row[i]);
    }
    if (last < size_) row[last + 1] = tooLarge;
    return lowest <= maxDistance_;
  }

  bool near() const {
    return depth_ + maxDistance_ >= size_ && rows_[depth_][size_] <= maxDistance_;
  }
  uint32_t distance() const { return rows_[depth_][size_]; }

 private:
  static constexpr size_t kRows = kMaxTermCodePoints + 1;

  size_t maxDistance_;
  size_t size_ = 0;
  size_t depth_ = 0;
  std::array<char32_t, kMaxTermCodePoints> word_{};
  std::array<char32_t, kRows> path_{};  // by depth
  std::array<size_t, kRows> ends_{};    // by depth
  std::array<std::array<uint8_t, kRows>, kRows> rows_{};
};

}  // namespace

void Dictionary::near(std::string_view word, uint32_t maxDistance, std::vector<NearTerm>& found) {
  sort();
  EditRows rows(word, maxDistance);
  std::string_view last;
  for (size_t place = 0; place < sorted_.size();) {
    const std::string_view term = text(sorted_[place]);
    while (term.substr(0, rows.pathBytes()) != last.substr(0, rows.pathBytes())) rows.up();
    last = term;
    bool near = true;
    while (near && rows.pathBytes() < term.size()) near = rows.down(term);
    if (near) {
      if (rows.near()) found.push_back({sorted_[place], rows.distance()});
      ++place;
    } else {
      place = skipPrefix(term.substr(0, rows.pathBytes()), place);
    }
  }
}

}  // namespace pagevec
