#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace pagevec {

/// A tensor of 32-bit floats within a file, which may lie there at any address.
struct Tensor {
  std::vector<uint64_t> shape;
  ByteView bytes;
  /// A matrix whose columns lie one after another in the bytes, rather than its rows.
  bool transposed = false;
};

/// Tensors by the names that PyTorch gives them.
using TensorMap = std::map<std::string, Tensor>;

}  // namespace pagevec
