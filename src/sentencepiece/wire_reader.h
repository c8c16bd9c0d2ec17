#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pagevec {

/// One field of a protobuf message.
struct WireField {
  /// The wire types that sentencepiece's messages use; groups are long gone from protobuf.
  enum class Type : uint8_t { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };

  uint32_t number = 0;
  Type type = Type::Varint;
  uint64_t value = 0;      ///< of a number
  std::string_view bytes;  ///< of a string, bytes or an embedded message
};

/// Reads a protobuf message field by field (https://protobuf.dev/programming-guides/encoding).
class WireReader {
 public:
  explicit WireReader(std::string_view message) : rest_(message) {}

  /// False at the end of the message, and for good where it is broken.
  bool next(WireField& field);

  /// Whether everything up to here was well formed.
  bool ok() const { return ok_; }

 private:
  bool readVarint(uint64_t& value);
  bool readFixed(size_t bytes, uint64_t& value);
  bool readValue(WireField& field);

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace pagevec
