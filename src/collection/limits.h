#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "distance/vector_limits.h"

namespace pagevec {

// What one record and one batch may hold. Larger than any real use, small enough that a 32-bit heap
// refuses a batch with a message instead of running out of memory.
constexpr size_t kMaxIdBytes = size_t{64} << 10;
constexpr size_t kMaxDocumentBytes = size_t{64} << 20;
/// As Metadata::bytes() counts, after merging.
constexpr size_t kMaxMetadataBytes = size_t{1} << 20;
constexpr size_t kMaxBatchBytes = size_t{1} << 30;
constexpr uint32_t kMaxRows = 0xFFFFFFFE;  ///< live and dead; the number above stands for "none"
constexpr uint32_t kMaxEfSearch = 10000;

/// Rows above which a collection of IndexKind::Auto links a graph, or that are longer than so many bytes
/// together. Up to there an exact scan takes about half a millisecond and less, which linking wins back
/// in thousands of queries only; what is more leaves the caches, where a scan of 1,536 dimensions takes
/// three times as long a value (tests/bench/thresholds.mjs).
constexpr size_t kAutoLinkRows = 10'000;
constexpr size_t kAutoLinkBytes = 768 * kAutoLinkRows;

/// Dead rows are dropped when they are more than this and more than half of all rows.
constexpr size_t kMinDeadRows = 1000;

/// What is wrong with an id or a document, e.g. "is empty; give ...", or nothing.
std::optional<std::string> idProblem(std::string_view id);
std::optional<std::string> documentProblem(std::string_view document);

/// The refusal that batches and queries share; owner is e.g. "document 3" or "the query".
Status wrongDimension(const std::string& owner, size_t given, uint32_t expected);

}  // namespace pagevec
