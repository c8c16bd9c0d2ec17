#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "distance/code_kernels.h"
#include "distance/distance.h"
#include "index/row_blocks.h"

namespace pagevec {

/// A row number: rows are numbered from 0 in the order of append and never move.
using Row = uint32_t;

/// One side of a comparison with coded rows. Made by Codes or BinaryCodes, reused so that a search
/// allocates nothing.
struct CodeQuery {
  CodeOperand operand;
  float scale = 0;     ///< what one unit of the operand stands for
  int32_t offset = 0;  ///< what the zero point of the codes adds to a dot product with them; of
                       ///< binary codes the sum of the operand
  float norm = 0;  ///< squared norm of what the operand stands for; l2 only. Of binary codes what
                   ///< the query adds to every distance
  std::vector<float> rest;  ///< less the mean; room for BinaryCodes only
};

/// Vectors as whole numbers of 7 or 4 bits a dimension: a quarter or an eighth of the memory of
/// floats, and several times as fast to compare. One scale serves all rows, since the values of an
/// embedding model are of one size (for cosine after normalization); a row that does not fit it has
/// its own. The scale is the 99.99 % quantile of the magnitudes (99.6 % for 4 bits): to clip the rare
/// largest values costs less than coarser steps for all.
class Codes {
 public:
  enum class Bits : uint8_t { Four = 4, Seven = 7 };

  /// sample: vectors of dimension floats, one after another, at least one; for cosine of norm 1.
  Codes(Space space, uint32_t dimension, Bits bits, std::span<const float> sample);

  /// Codes of 7 bits, where clip is the magnitude that the largest code of the common scale stands
  /// for, as clip() of others gave it: equal vectors get equal codes.
  static Codes withClip(Space space, uint32_t dimension, float clip) {
    return Codes(space, dimension, Bits::Seven, clip);
  }
  float clip() const { return clip_; }

  /// Appends a vector of dimension finite floats, for cosine of norm 1 or 0. peak: the largest
  /// magnitude in it.
  void append(const float* values, float peak);
  void append(const float* values) { append(values, largestMagnitude(values, dimension_)); }

  /// A row's codes, padded, and what one unit of them stands for.
  const uint8_t* codesOf(Row row) const { return codes_.row(row); }
  float scaleOf(Row row) const { return rowScale(row); }
  /// Appends a row by these: dimension codes of 7 bits, 1 to 127, and a finite scale.
  void appendStored(const uint8_t* codes, float scale);

  /// Without rows, for appendFrom() of this one's.
  Codes emptyTwin() const;
  /// Appends a row of a twin, scale and codes as they are.
  void appendFrom(const Codes& twin, Row row);

  /// Whether two rows have the same codes, so that every estimate of them is the same.
  bool same(Row a, Row b) const;

  /// values: dimension floats, for cosine of norm 1 or 0.
  void setQuery(const float* values, CodeQuery& query) const;
  /// The row's own codes as the operand. Estimates between rows are then symmetric.
  void setQuery(Row row, CodeQuery& query) const;

  /// RowBlocks::touch() of what estimate() reads.
  void touch(const Row* rows, size_t count) const { codes_.touch(rows, count); }

  /// Distances by space, of what the codes stand for, to count rows.
  void estimate(const CodeQuery& query, const Row* rows, size_t count, float* distances) const;

  /// What the codes stand for, dimension floats.
  void decode(Row row, float* values) const;

  Row rows() const { return rows_; }
  size_t bytes() const;

 private:
  Codes(Space space, uint32_t dimension, Bits bits, float clip);
  float rowScale(Row row) const { return rowScales_.empty() ? scale_ : rowScales_[row]; }
  float fittingScale(float peak) const;
  int codeAt(const uint8_t* codes, size_t i) const;
  void write(const float* values, float scale, uint8_t* codes) const;
  float toDistance(const CodeQuery& query, Row row, int32_t dot) const;
  void toDistances(const CodeQuery& query, const int32_t* dots, size_t count,
                   float* distances) const;
  int32_t sumOf(CodeOperand& operand) const;
  void finish(CodeQuery& query) const;
  void keepTerms(Row row, float scale);

  Space space_;
  uint32_t dimension_;
  Bits bits_;
  size_t rowBytes_;
  float clip_;   ///< the magnitude that the largest code stands for
  int zero_;     ///< the code of zero
  int peak_;     ///< the largest code is zero_ + peak_
  float scale_;  ///< clip_ / peak_
  Row rows_ = 0;
  const CodeKernels* kernels_;
  RowBlocks codes_;
  std::vector<float> rowScales_;  ///< empty while every row has scale_
  std::vector<float> norms_;      ///< squared norms of what the rows' codes stand for; l2 only
};

}  // namespace pagevec
