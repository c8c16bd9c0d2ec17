#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>

#include "encoder/convert/float_model.h"

namespace pagevec {

/// The linear layers of a transformer layer, in the order of their inputs.
enum class LinearSite : uint8_t { Qkv = 0, AttentionOut = 1, Up = 2, Down = 3 };
constexpr size_t kLinearSites = 4;

/// Sees the inputs of a linear layer: tokens x columns.
using LinearObserver =
    std::function<void(size_t layer, LinearSite site, std::span<const float> inputs)>;

/// The forward pass in f32 with exact functions, written for clearness: what the kernels are
/// measured against. ids: one text, special tokens included; those from secondBegin on are of token
/// type 1. out: config.outputs() floats.
void encodeReference(const FloatModel& model, std::span<const int32_t> ids, float* out,
                     const LinearObserver& observe = {}, size_t secondBegin = SIZE_MAX);

}  // namespace pagevec
