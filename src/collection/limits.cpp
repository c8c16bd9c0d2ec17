#include "collection/limits.h"

#include <cmath>

#include "base/utf8.h"

namespace pagevec {
namespace {

std::string tooLong(size_t bytes, size_t limit) {
  return "has " + std::to_string(bytes) + " bytes, the limit is " + std::to_string(limit) +
         "; shorten it";
}

constexpr const char* kInvalidUtf8 = "is not valid UTF-8; replace lone surrogates (toWellFormed)";

}  // namespace

std::optional<std::string> idProblem(std::string_view id) {
  if (id.empty()) return "is empty; give it at least one character";
  if (id.size() > kMaxIdBytes) return tooLong(id.size(), kMaxIdBytes);
  if (!isValidUtf8(id)) return kInvalidUtf8;
  return std::nullopt;
}

std::optional<std::string> documentProblem(std::string_view document) {
  if (document.size() > kMaxDocumentBytes) return tooLong(document.size(), kMaxDocumentBytes);
  if (!isValidUtf8(document)) return kInvalidUtf8;
  return std::nullopt;
}

size_t firstUnusableValue(std::span<const float> values) {
  size_t i = 0;
  while (i < values.size() && std::fabs(values[i]) <= kMaxMagnitude) ++i;  // false for NaN
  return i;
}

Status unusableValue(const std::string& owner, size_t place, float value) {
  const std::string at = " at position " + std::to_string(place);
  if (std::isfinite(value)) {
    return Status(StatusCode::InvalidArgument,
                  owner + " has " + std::to_string(value) + at +
                      "; values beyond 1e16 overflow a distance, scale the vector");
  }
  return Status(StatusCode::NotFinite, owner + " has " +
                                           (std::isnan(value) ? "NaN" : "an infinity") + at +
                                           "; embeddings must be finite numbers");
}

Status wrongDimension(const std::string& owner, size_t given, uint32_t expected) {
  return Status(StatusCode::DimensionMismatch, owner + " has " + std::to_string(given) +
                                                   " dimensions, the collection has " +
                                                   std::to_string(expected));
}

}  // namespace pagevec
