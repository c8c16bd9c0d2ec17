#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace pagevec {

/// Rows of equal length in bytes, in blocks: growing never moves a row and never pauses for a copy.
/// Rows begin at multiples of 64 bytes (a cache line) where their length is one, else of 16.
class RowBlocks {
 public:
  /// rowBytes: at least 1; rounded up to a multiple of 16. New bytes are set to fill.
  explicit RowBlocks(size_t rowBytes, uint8_t fill = 0)
      : stride_((rowBytes + 15) / 16 * 16), fill_(fill) {
    while (stride_ << (shift_ + 1) <= kBlockBytes) ++shift_;
    mask_ = (size_t{1} << shift_) - 1;
  }
  /// Of rows whose rowBytes the owner writes as soon as there is room for them: new bytes are set to 0
  /// only where rows have padding.
  static RowBlocks ofWrittenRows(size_t rowBytes) {
    RowBlocks blocks(rowBytes);
    blocks.sets_ = rowBytes != blocks.stride_;
    return blocks;
  }

  /// Makes rows 0 to count - 1 exist; never fewer than there are.
  void grow(size_t count) {
    while (blocks_.size() << shift_ < count) {
      const size_t bytes = stride_ << shift_;
      Block block(static_cast<uint8_t*>(::operator new[](bytes, kAlignment)));
      if (sets_) std::memset(block.get(), fill_, bytes);
      blocks_.push_back(std::move(block));
    }
  }

  uint8_t* row(size_t i) { return blocks_[i >> shift_].get() + (i & mask_) * stride_; }
  const uint8_t* row(size_t i) const { return blocks_[i >> shift_].get() + (i & mask_) * stride_; }

  /// Reads a byte of each cache line of some rows, so that all are on their way from memory at once:
  /// whoever compares rows step by step waits for one line after another. WebAssembly cannot prefetch.
  void touch(const uint32_t* rows, size_t count) const {
    constexpr size_t kStep = 32;
    const uint8_t* begins[kStep];
    for (; count > 0; rows += kStep) {
      const size_t n = std::min(count, kStep);
      for (size_t i = 0; i < n; ++i) begins[i] = row(rows[i]);
      touchAt(begins, n);
      count -= n;
    }
  }
  /// The same for rows whose begins are at hand.
  void touchAt(const uint8_t* const* begins, size_t count) const {
    constexpr size_t kLine = 64;
    for (size_t at = 0; at < stride_; at += kLine) {
      for (size_t i = 0; i < count; ++i) {
        static_cast<void>(static_cast<const volatile uint8_t*>(begins[i])[at]);
      }
    }
  }

  size_t stride() const { return stride_; }
  size_t bytes() const {
    return blocks_.size() * (stride_ << shift_) + blocks_.capacity() * sizeof(Block);
  }

 private:
  // Small enough that a collection of a few notes stays small, large enough that a hundred thousand
  // rows need hundreds of allocations and not thousands.
  static constexpr size_t kBlockBytes = 256 * 1024;
  static constexpr std::align_val_t kAlignment{64};

  struct Delete {
    void operator()(uint8_t* block) const { ::operator delete[](block, kAlignment); }
  };
  using Block = std::unique_ptr<uint8_t[], Delete>;

  size_t stride_;
  uint8_t fill_;
  bool sets_ = true;  ///< whether new bytes are set to fill_
  size_t shift_ = 0;  ///< log2 of the rows in a block
  size_t mask_;
  std::vector<Block> blocks_;
};

}  // namespace pagevec
