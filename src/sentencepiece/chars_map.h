#pragma once

#include <cstddef>
#include <string_view>

#include "base/status.h"

namespace pagevec {

constexpr size_t kMaxCharsMapBytes = size_t{4} << 20;
/// A rule's replacement, in bytes: it bounds how much longer normalizing makes a text. The longest
/// that NFKC has is that of U+FDFA, 33 bytes.
constexpr size_t kMaxReplacementBytes = 64;
/// How many rules may match at one place, each the beginning of the next: the library keeps them in
/// an array of this size and does not look.
constexpr size_t kMaxNestedRules = 32;

/// Checks normalization rules: u32 size of a double array (Darts), the array, and the replacements,
/// each ended by a zero byte, which the array's values point to. Corrupt when a walk through the
/// array could leave it or run in a circle; LimitExceeded above the limits.
Status checkCharsMap(std::string_view charsMap);

}  // namespace pagevec
