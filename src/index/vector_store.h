#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "distance/distance.h"
#include "index/binary_codes.h"
#include "index/codes.h"
#include "index/residuals.h"
#include "index/row_blocks.h"

namespace pagevec {

/// What a graph walk or a scan compares.
enum class Quantization : uint8_t {
  Int8 = 0,    ///< codes of 7 bits, a byte a dimension
  Int4 = 1,    ///< codes of 4 bits, half a byte a dimension
  None = 2,    ///< the floats themselves
  Binary = 3,  ///< a bit a dimension
};

/// What the best candidates of a search by codes are compared by again.
enum class Precision : uint8_t {
  Float32 = 0,  ///< the values as they were appended: 4 bytes a dimension
  Int16 = 1,    ///< 2 bytes a dimension, of which codes of 7 bits are 1; distances differ from
                ///< Float32's by about 4e-6 of the norms
  Codes = 2,    ///< nothing besides the codes: recall ends near .98 (7 bits), .73 (1 bit)
};

struct StoreOptions {
  Quantization quantization = Quantization::Int8;
  Precision precision = Precision::Float32;
};

/// A vector as whole numbers of 16 bits, and what one unit of them stands for: its largest value has
/// 32,767. A vector so small that the unit would leave the range of float becomes zero.
struct Shorts {
  float scale;
  std::vector<int16_t> values;
};
Shorts toShorts(std::span<const float> values);

/// Vectors of one dimension in the forms that a search needs. A store of few rows holds floats only;
/// settle() makes the codes and gives up the floats, if that is the precision asked for.
class VectorStore {
 public:
  /// A query with what is computed once a search. Refers to the values; reused, so that a search
  /// allocates nothing.
  struct Query {
    const float* values = nullptr;
    float inverseNorm = 0;  ///< cosine only; 0 for a zero vector, which makes every distance 1
    CodeQuery codes;
    float shortScale = 0;         ///< what one unit of the shorts stands for; where rows are shorts
    std::vector<int16_t> shorts;  ///< not for l2; for cosine of the normalized values
    mutable std::vector<float> row;  ///< room for a row that is decoded
  };

  /// Rows after which append() settles: enough to learn the scale of the codes from.
  static constexpr Row kSettleRows = 2048;
  /// Below it codes are too coarse: the fewer dimensions, the less the errors of each cancel out.
  static constexpr uint32_t kMinCodedDimension = 32;

  /// What is read of less than so much comes from caches fast enough (./dev bench search).
  static constexpr size_t kCacheBytes = size_t{8} << 20;

  /// dimension is at least 1; an upper limit is the caller's business.
  VectorStore(Space space, uint32_t dimension, const StoreOptions& options = {});

  /// Appends dimension() finite floats and returns their row. The caller has checked the values.
  Row append(const float* values);

  /// Appends a row of a store of the same space, dimension and options in the forms that it has.
  /// Both are settled or neither.
  Row appendFrom(const VectorStore& other, Row row);

  /// An empty store that takes rows of this one by appendFrom().
  VectorStore emptyTwin() const;

  /// Makes the codes of the rows there are. Does nothing when they exist, when there is no row, or
  /// when this store compares floats.
  void settle();

  Space space() const { return space_; }
  uint32_t dimension() const { return dimension_; }
  const StoreOptions& options() const { return options_; }
  Row rows() const { return rows_; }
  /// The floats as they were appended; only while keepsFloats().
  std::span<const float> vector(Row row) const;
  bool keepsFloats() const { return keepsFloats_; }
  /// The row as precisely as it is held, dimension() floats; for cosine perhaps normalized.
  void approximate(Row row, float* values) const;

  /// Whether estimate() differs from distance().
  bool coded() const { return settled() && !onlyCodes(); }
  /// How many of the best by estimate() to compare by distance() for k results: so many that hardly
  /// ever one is missed (7 bits: 15 for 10; 4 bits: 25; 1 bit: 60).
  size_t candidates(size_t k) const;

  void prepare(const float* values, Query& query) const;
  /// The row as a query for estimate() only.
  void prepare(Row row, Query& query) const;
  /// Has count scattered rows on their way from memory before estimate() needs them.
  void touch(const Row* rows, size_t count) const;
  /// Distances to count rows by space(), of the codes where there are codes.
  void estimate(const Query& query, const Row* rows, size_t count, float* distances) const;
  /// Distances to count rows as precisely as the options say.
  void distances(const Query& query, const Row* rows, size_t count, float* distances) const;
  float distance(const Query& query, Row row) const;

  /// Whether no estimate can tell two rows apart.
  bool same(Row a, Row b) const;

  /// Bytes of a row that estimate() reads, of codes where there will be codes.
  size_t comparedBytes() const;

  /// Heap bytes held.
  size_t bytes() const;

 private:
  bool usesCodes() const;
  bool settled() const { return codes_ || bits_; }
  /// What use(codes) gives of the codes that there are. settled() only.
  template <class Use>
  auto withCodes(const Use& use) const {
    return bits_ ? use(*bits_) : use(*codes_);
  }
  bool onlyCodes() const { return settled() && options_.precision == Precision::Codes; }
  const float* floats(Row row) const { return reinterpret_cast<const float*>(floats_.row(row)); }
  const float* normalized(const float* values, float inverseNorm, std::vector<float>& room) const;
  void appendFloats(const float* values, float inverseNorm);
  void appendShorts(const float* values, float peak);
  void appendPrecise(const VectorStore& other, Row row);
  void encode(const float* values, float inverseNorm);
  std::vector<float> sample() const;
  void decodePrecise(Row row, float* values) const;
  bool comparesShorts() const { return !keepsFloats_ && !onlyCodes() && space_ != Space::L2; }
  void codeDistances(const Query& query, const Row* rows, size_t count, float* distances) const;
  void shortDistances(const Query& query, const Row* rows, size_t count, float* distances) const;
  float floatDistance(const Query& query, Row row) const;

  Space space_;
  uint32_t dimension_;
  StoreOptions options_;
  Row rows_ = 0;
  const Kernels* kernels_;
  const CodeKernels* codeKernels_;
  bool keepsFloats_ = true;
  RowBlocks floats_;
  std::vector<float> inverseNorms_;  ///< of the floats; cosine only
  RowBlocks shorts_;                 ///< for cosine of the normalized vectors
  std::vector<float> shortScales_;   ///< what one unit of a row's shorts stands for
  std::optional<Codes> codes_;       ///< or
  std::optional<BinaryCodes> bits_;
  std::unique_ptr<Residuals> residuals_;  ///< of codes of 7 bits, in the place of shorts
  std::vector<float> room_;               ///< for a row that is normalized
};

}  // namespace pagevec
