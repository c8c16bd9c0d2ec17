#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "index/hnsw_graph.h"
#include "index/row_blocks.h"

namespace pagevec {

/// The links of a graph whose nodes are rows: on level 0 a block of 2 M a row, above it a list of M
/// a level for the few rows that are there.
class HnswLinks {
 public:
  explicit HnswLinks(const HnswParams& params);

  /// Room for rows 0 to rows - 1.
  void grow(Row rows);

  /// Makes a node without links. level: 0 to kMaxHnswLevel.
  void addNode(Row row, uint8_t level);

  uint8_t level(Row row) const { return upper_[row] == 0 ? 0 : upperLinks_[upper_[row] - 1]; }

  /// The linked rows on a level that the row reaches. Ends at the first kNoLink.
  const Row* list(Row row, uint32_t level) const {
    if (level == 0) return reinterpret_cast<const Row*>(level0_.row(row));
    return upperLinks_.data() + upper_[row] + (level - 1) * size_t{params_.maxNeighbors};
  }
  /// Reads the list's first and middle link, and so both of its cache lines where M is 16: those of several
  /// lists then come from memory at once. WebAssembly cannot prefetch.
  void touch(Row row, uint32_t level) const {
    const volatile Row* const begin = list(row, level);
    static_cast<void>(begin[0]);
    static_cast<void>(begin[capacity(level) / 2]);
  }
  uint32_t capacity(uint32_t level) const { return maxLinks(params_, level); }
  std::span<const Row> links(Row row, uint32_t level) const;
  void setLinks(Row row, uint32_t level, std::span<const Row> rows);

  static constexpr Row kNoLink = 0xFFFFFFFF;

  size_t bytes() const;

 private:
  HnswParams params_;
  RowBlocks level0_;
  std::vector<uint32_t> upper_;  ///< by row: 0 on level 0 only, else 1 + its place in upperLinks_
  std::vector<uint32_t> upperLinks_;  ///< top level, then M links a level from level 1
};

}  // namespace pagevec
