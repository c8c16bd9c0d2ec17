#include "base/crc32c.h"

#include <gtest/gtest.h>

#include <numeric>
#include <string_view>

namespace pagevec {
namespace {

ByteView view(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

uint32_t bitByBit(ByteView bytes) {
  uint32_t crc = ~uint32_t{0};
  for (const uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1;
  }
  return ~crc;
}

TEST(Crc32c, GivesTheValuesOfRfc3720) {
  Bytes ascending(32);
  std::iota(ascending.begin(), ascending.end(), uint8_t{0});
  const Bytes descending(ascending.rbegin(), ascending.rend());
  EXPECT_EQ(crc32c({}), 0u);
  EXPECT_EQ(crc32c(view("123456789")), 0xE3069283u);
  EXPECT_EQ(crc32c(Bytes(32, 0)), 0x8A9136AAu);
  EXPECT_EQ(crc32c(Bytes(32, 0xFF)), 0x62A8AB43u);
  EXPECT_EQ(crc32c(ascending), 0x46DD794Eu);
  EXPECT_EQ(crc32c(descending), 0x113FDB5Cu);
}

TEST(Crc32c, AgreesWithTheBitwiseFormAtEveryLengthAndAlignment) {
  Bytes bytes(96);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i * 151 + 7);
  for (size_t offset = 0; offset < 8; ++offset) {
    for (size_t length = 0; offset + length <= bytes.size(); ++length) {
      const ByteView part = ByteView(bytes).subspan(offset, length);
      ASSERT_EQ(crc32c(part), bitByBit(part)) << offset << " " << length;
    }
  }
}

// Long enough for the way that takes blocks of 8 KiB.
TEST(Crc32c, AgreesWithTheBitwiseFormOverBlocks) {
  Bytes bytes(3 * 8192 + 16);
  uint32_t state = 1;
  for (uint8_t& byte : bytes)
    byte = static_cast<uint8_t>((state = state * 1664525 + 1013904223) >> 24);
  for (const size_t length : {8191, 8192, 8193, 2 * 8192 - 1, 2 * 8192, 3 * 8192 + 5}) {
    for (const size_t offset : {0, 1, 8, 11}) {
      const ByteView part = ByteView(bytes).subspan(offset, length);
      ASSERT_EQ(crc32c(part), bitByBit(part)) << offset << " " << length;
      ASSERT_EQ(crc32c(part.subspan(3), crc32c(part.first(3))), bitByBit(part));
    }
  }
}

// Every bit of a block, and of the CRC that comes into it, counts in its place.
TEST(Crc32c, ABlockWithOneBitSet) {
  Bytes bytes(8192 + 8);
  for (size_t bit = 0; bit < 8 * bytes.size(); bit += 61) {
    bytes[bit / 8] = static_cast<uint8_t>(1 << bit % 8);
    ASSERT_EQ(crc32c(bytes), bitByBit(bytes)) << bit;
    bytes[bit / 8] = 0;
  }
}

TEST(Crc32c, GoesOnFromASeed) {
  const ByteView whole = view("The quick brown fox jumps over the lazy dog");
  for (size_t split = 0; split <= whole.size(); ++split) {
    EXPECT_EQ(crc32c(whole.subspan(split), crc32c(whole.first(split))), crc32c(whole));
  }
}

}  // namespace
}  // namespace pagevec
