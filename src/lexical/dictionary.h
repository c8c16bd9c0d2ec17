#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pagevec {

using TermId = uint32_t;
constexpr TermId kNoTerm = 0xFFFFFFFF;

/// A term near a word, and how many edits away.
struct NearTerm {
  TermId term;
  uint32_t distance;
};

/// The terms of a collection, numbered in the order in which they came. A hash table finds one, a
/// sorted list those with a prefix or near a misspelled word.
class Dictionary {
 public:
  size_t size() const { return ends_.size(); }
  std::string_view text(TermId term) const {
    const uint32_t begin = term == 0 ? 0 : ends_[term - 1];
    return std::string_view(text_).substr(begin, ends_[term] - begin);
  }

  /// kNoTerm when there is none.
  TermId find(std::string_view term) const;
  /// The number of term, a new one if need be.
  TermId add(std::string_view term);

  /// Every term that begins with prefix, it too, in the order of bytes.
  std::span<const TermId> withPrefix(std::string_view prefix);

  /// Appends every term that at most maxDistance edits of code points (insert, delete, replace, or
  /// exchange two neighbours, none edited twice: "optimal string alignment") make of word. word has
  /// at most kMaxTermCodePoints code points.
  void near(std::string_view word, uint32_t maxDistance, std::vector<NearTerm>& found);

  size_t bytes() const;

 private:
  size_t hashSlot(std::string_view term) const;
  void growTable();
  void sort();
  size_t firstFrom(std::string_view bytes, size_t from) const;
  size_t skipPrefix(std::string_view prefix, size_t from) const;

  std::string text_;  // all terms
  std::vector<uint32_t> ends_;
  std::vector<uint32_t> table_;  // open addressing, term + 1 or 0; at most half full
  std::vector<TermId> sorted_;   // all terms up to the last sort()
};

}  // namespace pagevec
