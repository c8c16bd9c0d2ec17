#pragma once

#include "base/status.h"
#include "encoder/convert/tensors.h"

namespace pagevec {

/// Reads a safetensors file (u64 header length, JSON header, data). Tensors of other types than F32
/// are left out. InvalidArgument when the header is no such JSON or a tensor lies outside the data.
/// The views are into the file.
Result<TensorMap> readSafetensors(ByteView file);

}  // namespace pagevec
