#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "collection/vector_places.h"
#include "index/hnsw_index.h"

namespace pagevec {

/// How far Collection::compact() is: the new vectors and index while they are filled beside those in
/// use, then the old ones until they are freed.
struct Rebuild {
  enum class Stage : uint8_t {
    Records,  ///< moving records into the holes that deleted ones left
    Rows,     ///< copying the live rows, then linking the copies
    Freeing,  ///< the new ones are in use
  };
  static constexpr Row kNoRow = 0xFFFFFFFF;

  Stage stage = Stage::Records;
  uint32_t from = 0;  ///< the next slot to look at
  uint32_t to = 0;    ///< the slots below it have no holes but those made since
  std::shared_ptr<VectorStore> store;
  std::unique_ptr<Index> index;
  HnswIndex* hnsw = nullptr;        ///< index, when it is one
  std::vector<Row> rowOfSlot;       ///< the new row of a slot's record, as far as there is one
  std::vector<uint32_t> slotOfRow;  ///< by new row
  bool rowsAreSlots = true;         ///< each copied row has its slot's number
  VectorPlaces places;              ///< by new row
  std::vector<Row> newRow;          ///< by old row, as many as were looked at; kNoRow: not copied
};

}  // namespace pagevec
