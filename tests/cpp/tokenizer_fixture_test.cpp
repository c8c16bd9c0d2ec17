// The cases of tests/fixtures/tokenizer (or PAGEVEC_FIXTURES), made by the reference: each line of
// a file is {"text", "ids", "offsets"}. PAGEVEC_VOCAB names the vocabulary, which is not in git.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "text/bert_tokenizer.h"

namespace pagevec {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int kReportedFailures = 10;

fs::path fixtureFolder() {
  const char* given = std::getenv("PAGEVEC_FIXTURES");
  return fs::path(given != nullptr ? given : PAGEVEC_FIXTURES_DEFAULT) / "tokenizer";
}

std::vector<std::string> fixtureFiles() {
  std::vector<std::string> files;
  std::error_code missing;
  for (const fs::directory_entry& entry : fs::directory_iterator(fixtureFolder(), missing)) {
    if (entry.path().extension() == ".jsonl") files.push_back(entry.path().filename().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

uint32_t escapedUnit(const std::string& line, size_t at) {
  const bool escape = line.compare(at, 2, "\\u") == 0 && at + 6 <= line.size();
  return escape ? static_cast<uint32_t>(std::strtoul(line.substr(at + 2, 4).c_str(), nullptr, 16))
                : 0;
}

/// JSON may escape a lone surrogate, UTF-8 has none: it becomes U+FFFD, as in TextEncoder.
std::string replaceLoneSurrogates(std::string line) {
  for (size_t at = 0; at < line.size(); ++at) {
    if (line[at] != '\\') continue;
    const uint32_t unit = escapedUnit(line, at);
    const uint32_t next = unit >= 0xD800 && unit <= 0xDBFF ? escapedUnit(line, at + 6) : 0;
    if (next >= 0xDC00 && next <= 0xDFFF) {
      at += 11;
    } else if (unit >= 0xD800 && unit <= 0xDFFF) {
      line.replace(at, 6, "\\ufffd");
      at += 5;
    } else {
      ++at;  // also skips the second character of an escaped backslash
    }
  }
  return line;
}

/// Empty when the case passes.
std::string difference(const Tokenizer& tokenizer, const json& expected, Encoding& encoding) {
  tokenizer.encode(expected.at("text").get<std::string>(), 0, encoding);
  json offsets = json::array();
  for (const TokenOffset& offset : encoding.offsets) offsets.push_back({offset.begin, offset.end});
  if (json(encoding.ids) != expected.at("ids")) return "ids " + json(encoding.ids).dump();
  if (offsets != expected.at("offsets")) return "offsets " + offsets.dump();
  return {};
}

class TokenizerFixtureTest : public ::testing::TestWithParam<std::string> {};

TEST_P(TokenizerFixtureTest, EqualsTheReference) {
  const char* path = std::getenv("PAGEVEC_VOCAB");
  ASSERT_NE(path, nullptr) << "set PAGEVEC_VOCAB to the vocab.txt of all-MiniLM-L6-v2";
  std::ifstream vocabulary(path, std::ios::binary);
  ASSERT_TRUE(vocabulary) << "PAGEVEC_VOCAB: cannot read " << path;
  const auto tokenizer =
      makeBertTokenizer(std::string{std::istreambuf_iterator<char>(vocabulary), {}});
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().message();

  std::ifstream file(fixtureFolder() / GetParam());
  Encoding encoding;
  int number = 0;
  int failed = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    const json expected = json::parse(replaceLoneSurrogates(line));
    const std::string found = difference(*tokenizer.value(), expected, encoding);
    if (found.empty() || ++failed > kReportedFailures) continue;
    ADD_FAILURE() << GetParam() << ":" << number << ": " << found << "\nexpected " << line;
  }
  EXPECT_GT(number, 0) << GetParam() << " holds no case";
  EXPECT_EQ(failed, 0) << "of " << number << " cases";
}

INSTANTIATE_TEST_SUITE_P(File, TokenizerFixtureTest, ::testing::ValuesIn(fixtureFiles()),
                         [](const auto& each) {
                           std::string name = each.param;
                           std::replace_if(
                               name.begin(), name.end(),
                               [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
                           return name;
                         });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(TokenizerFixtureTest);

TEST(TokenizerFixtures, AreThere) {
  if (std::getenv("PAGEVEC_FIXTURES") != nullptr && !fs::exists(fixtureFolder())) {
    GTEST_SKIP() << fixtureFolder() << " does not exist";
  }
  EXPECT_FALSE(fixtureFiles().empty()) << fixtureFolder();
}

TEST(TokenizerFixtures, LoneSurrogatesOfJsonAreReplaced) {
  EXPECT_EQ(replaceLoneSurrogates(R"("a\ud83d\ude00\ud83d b\udc00\\ud800")"),
            R"("a\ud83d\ude00\ufffd b\ufffd\\ud800")");
}

}  // namespace
}  // namespace pagevec
