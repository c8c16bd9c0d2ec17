#pragma once

#include <span>

#include "base/bytes.h"
#include "base/status.h"
#include "collection/vector_places.h"

namespace pagevec {

/// The vectors of a stored block, a journal record or a vectors part, read without the rest of it.
class StoredVectors {
 public:
  /// Takes the block over. Corrupt for damage, for a block without vectors of this dimension, and for
  /// a snapshot part whose vectors are not the floats that were given; FormatTooNew.
  static Result<StoredVectors> open(Bytes block, uint32_t dimension);

  uint32_t count() const { return count_; }
  /// The vector as it lies in the block, dimension floats; empty when there is no such vector.
  ByteView at(uint32_t index) const;
  /// Copies the vector to values, dimension floats. False when there is no such vector.
  bool read(uint32_t index, float* values) const;

 private:
  Bytes block_;
  size_t offset_ = 0;  ///< of the first vector
  uint32_t dimension_ = 0;
  uint32_t count_ = 0;
};

}  // namespace pagevec
