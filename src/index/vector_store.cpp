#include "index/vector_store.h"

#include <algorithm>
#include <cassert>
#include <new>

namespace pagevec {
namespace {

// Small enough that a collection of a few notes stays small, large enough that a hundred thousand
// rows need hundreds of allocations and not thousands.
constexpr size_t kBlockBytes = 256 * 1024;
constexpr size_t kVectorFloats = 4;
constexpr std::align_val_t kAlignment{16};

size_t roundUp(size_t count) { return (count + kVectorFloats - 1) / kVectorFloats * kVectorFloats; }

uint32_t rowsLog2(size_t stride) {
  uint32_t shift = 0;
  while ((stride * sizeof(float) << (shift + 1)) <= kBlockBytes) ++shift;
  return shift;
}

}  // namespace

void VectorStore::AlignedDelete::operator()(float* block) const {
  ::operator delete[](block, kAlignment);
}

VectorStore::VectorStore(Space space, uint32_t dimension)
    : space_(space),
      dimension_(dimension),
      stride_(roundUp(std::max<size_t>(dimension, 1))),
      kernels_(&activeKernels()) {
  blockShift_ = rowsLog2(stride_);
  blockMask_ = (uint32_t{1} << blockShift_) - 1;
  normsOffset_ = stride_ << blockShift_;
}

size_t VectorStore::blockFloats() const {
  return normsOffset_ + (space_ == Space::Cosine ? roundUp(size_t{blockMask_} + 1) : 0);
}

void VectorStore::addBlock() {
  const size_t count = blockFloats();
  blocks_.emplace_back(static_cast<float*>(::operator new[](count * sizeof(float), kAlignment)));
  std::fill_n(blocks_.back().get(), count, 0.0f);
}

Row VectorStore::append(const float* values) {
  if (rows_ >> blockShift_ == blocks_.size()) addBlock();
  float* block = blocks_.back().get();
  const size_t place = rows_ & blockMask_;
  std::copy_n(values, dimension_, block + place * stride_);
  if (space_ == Space::Cosine) block[normsOffset_ + place] = inverseNorm(values, dimension_);
  return rows_++;
}

std::span<const float> VectorStore::vector(Row row) const {
  assert(row < rows_);
  return {values(row), dimension_};
}

float VectorStore::distance(Row a, Row b) const {
  return distance({values(a), space_ == Space::Cosine ? rowInverseNorm(a) : 0}, b);
}

VectorStore::Query VectorStore::prepare(const float* values) const {
  return {values, space_ == Space::Cosine ? inverseNorm(values, dimension_) : 0};
}

float VectorStore::distance(const Query& query, Row row) const {
  assert(row < rows_);
  switch (space_) {
    case Space::Ip: return ipDistance(query.values, values(row), dimension_, *kernels_);
    case Space::Cosine:
      return cosineDistance(query.values, query.inverseNorm, values(row), rowInverseNorm(row),
                            dimension_, *kernels_);
    case Space::L2: break;
  }
  return kernels_->squaredL2(query.values, values(row), dimension_);
}

size_t VectorStore::bytes() const {
  return blocks_.size() * blockFloats() * sizeof(float) + blocks_.capacity() * sizeof(Block);
}

}  // namespace pagevec
