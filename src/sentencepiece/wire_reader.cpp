#include "sentencepiece/wire_reader.h"

#include <limits>

namespace pagevec {

bool WireReader::next(WireField& field) {
  if (!ok_ || rest_.empty()) return false;
  uint64_t tag = 0;
  ok_ = readVarint(tag) && tag <= std::numeric_limits<uint32_t>::max() && tag >> 3 != 0;
  if (!ok_) return false;
  field.number = static_cast<uint32_t>(tag >> 3);
  field.type = static_cast<WireField::Type>(tag & 7);
  ok_ = readValue(field);
  return ok_;
}

bool WireReader::readValue(WireField& field) {
  switch (field.type) {
    case WireField::Type::Varint: return readVarint(field.value);
    case WireField::Type::Fixed64: return readFixed(8, field.value);
    case WireField::Type::Fixed32: return readFixed(4, field.value);
    case WireField::Type::Bytes: break;
    default: return false;
  }
  uint64_t length = 0;
  if (!readVarint(length) || length > rest_.size()) return false;
  field.bytes = rest_.substr(0, static_cast<size_t>(length));
  rest_.remove_prefix(static_cast<size_t>(length));
  return true;
}

bool WireReader::readVarint(uint64_t& value) {
  constexpr size_t kMaxBytes = 10;
  value = 0;
  for (size_t i = 0; i < kMaxBytes && i < rest_.size(); ++i) {
    const auto byte = static_cast<uint8_t>(rest_[i]);
    value |= static_cast<uint64_t>(byte & 0x7F) << (7 * i);
    if ((byte & 0x80) != 0) continue;
    rest_.remove_prefix(i + 1);
    return true;
  }
  return false;
}

bool WireReader::readFixed(size_t bytes, uint64_t& value) {
  if (rest_.size() < bytes) return false;
  value = 0;
  for (size_t i = 0; i < bytes; ++i) {
    value |= static_cast<uint64_t>(static_cast<uint8_t>(rest_[i])) << (8 * i);
  }
  rest_.remove_prefix(bytes);
  return true;
}

}  // namespace pagevec
