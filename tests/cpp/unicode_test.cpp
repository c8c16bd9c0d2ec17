#include "text/unicode.h"

#include <gtest/gtest.h>

#include <string>

namespace pagevec {
namespace {

std::u32string mapped(char32_t c) {
  const Mapping mapping = bertMapping(c);
  return {mapping.codePoints.data(), mapping.size};
}

TEST(Unicode, ClassesOfOneCodePointEach) {
  EXPECT_EQ(charClass('a'), CharClass::Keep);
  EXPECT_EQ(charClass('A'), CharClass::Mapped);
  EXPECT_EQ(charClass(' '), CharClass::Space);
  EXPECT_EQ(charClass(0x3000), CharClass::Space);
  EXPECT_EQ(charClass('$'), CharClass::Punctuation);  // ASCII symbols count as punctuation
  EXPECT_EQ(charClass(0x20AC), CharClass::Keep);      // others do not
  EXPECT_EQ(charClass(0), CharClass::Removed);
  EXPECT_EQ(charClass(0x85), CharClass::Removed);  // a control first, white space second
  EXPECT_EQ(charClass(0xFFFD), CharClass::Removed);
  EXPECT_EQ(charClass(0xE000), CharClass::Removed);
  EXPECT_EQ(charClass(0x0378), CharClass::Keep);  // unassigned
  EXPECT_EQ(charClass(0x4E00), CharClass::Cjk);
  EXPECT_EQ(charClass(0x20000), CharClass::Cjk);
  EXPECT_EQ(charClass(0x2B820), CharClass::Keep);  // extension E begins at U+2B920 in the reference
  EXPECT_EQ(charClass(0xF900), CharClass::CjkMapped);
  EXPECT_EQ(charClass(0x2FA1D), CharClass::CjkMapped);
  EXPECT_EQ(charClass(0x0301), CharClass::Mark);
  EXPECT_EQ(charClass(0xE0100), CharClass::Mark);
  EXPECT_EQ(charClass(0x302E), CharClass::Survivor);
  EXPECT_EQ(charClass(0x1D15E), CharClass::SurvivorMapped);
  EXPECT_EQ(charClass(0x2260), CharClass::BecomesPunctuation);
  EXPECT_EQ(charClass(0x037E), CharClass::PunctuationMapped);
  EXPECT_EQ(charClass(0xAC00), CharClass::Hangul);
  EXPECT_EQ(charClass(0x10FFFF), CharClass::Keep);
}

TEST(Unicode, MappingDecomposesDropsAccentsAndLowers) {
  EXPECT_EQ(mapped('Z'), U"z");
  EXPECT_EQ(mapped(0x0130), U"i");
  EXPECT_EQ(mapped(0x01FA), U"a");
  EXPECT_EQ(mapped(0x03A3), U"\u03C3");
  EXPECT_EQ(mapped(0x1E9E), U"\u00DF");
  EXPECT_EQ(mapped(0x2126), U"\u03C9");
  EXPECT_EQ(mapped(0x304C), U"\u304B");
  EXPECT_EQ(mapped(0x2260), U"=");
  EXPECT_EQ(mapped(0xF900), U"\u8C48");
  EXPECT_EQ(mapped(0x2F800), U"\u4E3D");
  EXPECT_EQ(mapped(0x10400), U"\U00010428");
  EXPECT_EQ(mapped(0x1D160), U"\U0001D158\U0001D165\U0001D16E");
  EXPECT_EQ(mapped('z'), U"z");
  EXPECT_EQ(mapped(0x1F600), U"\U0001F600");
}

TEST(Unicode, HangulSyllablesDecomposeToJamo) {
  EXPECT_EQ(mapped(0xAC00), U"\u1100\u1161");
  EXPECT_EQ(mapped(0xAC01), U"\u1100\u1161\u11A8");
  EXPECT_EQ(mapped(0xD7A3), U"\u1112\u1175\u11C2");
}

TEST(Unicode, CombiningClassIsThatOfTheFirstPart) {
  EXPECT_EQ(combiningClass('a'), 0);
  EXPECT_EQ(combiningClass(0x0334), 1);
  EXPECT_EQ(combiningClass(0x0323), 220);
  EXPECT_EQ(combiningClass(0x0301), 230);
  EXPECT_EQ(combiningClass(0x0345), 240);
  EXPECT_EQ(combiningClass(0x034F), 0);
  EXPECT_EQ(combiningClass(0x0F73), 129);  // U+0F71 U+0F72
  EXPECT_EQ(combiningClass(0x00E9), 0);
  EXPECT_EQ(combiningClass(0x10FFFF), 0);
}

}  // namespace
}  // namespace pagevec
