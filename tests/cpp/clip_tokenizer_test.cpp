// CLIP's tokenizer against the reference's ids (tests/fixtures/clip/tokens.jsonl), and its merges
// against a twin that follows the definition word by word.
#include "text/clip_tokenizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "text/byte_pairs.h"
#include "text/clip_characters.h"

namespace pagevec {
namespace {

using nlohmann::json;

std::string fixture(const std::string& name) {
  std::ifstream file(PAGEVEC_FIXTURES_DEFAULT "/clip/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The fixture's vocab.json and merges.txt in token ids.
struct FixtureModel {
  FixtureModel() {
    const json ids = json::parse(fixture("vocab.json"));
    model.pairs.size = static_cast<uint32_t>(ids.size());
    model.beginOfText = ids.at("<|startoftext|>").get<int32_t>();
    model.endOfText = ids.at("<|endoftext|>").get<int32_t>();
    char32_t other = 0x100;
    for (char32_t byte = 0; byte < 256; ++byte) {
      const bool visible = (byte > 0x20 && byte < 0x7F) || (byte > 0xA0 && byte != 0xAD);
      std::string token;
      appendUtf8(token, visible ? byte : other++);
      model.pairs.inner[byte] = ids.at(token).get<int32_t>();
      model.pairs.last[byte] = ids.at(token + "</w>").get<int32_t>();
    }
    std::istringstream lines(fixture("merges.txt"));
    std::string version;
    std::getline(lines, version);
    for (std::string left, right; lines >> left >> right;) {
      merges.push_back({ids.at(left).get<int32_t>(), ids.at(right).get<int32_t>(),
                        ids.at(left + right).get<int32_t>()});
    }
    model.pairs.merges = merges;
  }

  std::vector<BytePairModel::Merge> merges;
  ClipModel model;
};

std::unique_ptr<Tokenizer> fixtureTokenizer() {
  auto made = makeClipTokenizer(FixtureModel().model);
  EXPECT_TRUE(made.ok()) << made.status().message();
  return std::move(made.value());
}

uint32_t countCodePoints(std::string_view text) {
  uint32_t count = 0;
  for (size_t offset = 0; offset < text.size(); ++count) offset += decodeUtf8(text, offset).bytes;
  return count;
}

TEST(ClipTokenizer, EqualsTheReference) {
  const auto tokenizer = fixtureTokenizer();
  std::ifstream file(PAGEVEC_FIXTURES_DEFAULT "/clip/tokens.jsonl");
  Encoding encoding;
  int cases = 0;
  int failed = 0;
  for (std::string line; std::getline(file, line); ++cases) {
    const json expected = json::parse(line);
    const std::string text = expected.value("nfc", expected.at("text").get<std::string>());
    tokenizer->encode(text, 0, encoding);
    if (json(encoding.ids) == expected.at("ids")) continue;
    if (++failed <= 10) ADD_FAILURE() << json(encoding.ids).dump() << "\nexpected " << line;
  }
  EXPECT_EQ(failed, 0) << "of " << cases;
  EXPECT_GT(cases, 2000);
}

TEST(ClipTokenizer, OffsetsCoverWhatATokenIsFrom) {
  const auto tokenizer = fixtureTokenizer();
  std::ifstream file(PAGEVEC_FIXTURES_DEFAULT "/clip/tokens.jsonl");
  Encoding encoding;
  for (std::string line; std::getline(file, line);) {
    const std::string text = json::parse(line).at("text").get<std::string>();
    tokenizer->encode(text, 0, encoding);
    ASSERT_EQ(encoding.offsets.size(), encoding.ids.size());
    uint32_t last = 0;
    for (size_t i = 1; i + 1 < encoding.offsets.size(); ++i) {
      ASSERT_GE(encoding.offsets[i].begin, last) << line;
      ASSERT_LT(encoding.offsets[i].begin, encoding.offsets[i].end) << line;
      last = encoding.offsets[i].begin;
    }
    ASSERT_TRUE(encoding.offsets.size() == 2 ||
                encoding.offsets[encoding.offsets.size() - 2].end <= countCodePoints(text))
        << line;
    EXPECT_EQ(tokenizer->count(text), encoding.ids.size());
  }
}

TEST(ClipTokenizer, CutsBeforeTheEnd) {
  const auto tokenizer = fixtureTokenizer();
  Encoding full;
  Encoding cut;
  const std::string text = "1 2 3 4 5 6 7 8 9 0";
  tokenizer->encode(text, 0, full);
  ASSERT_EQ(full.ids.size(), 12u);
  for (size_t limit = 1; limit <= 13; ++limit) {
    tokenizer->encode(text, limit, cut);
    const size_t size = std::min<size_t>(std::max<size_t>(limit, 2), 12);
    ASSERT_EQ(cut.ids.size(), size);
    EXPECT_EQ(cut.truncated, size < 12);
    EXPECT_TRUE(std::equal(cut.ids.begin(), cut.ids.end() - 1, full.ids.begin()));
    EXPECT_EQ(cut.ids.back(), full.ids.back());
  }
}

TEST(ClipCharacters, KnowsSomeOfEachKind) {
  const ClipCharacters characters;
  for (const auto& [c, kind, lower] : std::vector<std::tuple<char32_t, ClipClass, char32_t>>{
           {U'a', ClipClass::Letter, U'a'},
           {U'Z', ClipClass::Letter, U'z'},
           {U'7', ClipClass::Number, U'7'},
           {0x00BD, ClipClass::Number, 0x00BD},
           {U' ', ClipClass::Space, U' '},
           {0x3000, ClipClass::Space, 0x3000},
           {U'_', ClipClass::Other, U'_'},
           {0x0301, ClipClass::Other, 0x0301},
           {0x4E00, ClipClass::Letter, 0x4E00},
           {0x0130, ClipClass::Letter, 0x0130},
           {0x0100, ClipClass::Letter, 0x0101},
           {0x0101, ClipClass::Letter, 0x0101},
           {0x1E921, ClipClass::Letter, 0x1E943},
           {0x1F600, ClipClass::Other, 0x1F600},
           {0x10FFFF, ClipClass::Other, 0x10FFFF},
           {0, ClipClass::Other, 0}}) {
    EXPECT_EQ(characters.classOf(c), kind) << std::hex << static_cast<uint32_t>(c);
    EXPECT_EQ(characters.lower(c), lower) << std::hex << static_cast<uint32_t>(c);
  }
}

/// The definition: of all neighbours the pair learned first, its leftmost place, until none is left.
std::vector<std::string> splitByDefinition(
    std::vector<std::string> pieces,
    const std::map<std::pair<std::string, std::string>, int>& ranks) {
  for (;;) {
    size_t at = pieces.size();
    int best = 1 << 30;
    for (size_t i = 0; i + 1 < pieces.size(); ++i) {
      const auto found = ranks.find({pieces[i], pieces[i + 1]});
      if (found != ranks.end() && found->second < best) {
        best = found->second;
        at = i;
      }
    }
    if (at == pieces.size()) return pieces;
    pieces[at] += pieces[at + 1];
    pieces.erase(pieces.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  }
}

TEST(BytePairs, EqualTheDefinitionOnRandomWords) {
  std::map<std::pair<std::string, std::string>, int> ranks;
  std::istringstream merges(fixture("merges.txt"));
  std::string line;
  std::getline(merges, line);
  for (std::string left, right; merges >> left >> right;) {
    ranks.emplace(std::pair{left, right}, static_cast<int>(ranks.size()));
  }
  const json ids = json::parse(fixture("vocab.json"));
  const auto pairs = BytePairs::make(FixtureModel().model.pairs);
  ASSERT_TRUE(pairs.ok()) << pairs.status().message();
  std::mt19937 random(7);
  std::vector<BytePiece> found;
  for (int round = 0; round < 3000; ++round) {
    std::string word;
    std::vector<std::string> pieces;
    const size_t length = 1 + random() % 40;
    for (size_t i = 0; i < length; ++i) {
      word += "aeinorst"[random() % 8];
      pieces.push_back({word.back()});
    }
    pieces.back() += "</w>";
    pairs->split({reinterpret_cast<const uint8_t*>(word.data()), word.size()}, found);
    std::vector<int> expected;
    for (const std::string& piece : splitByDefinition(pieces, ranks)) {
      expected.push_back(ids.at(piece).get<int>());
    }
    std::vector<int> actual;
    uint32_t end = 0;
    for (const BytePiece& piece : found) {
      EXPECT_EQ(piece.begin, end);
      end = piece.end;
      actual.push_back(piece.id);
    }
    EXPECT_EQ(end, word.size());
    ASSERT_EQ(actual, expected) << word;
  }
}

TEST(ClipTokenizer, RefusesIdsThatDoNotFit) {
  const auto message = [](auto change) {
    FixtureModel fixture;
    change(fixture.model, fixture.merges);
    const auto made = makeClipTokenizer(fixture.model);
    return made.ok() ? std::string() : made.status().message();
  };
  EXPECT_EQ(message([](ClipModel&, auto&) {}), "");
  EXPECT_EQ(message([](ClipModel& model, auto&) { model.pairs.merges = {}; }), "");
  const std::string noSpecial = "lacks <|startoftext|> or <|endoftext|>";
  const std::string notBelow = "names an id that is not below";
  const auto has = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  EXPECT_TRUE(has(message([](ClipModel& model, auto&) { model.beginOfText = -1; }), noSpecial));
  EXPECT_TRUE(has(message([](ClipModel& model, auto&) { model.endOfText = 1 << 20; }), noSpecial));
  EXPECT_TRUE(has(message([](ClipModel& model, auto&) { model = {}; }), noSpecial));
  EXPECT_TRUE(has(message([](ClipModel& model, auto&) { model.pairs.inner[9] = -1; }), notBelow));
  EXPECT_TRUE(has(message([](ClipModel& model, auto&) { model.pairs.last[9] = -1; }), notBelow));
  for (int32_t BytePairModel::Merge::*part :
       {&BytePairModel::Merge::left, &BytePairModel::Merge::right, &BytePairModel::Merge::merged}) {
    EXPECT_TRUE(has(message([&](ClipModel& model, auto& merges) {
                      merges[5].*part = static_cast<int32_t>(model.pairs.size);
                    }),
                    notBelow));
  }
  const std::vector<BytePairModel::Merge> many((size_t{1} << 20) + 1);
  EXPECT_TRUE(has(message([&](ClipModel& model, auto&) { model.pairs.merges = many; }), "at most"));
}

TEST(BytePairs, AVeryLongWordTakesNoSquareOfItsLength) {
  const auto tokenizer = fixtureTokenizer();
  EXPECT_GT(tokenizer->count(std::string(1 << 20, 'a')), 1000u);
}

}  // namespace
}  // namespace pagevec
