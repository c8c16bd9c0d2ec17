#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/status.h"
#include "fields/metadata.h"

namespace pagevec {

/// How a record's id, document and metadata are written, in journal records and snapshot parts.

constexpr uint8_t kHasDocument = 1;
constexpr uint8_t kHasMetadata = 2;
constexpr uint8_t kEmbedded = 4;           ///< journal only: a vector follows the entries
constexpr size_t kMinRecordBytes = 1 + 4;  ///< flags and the length of an id

struct RecordFields {
  std::string id;
  std::optional<std::string> document;
  std::optional<Metadata> metadata;
};

/// The flags byte. Null: not there. Empty metadata has no stored form and counts as not there.
uint8_t recordFlags(const std::string* document, const Metadata* metadata, uint8_t more);

/// Blobs: the id, the document and the metadata's JSON, the last two only when there.
void writeRecordFields(ByteWriter& out, const std::string& id, const std::string* document,
                       const Metadata* metadata);

/// Reads them back. Corrupt for flags other than the two above and `more`, bytes that end too
/// early, or metadata that Metadata::parse refuses.
Result<RecordFields> readRecordFields(ByteReader& in, uint8_t flags, uint8_t more);

}  // namespace pagevec
