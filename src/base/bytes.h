#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace pagevec {

static_assert(std::endian::native == std::endian::little,
              "stored numbers are little endian and copied as they lie in memory");

using Bytes = std::vector<uint8_t>;
using ByteView = std::span<const uint8_t>;

/// Eight bytes as a number, the first the lowest; at any address.
inline uint64_t wordAt(const void* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

/// Appends fixed-width little-endian numbers and length-prefixed blobs to a growing buffer.
class ByteWriter {
 public:
  template <class T>
  void number(T value) {
    static_assert(std::is_arithmetic_v<T>);
    raw({reinterpret_cast<const uint8_t*>(&value), sizeof value});
  }
  void raw(ByteView bytes) { buffer_.insert(buffer_.end(), bytes.begin(), bytes.end()); }
  /// A u32 byte count, then the bytes.
  void blob(std::string_view text) {
    number(static_cast<uint32_t>(text.size()));
    raw({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  }
  /// 7 bits a byte, the lowest first; the high bit says that another follows (LEB128).
  void varint(uint32_t value) {
    for (; value >= 0x80; value >>= 7) number(static_cast<uint8_t>(value | 0x80));
    number(static_cast<uint8_t>(value));
  }
  /// count values as they lie in memory, without a prefix.
  template <class T>
  void array(std::span<const T> values) {
    static_assert(std::is_arithmetic_v<T>);
    raw({reinterpret_cast<const uint8_t*>(values.data()), values.size_bytes()});
  }
  /// Overwrites a number written earlier, e.g. a length known only at the end.
  template <class T>
  void patch(size_t offset, T value) {
    std::memcpy(buffer_.data() + offset, &value, sizeof value);
  }

  /// Room for so many bytes in all, which then are not moved while they come.
  void reserve(size_t bytes) { buffer_.reserve(bytes); }
  size_t size() const { return buffer_.size(); }
  ByteView view() const { return buffer_; }
  Bytes take() { return std::move(buffer_); }

 private:
  Bytes buffer_;
};

/// Reads what ByteWriter wrote. A read past the end returns zero or an empty view and makes ok()
/// false for good, so a parser checks once after a group of reads, before it believes any of them.
class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) : bytes_(bytes) {}

  template <class T>
  T number() {
    static_assert(std::is_arithmetic_v<T>);
    T value{};
    ByteView source = raw(sizeof value);
    if (ok_) std::memcpy(&value, source.data(), sizeof value);
    return value;
  }
  ByteView raw(size_t count) {
    if (count > bytes_.size() - offset_) ok_ = false;
    if (!ok_) return {};
    ByteView view = bytes_.subspan(offset_, count);
    offset_ += count;
    return view;
  }
  std::string_view blob() {
    ByteView view = raw(number<uint32_t>());
    return {reinterpret_cast<const char*>(view.data()), view.size()};
  }
  /// A varint of ByteWriter; one that 32 bits do not hold is a read past the end.
  uint32_t varint() {
    uint32_t value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      const auto byte = number<uint8_t>();
      if (shift == 28 && byte > 0x0F) ok_ = false;
      if (!ok_) return 0;
      value |= static_cast<uint32_t>(byte & 0x7F) << shift;
      if (byte < 0x80) break;
    }
    return value;
  }
  /// Copies count values; empty when fewer are left. The product is checked against what is left,
  /// so a forged count cannot make a large allocation.
  template <class T>
  std::vector<T> array(size_t count) {
    if (count > remaining() / sizeof(T)) ok_ = false;
    std::vector<T> values(ok_ ? count : 0);
    ByteView source = raw(values.size() * sizeof(T));
    if (!values.empty()) std::memcpy(values.data(), source.data(), source.size());
    return values;
  }

  bool ok() const { return ok_; }
  size_t remaining() const { return bytes_.size() - offset_; }
  bool atEnd() const { return ok_ && remaining() == 0; }

 private:
  ByteView bytes_;
  size_t offset_ = 0;
  bool ok_ = true;
};

}  // namespace pagevec
