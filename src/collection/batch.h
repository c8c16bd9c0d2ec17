#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fields/metadata.h"

namespace pagevec {

enum class Operation : uint8_t { Add = 1, Upsert = 2, Update = 3, Delete = 4 };

/// One write as it is checked, journalled, applied and replayed. Each of documents, metadatas and
/// embedded is either empty (nobody has one) or as long as ids.
struct Batch {
  Operation operation = Operation::Add;
  std::vector<std::string> ids;
  std::vector<std::optional<std::string>> documents;
  std::vector<std::optional<Metadata>> metadatas;
  std::vector<bool> embedded;     ///< embedded[i]: id i has a vector in embeddings
  std::vector<float> embeddings;  ///< the vectors of those ids, one after another
  uint32_t dimension = 0;         ///< floats per vector; 0 when there are none
};

}  // namespace pagevec
