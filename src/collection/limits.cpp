#include "collection/limits.h"

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

Status wrongDimension(const std::string& owner, size_t given, uint32_t expected) {
  return Status(StatusCode::DimensionMismatch, owner + " has " + std::to_string(given) +
                                                   " dimensions, the collection has " +
                                                   std::to_string(expected));
}

}  // namespace pagevec
