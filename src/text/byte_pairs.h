#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"

namespace pagevec {

/// A piece of a word, [begin, end) in bytes.
struct BytePiece {
  int32_t id;
  uint32_t begin;
  uint32_t end;
};

/// What a byte-pair model is made of, in token ids.
struct BytePairModel {
  struct Merge {
    int32_t left;
    int32_t right;
    int32_t merged;
  };

  uint32_t size = 0;                 ///< ids are below
  std::array<int32_t, 256> inner{};  ///< the tokens of single bytes,
  std::array<int32_t, 256> last{};   ///< and of those at a word's end
  std::span<const Merge> merges;     ///< in the order learned
};

/// Byte-pair encoding as CLIP uses it: a word is its bytes, the last one marked as the word's end,
/// and the two neighbours whose merge was learned first become one, until none can.
class BytePairs {
 public:
  /// InvalidArgument when an id is not below model.size; LimitExceeded above 2^20 merges.
  static Result<BytePairs> make(const BytePairModel& model);

  /// Splits a word of at least one byte, in O(n log n). Clears out first.
  void split(std::span<const uint8_t> word, std::vector<BytePiece>& out) const;

 private:
  struct Merge {
    uint64_t pair;  // left id, right id
    uint32_t rank;
    int32_t id;
  };

  size_t placeOf(uint64_t pair) const;
  const Merge* find(int32_t left, int32_t right) const;

  std::array<int32_t, 256> inner_{};
  std::array<int32_t, 256> last_{};
  std::vector<Merge> merges_;  // a hash table of 2^n places, by pair
};

}  // namespace pagevec
