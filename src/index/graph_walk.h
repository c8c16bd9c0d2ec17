#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "index/candidates.h"
#include "index/hnsw_links.h"
#include "index/vector_store.h"

namespace pagevec {

/// Algorithms 2 and 5 of the HNSW paper (see HnswParams) over codes: what searching and linking
/// share. Its memory is kept from walk to walk.
class GraphWalk {
 public:
  /// Both outlive the walk. cacheBytes: codes and links of more are read from memory ahead.
  GraphWalk(const VectorStore& store, const HnswLinks& links,
            size_t cacheBytes = VectorStore::kCacheBytes)
      : store_(store), links_(links), cacheBytes_(cacheBytes) {}

  /// Goes from row to ever nearer links on the levels from `from` down to `to`, which is at least 1.
  Row descend(const VectorStore::Query& query, Row row, uint32_t from, uint32_t to);

  /// Finds the ef rows of a level that are nearest, beginning at a row; then found() has them.
  void search(const VectorStore::Query& query, Row entry, uint32_t level, size_t ef);

  const Candidates& found() const { return found_; }

  /// Heap bytes held.
  size_t bytes() const { return visited_.capacity(); }

 private:
  // Rows expanded together: their links, and then the rows these lead to, are on their way from memory at
  // the same time, and the nearest four are nearly always expanded sooner or later. Fewer wait more,
  // more of them compare rows in vain.
  static constexpr size_t kAtOnce = 4;

  void beginVisits();
  size_t gatherUnvisited(std::span<const Row> rows, uint32_t level);
  size_t addUnvisited(Row row, uint32_t level, size_t count);

  const VectorStore& store_;
  const HnswLinks& links_;
  size_t cacheBytes_;
  Candidates found_;
  std::vector<uint8_t> visited_;  ///< by row: tag_ when seen in this walk
  uint8_t tag_ = 0;
  bool readsAhead_ = false;       ///< whether rows come from memory rather than from caches
  std::vector<Row> batch_;        ///< links that this walk sees for the first time
  std::vector<float> distances_;  ///< theirs
};

}  // namespace pagevec
