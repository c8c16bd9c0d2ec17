#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sentencepiece/chars_map.h"
#include "sentencepiece/model_fields.h"
#include "sentencepiece/sentencepiece_tokenizer.h"

namespace pagevec {
namespace {

using nlohmann::json;
using Mapping = IdMapping;

std::string fixture(const std::string& name) {
  const auto path = std::filesystem::path(PAGEVEC_FIXTURES_DEFAULT) / "sentencepiece" / name;
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::unique_ptr<Tokenizer> tokenizerOf(const std::string& model, Mapping mapping) {
  auto tokenizer = makeSentencePieceTokenizer(model, mapping);
  EXPECT_TRUE(tokenizer.ok()) << tokenizer.status().message();
  return tokenizer.ok() ? std::move(tokenizer.value()) : nullptr;
}

json offsetsOf(const Encoding& encoding) {
  json offsets = json::array();
  for (const TokenOffset& offset : encoding.offsets) offsets.push_back({offset.begin, offset.end});
  return offsets;
}

struct Cases {
  const char* model;
  const char* file;
  Mapping mapping;
};

class SentencePieceFixtureTest : public ::testing::TestWithParam<Cases> {};

TEST_P(SentencePieceFixtureTest, EqualsTheLibrary) {
  const auto tokenizer = tokenizerOf(fixture(GetParam().model), GetParam().mapping);
  ASSERT_NE(tokenizer, nullptr);
  std::istringstream cases(fixture(GetParam().file));
  Encoding encoding;
  int count = 0;
  for (std::string line; std::getline(cases, line); ++count) {
    const json expected = json::parse(line);
    const auto text = expected.at("text").get<std::string>();
    tokenizer->encode(text, 0, encoding);
    EXPECT_EQ(json(encoding.ids), expected.at("ids")) << line;
    EXPECT_EQ(offsetsOf(encoding), expected.at("offsets")) << line;
    EXPECT_FALSE(encoding.truncated);
    EXPECT_EQ(tokenizer->count(text), encoding.ids.size());
  }
  EXPECT_GT(count, 200);
}

TEST_P(SentencePieceFixtureTest, ALimitCutsTheSameTokens) {
  const auto tokenizer = tokenizerOf(fixture(GetParam().model), GetParam().mapping);
  ASSERT_NE(tokenizer, nullptr);
  const std::string text = "the house that <mask> Jack built</s>, and so on";
  Encoding whole;
  Encoding part;
  Encoding nothing;
  tokenizer->encode(text, 0, whole);
  tokenizer->encode("", 0, nothing);
  const size_t added = nothing.ids.size();
  const size_t behind = GetParam().mapping == Mapping::Plain ? 0 : 1;
  for (size_t limit = 1; limit <= whole.ids.size() + 1; ++limit) {
    tokenizer->encode(text, limit, part);
    const size_t length = std::min(std::max(limit, added), whole.ids.size());
    ASSERT_EQ(part.ids.size(), length);
    ASSERT_EQ(part.offsets.size(), length);
    EXPECT_EQ(part.truncated, limit < whole.ids.size());
    for (size_t i = 0; i + behind < length; ++i) EXPECT_EQ(part.ids[i], whole.ids[i]);
    if (behind == 1) {
      EXPECT_EQ(part.ids.back(), whole.ids.back());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Model, SentencePieceFixtureTest,
                         ::testing::Values(Cases{"unigram.model", "unigram.xlm-r.jsonl",
                                                 Mapping::XlmR},
                                           Cases{"bpe.model", "bpe.plain.jsonl", Mapping::Plain},
                                           Cases{"t5.model", "t5.t5.jsonl", Mapping::T5}),
                         [](const auto& each) {
                           return std::string(each.param.model,
                                              std::strcspn(each.param.model, "."));
                         });

TEST(SentencePiece, BytesThatAreNoUtf8CountAsReplacementCharacters) {
  for (const char* model : {"unigram.model", "bpe.model"}) {
    const auto tokenizer = tokenizerOf(fixture(model), Mapping::Plain);
    ASSERT_NE(tokenizer, nullptr);
    Encoding broken;
    Encoding repaired;
    for (const auto& [bytes, text] :
         {std::pair{"a\xff b\xe2\x82", "a\xef\xbf\xbd b\xef\xbf\xbd"},
          std::pair{"\xed\xa0\x80z", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz"}}) {
      tokenizer->encode(bytes, 0, broken);
      tokenizer->encode(text, 0, repaired);
      EXPECT_EQ(broken.ids, repaired.ids);
      EXPECT_EQ(offsetsOf(broken), offsetsOf(repaired));
    }
  }
}

TEST(SentencePiece, VocabulariesCountWhatTheMappingAdds) {
  const std::string model = fixture("unigram.model");
  EXPECT_EQ(tokenizerOf(model, Mapping::Plain)->vocabularySize(), 2000u);
  EXPECT_EQ(tokenizerOf(model, Mapping::XlmR)->vocabularySize(), 2002u);
  EXPECT_EQ(tokenizerOf(fixture("t5.model"), Mapping::T5)->vocabularySize(), 1000u);
}

TEST(SentencePiece, AMappingThatIsNotTheModelsIsRefused) {
  for (const auto& [file, mapping] : {std::pair{"t5.model", Mapping::XlmR},
                                      std::pair{"unigram.model", static_cast<Mapping>(9)}}) {
    const auto tokenizer = makeSentencePieceTokenizer(fixture(file), mapping);
    ASSERT_FALSE(tokenizer.ok());
    EXPECT_EQ(tokenizer.status().code(), StatusCode::InvalidArgument);
  }
}

// Models written by hand, field by field.

std::string varint(uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  return out + static_cast<char>(value);
}
std::string number(int field, uint64_t value) { return varint(field << 3) + varint(value); }
std::string bytes(int field, const std::string& value) {
  return varint(field << 3 | 2) + varint(value.size()) + value;
}
std::string real(int field, float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  std::string out = varint(field << 3 | 5);
  for (int i = 0; i < 4; ++i) out += static_cast<char>(bits >> (8 * i));
  return out;
}
std::string piece(const std::string& text, PieceType type = PieceType::Normal, float score = -1) {
  return bytes(1, bytes(1, text) + real(2, score) + number(3, static_cast<uint64_t>(type)));
}
std::string modelOf(ModelType type) { return bytes(2, number(3, static_cast<uint64_t>(type))); }
std::string charsMap(const std::vector<uint32_t>& units, const std::string& replacements) {
  const auto word = [](uint32_t bits) {
    std::string out;
    for (int i = 0; i < 4; ++i) out += static_cast<char>(bits >> (8 * i));
    return out;
  };
  std::string out = word(static_cast<uint32_t>(units.size() * 4));
  for (const uint32_t unit : units) out += word(unit);
  return out + replacements;
}
std::string rules(const std::string& map) { return bytes(3, bytes(2, map)); }

const std::string kUnknown = piece("<unk>", PieceType::Unknown, 0);
const std::string kZero(1, '\0');

StatusCode codeOf(const std::string& model) {
  const auto tokenizer = makeSentencePieceTokenizer(model, Mapping::Plain);
  EXPECT_TRUE(tokenizer.ok() || !tokenizer.status().message().empty());
  return tokenizer.status().code();
}

TEST(SentencePieceModel, TheSmallestIsAccepted) {
  for (const ModelType type : {ModelType::Unigram, ModelType::Bpe}) {
    EXPECT_EQ(codeOf(kUnknown + piece("a") + modelOf(type)), StatusCode::Ok);
  }
  EXPECT_EQ(codeOf(kUnknown + piece("a")), StatusCode::Ok) << "Unigram is the default";
}

TEST(SentencePieceModel, WhatIsNoModelIsCorrupt) {
  const std::string nan = piece("b", PieceType::Normal, std::nanf(""));
  const std::string infinite =
      piece("b", PieceType::Normal, -std::numeric_limits<float>::infinity());
  for (const std::string& model : std::vector<std::string>{
           "", "<!doctype html><title>404</title>", R"({"version":"1.0","model":{}})",
           std::string(100, '\0'), piece("a"), kUnknown, kUnknown + kUnknown + piece("a"),
           kUnknown + piece("<unk>2", PieceType::Unknown) + piece("a"), kUnknown + piece(""),
           kUnknown + piece("a") + piece("a"), kUnknown + piece("a" + kZero + "b"),
           kUnknown + piece("\xff"), kUnknown + nan, kUnknown + infinite,
           kUnknown + piece("<0x00>", PieceType::Byte),
           kUnknown + piece("a") + bytes(2, number(35, 1)),
           kUnknown + piece("a") + piece("b", static_cast<PieceType>(7)),
           kUnknown + bytes(1, number(1, 5)), kUnknown + piece("a") + number(2, 1),
           kUnknown + piece("a") + bytes(2, bytes(3, "x")),
           kUnknown + piece("a") + bytes(3, number(2, 1)),
           kUnknown + piece("a") + std::string("\x0b\x0c", 2),
           // Texts could spell a control symbol, which ends the library's BPE.
           kUnknown + piece("a", PieceType::Control) + piece("b") + modelOf(ModelType::Bpe),
           kUnknown + piece("ab", PieceType::Control) + piece("ab") + modelOf(ModelType::Bpe)}) {
    EXPECT_EQ(codeOf(model), StatusCode::Corrupt)
        << json(model.substr(0, 40)).dump(-1, ' ', true, json::error_handler_t::replace);
  }
}

TEST(SentencePieceModel, WordsAndCharactersAreNotSupported) {
  for (const uint64_t type : {0, 3, 4, 5}) {
    EXPECT_EQ(codeOf(kUnknown + piece("a") + bytes(2, number(3, type))),
              StatusCode::InvalidArgument);
  }
}

TEST(SentencePieceModel, SizesAreLimited) {
  EXPECT_EQ(codeOf(std::string(kMaxModelBytes + 1, 'a')), StatusCode::LimitExceeded);
  EXPECT_EQ(codeOf(kUnknown + piece(std::string(kMaxPieceBytes, 'a'))), StatusCode::Ok);
  EXPECT_EQ(codeOf(kUnknown + piece(std::string(kMaxPieceBytes + 1, 'a'))),
            StatusCode::LimitExceeded);
  std::string many;
  for (size_t i = 0; i <= kMaxModelPieces; ++i) many += bytes(1, "");
  EXPECT_EQ(codeOf(many), StatusCode::LimitExceeded);
}

// The library keeps matches at one place in an array of 64 and reads on behind it.
TEST(SentencePieceModel, NestedUserDefinedPiecesAreLimited) {
  std::string nested = kUnknown + piece("b");
  for (size_t length = 1; length <= 64; ++length) {
    nested += piece(std::string(length, 'a'), PieceType::UserDefined);
  }
  const std::string text(200, 'a');
  EXPECT_EQ(tokenizerOf(nested, Mapping::Plain)->count(text), 5u);  // 64 + 64 + 64 + 8, and ▁
  nested += piece(std::string(65, 'a'), PieceType::UserDefined);
  EXPECT_EQ(codeOf(nested), StatusCode::LimitExceeded);
}

TEST(SentencePieceModel, EveryTruncationIsRefusedOrSound) {
  const std::string model = fixture("t5.model");
  const std::string text = fixture("t5.t5.jsonl").substr(0, 3000);
  for (size_t length = 0; length < model.size(); length += length < 300 ? 1 : 97) {
    const auto tokenizer = makeSentencePieceTokenizer(model.substr(0, length), Mapping::T5);
    if (!tokenizer.ok()) continue;
    // Cut between two fields it is a shorter model.
    EXPECT_GT(tokenizer.value()->count(text), 0u);
  }
}

TEST(SentencePieceCharsMap, TheRealOnesAreAccepted) {
  for (const char* name : {"unigram.model", "t5.model"}) {
    const std::string file = fixture(name);
    const auto model = readModelFields(file);
    ASSERT_TRUE(model.ok());
    ASSERT_FALSE(model->charsMap.empty());
    EXPECT_TRUE(checkCharsMap(model->charsMap).ok());
  }
}

// Units as Darts-clone packs them: the label, bit 8 for a value, the offset from bit 10 on.
constexpr uint32_t unitOf(uint32_t label, uint32_t offset, bool hasValue = false) {
  return label | (hasValue ? 1U << 8 : 0) | offset << 10;
}
constexpr uint32_t kValue = 1U << 31;

TEST(SentencePieceCharsMap, BrokenTablesAreRefused) {
  std::vector<uint32_t> units(256, kValue);
  const std::string model = kUnknown + piece("a");
  const auto codeWith = [&](const std::vector<uint32_t>& table, const std::string& replacements) {
    return codeOf(model + rules(charsMap(table, replacements)));
  };
  // "a" -> "b": the root's children lie at 0 ^ 128, those of "a" at its own place ^ 1.
  units[0] = unitOf(0, 128);
  units[128 ^ 'a'] = unitOf('a', 1, true);
  units[128 ^ 'a' ^ 1] = kValue | 0;
  EXPECT_EQ(codeWith(units, "b" + kZero), StatusCode::Ok);
  EXPECT_EQ(tokenizerOf(model + rules(charsMap(units, "a" + kZero)), Mapping::Plain)->count("aa"),
            3u);

  EXPECT_EQ(codeWith(units, ""), StatusCode::Corrupt);
  EXPECT_EQ(codeWith(units, "b"), StatusCode::Corrupt) << "no end";
  EXPECT_EQ(codeWith(units, std::string(kMaxReplacementBytes + 1, 'b') + kZero),
            StatusCode::LimitExceeded);
  EXPECT_EQ(codeWith(std::vector<uint32_t>(255), kZero), StatusCode::Corrupt);
  EXPECT_EQ(codeWith({}, kZero), StatusCode::Corrupt);
  EXPECT_EQ(codeOf(model + rules("abc")), StatusCode::Corrupt);
  EXPECT_EQ(codeOf(model + rules(std::string(kMaxCharsMapBytes + 1, '\0'))),
            StatusCode::LimitExceeded);

  std::vector<uint32_t> outside = units;
  outside[200] = unitOf('x', 256);
  EXPECT_EQ(codeWith(outside, "b" + kZero), StatusCode::Corrupt);
  std::vector<uint32_t> circle = units;
  circle[128 ^ 'a'] = unitOf('a', 'a', true);  // its children are the root's
  EXPECT_EQ(codeWith(circle, "b" + kZero), StatusCode::Corrupt);
}

// The library keeps the rules that match in an array of 32 and reads on behind it.
TEST(SentencePieceCharsMap, NestedRulesAreLimited) {
  const auto nested = [](uint32_t depth) {
    // A block for each "a" of the key, behind the root's; the value lies where the next begins.
    std::vector<uint32_t> units(256 * (depth + 2), kValue);
    units[0] = unitOf(0, 256);
    for (uint32_t i = 1; i <= depth; ++i) {
      const uint32_t id = 256 * i + 'a';
      units[id] = unitOf('a', id ^ (256 * (i + 1)), true);
    }
    return rules(charsMap(units, kZero));
  };
  const std::string model = kUnknown + piece("a");
  const auto tokenizer = tokenizerOf(model + nested(kMaxNestedRules), Mapping::Plain);
  EXPECT_EQ(tokenizer->count(std::string(100, 'a')), 0u);
  EXPECT_EQ(codeOf(model + nested(kMaxNestedRules + 1)), StatusCode::LimitExceeded);
}

}  // namespace
}  // namespace pagevec
