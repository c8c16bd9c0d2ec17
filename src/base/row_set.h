#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace pagevec {

/// A set of row numbers (or of slots, which are numbered alike) as a bitmap.
class RowSet {
 public:
  RowSet() = default;
  /// The set whose member 64 i + j is bit j of words[i].
  explicit RowSet(std::vector<uint64_t> words) : words_(std::move(words)) { count(); }

  void insert(uint32_t row) {
    if (row / 64 >= words_.size()) words_.resize(row / 64 + 1);
    uint64_t& word = words_[row / 64];
    size_ += ~word >> (row % 64) & 1;
    word |= uint64_t{1} << (row % 64);
  }
  void erase(uint32_t row) {
    if (!contains(row)) return;
    words_[row / 64] &= ~(uint64_t{1} << (row % 64));
    --size_;
  }
  bool contains(uint32_t row) const {
    return row / 64 < words_.size() && (words_[row / 64] >> (row % 64) & 1);
  }
  uint32_t size() const { return size_; }

  /// Keeps what is in other too.
  void intersect(const RowSet& other);
  /// Takes in what is in other.
  void unite(const RowSet& other);
  /// Drops what is in other.
  void subtract(const RowSet& other);

  /// The smallest member from row on; the set must have one.
  uint32_t next(uint32_t row) const {
    uint32_t i = row / 64;
    uint64_t word = words_[i] & ~uint64_t{0} << (row % 64);
    while (word == 0) word = words_[++i];
    return i * 64 + static_cast<uint32_t>(std::countr_zero(word));
  }

  /// Calls visit(row) for every member, in ascending order.
  template <class Visit>
  void forEach(Visit visit) const {
    if (size_ == 0) return;  // of rows that were erased words are left
    for (uint32_t i = 0; i < words_.size(); ++i) visitWord(i, words_[i], visit);
  }

  /// The same for every member that is in other too.
  template <class Visit>
  void forEachCommon(const RowSet& other, Visit visit) const {
    if (size_ == 0 || other.size_ == 0) return;
    const size_t words = std::min(words_.size(), other.words_.size());
    for (uint32_t i = 0; i < words; ++i) visitWord(i, words_[i] & other.words_[i], visit);
  }

  /// Calls visit(row) in ascending order for at most limit members, leaving out the first offset.
  template <class Visit>
  void forSlice(size_t offset, size_t limit, Visit visit) const {
    for (uint32_t i = 0; i < words_.size() && limit > 0; ++i) {
      const size_t members = static_cast<size_t>(std::popcount(words_[i]));
      if (members <= offset) {
        offset -= members;
        continue;
      }
      uint64_t word = words_[i];
      for (; offset > 0; --offset) word &= word - 1;
      for (; word != 0 && limit > 0; word &= word - 1, --limit) {
        visit(i * 64 + static_cast<uint32_t>(std::countr_zero(word)));
      }
    }
  }

 private:
  template <class Visit>
  static void visitWord(uint32_t i, uint64_t word, Visit& visit) {
    for (; word != 0; word &= word - 1) {
      visit(i * 64 + static_cast<uint32_t>(std::countr_zero(word)));
    }
  }
  void count();

  std::vector<uint64_t> words_;
  uint32_t size_ = 0;
};

}  // namespace pagevec
