#include "snapshot/record_fields.h"

namespace pagevec {

uint8_t recordFlags(const std::string* document, const Metadata* metadata, uint8_t more) {
  const bool hasMetadata = metadata != nullptr && !metadata->empty();
  return static_cast<uint8_t>(more | (document != nullptr ? kHasDocument : 0) |
                              (hasMetadata ? kHasMetadata : 0));
}

void writeRecordFields(ByteWriter& out, const std::string& id, const std::string* document,
                       const Metadata* metadata) {
  out.blob(id);
  if (document != nullptr) out.blob(*document);
  if (metadata != nullptr && !metadata->empty()) out.blob(metadata->toJson());
}

Result<RecordFields> readRecordFields(ByteReader& in, uint8_t flags, uint8_t more) {
  if ((flags & ~(kHasDocument | kHasMetadata | more)) != 0) {
    return Status(StatusCode::Corrupt, "unknown flags " + std::to_string(flags));
  }
  RecordFields fields;
  fields.id = in.blob();
  if ((flags & kHasDocument) != 0) fields.document = in.blob();
  const std::string_view json = (flags & kHasMetadata) != 0 ? in.blob() : std::string_view();
  if (!in.ok()) return Status(StatusCode::Corrupt, "the bytes end too early");
  if ((flags & kHasMetadata) != 0) {
    Result<Metadata> metadata = Metadata::parse(json);
    if (!metadata.ok()) return Status(StatusCode::Corrupt, metadata.status().message());
    fields.metadata = std::move(metadata.value());
  }
  return fields;
}

}  // namespace pagevec
