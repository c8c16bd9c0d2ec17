#pragma once

#include "base/status.h"
#include "encoder/convert/tensors.h"

namespace pagevec {

/// Whether a file begins as ONNX models do (the field ir_version), which no safetensors file does.
bool looksLikeOnnx(ByteView file);

/// The weights of an ONNX model (protobuf; onnx/onnx.proto, ModelProto): its F32 initializers by
/// name. Exports of PyTorch name a linear layer's bias ("x.bias") but give its matrix, transposed
/// for MatMul, a name without meaning: what MatMul multiplies with before Add adds x.bias becomes
/// x.weight, turned back. Tensors of other types, and such as lie in files of their own, are left
/// out. InvalidArgument when the file is no such protobuf or a tensor's data has another length
/// than its shape needs. The views are into the file.
Result<TensorMap> readOnnxWeights(ByteView file);

}  // namespace pagevec
