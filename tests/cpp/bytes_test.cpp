#include "base/bytes.h"

#include <gtest/gtest.h>

namespace pagevec {
namespace {

TEST(Bytes, WritesLittleEndian) {
  ByteWriter out;
  out.number(uint32_t{0x01020304});
  out.number(uint16_t{0x0506});
  out.blob("hi");
  EXPECT_EQ(out.take(), (Bytes{4, 3, 2, 1, 6, 5, 2, 0, 0, 0, 'h', 'i'}));
}

TEST(Bytes, ReadsWhatWasWritten) {
  const std::vector<float> floats{1.5f, -2.25f};
  ByteWriter out;
  out.number(uint8_t{7});
  out.number(uint64_t{1} << 60);
  out.number(-0.5);
  out.blob(std::string_view("a\0b", 3));
  out.array(std::span<const float>(floats));
  ByteReader in(out.view());
  EXPECT_EQ(in.number<uint8_t>(), 7);
  EXPECT_EQ(in.number<uint64_t>(), uint64_t{1} << 60);
  EXPECT_EQ(in.number<double>(), -0.5);
  EXPECT_EQ(in.blob(), std::string_view("a\0b", 3));
  EXPECT_FALSE(in.atEnd());
  EXPECT_EQ(in.array<float>(2), floats);
  EXPECT_TRUE(in.atEnd());
}

TEST(Bytes, PatchesANumberWrittenEarlier) {
  ByteWriter out;
  out.number(uint16_t{0});
  out.number(uint8_t{9});
  out.patch(0, static_cast<uint16_t>(out.size()));
  EXPECT_EQ(out.take(), (Bytes{3, 0, 9}));
}

TEST(Bytes, AReadPastTheEndFailsForGood) {
  const Bytes bytes{1, 2, 3};
  ByteReader in(bytes);
  EXPECT_EQ(in.number<uint32_t>(), 0u);
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.number<uint8_t>(), 0);
  EXPECT_TRUE(in.raw(0).empty());
  EXPECT_FALSE(in.atEnd());
}

TEST(Bytes, AForgedLengthMakesNoAllocation) {
  const Bytes bytes{0xFF, 0xFF, 0xFF, 0xFF, 'x'};
  ByteReader blob(bytes);
  EXPECT_EQ(blob.blob(), "");
  EXPECT_FALSE(blob.ok());
  ByteReader array(bytes);
  EXPECT_TRUE(array.array<uint64_t>(SIZE_MAX / 8).empty());
  EXPECT_FALSE(array.ok());
  ByteReader wrapping(bytes);
  EXPECT_TRUE(wrapping.array<uint32_t>(SIZE_MAX / 4 + 2).empty());
  EXPECT_FALSE(wrapping.ok());
}

}  // namespace
}  // namespace pagevec
