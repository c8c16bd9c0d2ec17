#include "fields/json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

namespace pagevec {
namespace {

using Json = nlohmann::json;

// The same tree as nlohmann holds it. A key that is there twice keeps its last value, as there.
Json toTwin(const JsonValue& value) {
  switch (value.type) {
    case JsonValue::Type::Null: return nullptr;
    case JsonValue::Type::Boolean: return value.boolean;
    case JsonValue::Type::Number: return value.number;
    case JsonValue::Type::String: return value.string;
    case JsonValue::Type::List: {
      Json list = Json::array();
      for (const JsonValue& item : value.items) list.push_back(toTwin(item));
      return list;
    }
    default: {
      Json object = Json::object();
      for (size_t i = 0; i < value.keys.size(); ++i) object[value.keys[i]] = toTwin(value.items[i]);
      return object;
    }
  }
}

// "" when both take the text for the same value, or both refuse it.
std::string difference(const std::string& text) {
  JsonValue value;
  const bool ok = value.parse(text, "it").ok();
  Json twin;
  // Ours keeps numbers beyond a double as infinity; a NUL byte ends nlohmann's text.
  twin = Json::parse(text, nullptr, false);
  if (text.find('\0') != std::string::npos) return ok ? "a NUL byte was taken" : "";
  if (ok == twin.is_discarded()) return ok ? "taken" : "refused";
  return !ok || toTwin(value) == twin ? "" : toTwin(value).dump();
}

TEST(Json, ReadsWhatItsTwinReads) {
  for (const char* text : {"0",
                           "-0",
                           "1.5",
                           "-1e3",
                           "1E+2",
                           "0.1e-7",
                           "123456789012345678901234567890",
                           "9007199254740993",
                           "1.7976931348623157e308",
                           "4.9e-324",
                           "2.2250738585072011e-308",
                           "1e-999",
                           "true",
                           "false",
                           "null",
                           "\"\"",
                           "\"a\\u00e9\\ud83d\\ude00\\n\\/\\\\\\\"\\b\\f\\r\\t\"",
                           "\"\\uD83D\\uDE00\"",
                           "[]",
                           "{}",
                           " [ 1 , [ ] , { } ] ",
                           "{\"a\":{\"b\":[null]},\"\":1}",
                           "{\"a\":1,\"a\":2}",
                           "\"\x7F\xC3\xA9\"",
                           "\t\r\n1 ",
                           "\"\\u0000\""}) {
    JsonValue value;
    EXPECT_TRUE(value.parse(text, "it").ok()) << text;
    EXPECT_EQ(difference(text), "") << text;
  }
}

TEST(Json, RefusesWhatItsTwinRefuses) {
  for (const char* text : {"",
                           " ",
                           "-",
                           "01",
                           "1.",
                           ".5",
                           "+1",
                           "1e",
                           "1e+",
                           "--1",
                           "0x1",
                           "tru",
                           "truee",
                           "nul",
                           "NaN",
                           "[",
                           "]",
                           "[1",
                           "[1,]",
                           "[,1]",
                           "[1 2]",
                           "{",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{a:1}",
                           "{1:2}",
                           "\"",
                           "\"\\\"",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "\"\\u12g4\"",
                           "\"\\ud800\"",
                           "\"\\ud800\\u0041\"",
                           "\"\\udc00\"",
                           "\"\n\"",
                           "\"\x1F\"",
                           "\"\xFF\"",
                           "\"\xC3\"",
                           "\"\xED\xA0\x80\"",
                           "1 2",
                           "[]]",
                           "/*x*/1",
                           "'a'",
                           "\x0C"
                           "1"}) {
    JsonValue value;
    EXPECT_EQ(value.parse(text, "it").code(), StatusCode::InvalidArgument) << text;
    EXPECT_EQ(difference(text), "") << text;
  }
}

TEST(Json, GivesInfinityForWhatNoDoubleHolds) {
  JsonValue value;
  ASSERT_TRUE(value.parse("[1e999,-1e999,-0,-0.0]", "it").ok());
  EXPECT_EQ(value.items[0].number, std::numeric_limits<double>::infinity());
  EXPECT_EQ(value.items[1].number, -std::numeric_limits<double>::infinity());
  EXPECT_FALSE(std::signbit(value.items[2].number) || std::signbit(value.items[3].number));
}

TEST(Json, BoundsNesting) {
  for (const int levels : {64, 65}) {
    const std::string text = std::string(levels, '[') + std::string(levels, ']');
    JsonValue value;
    const Status status = value.parse(text, "it");
    EXPECT_EQ(status.code(), levels == 64 ? StatusCode::Ok : StatusCode::LimitExceeded);
  }
}

// Texts put together from pieces of JSON, and texts with one byte changed.
TEST(Json, AgreesWithItsTwinOnRandomTexts) {
  static const char* const kPieces[] = {
      "{",       "}",       "[",        "]",    ",",       ":",     "\"a\"", "\"", "1",
      "-",       "0",       ".5",       "e3",   "true",    "null",  " ",     "\\", "\\u00e9",
      "\\ud83d", "\\ude00", "\xC3\xA9", "\xC3", "{\"k\":", "[1,2]", "\t"};
  std::mt19937 random(5);
  for (int round = 0; round < 100'000; ++round) {
    std::string text;
    for (uint32_t n = random() % 9; n > 0; --n) text += kPieces[random() % std::size(kPieces)];
    ASSERT_EQ(difference(text), "") << text;
    std::string whole = R"({"k":[1,-2.5e3,"x\ud83d\ude00é",true,null],"l":{"m":false}} )";
    whole[random() % whole.size()] = static_cast<char>(random() % 256);
    ASSERT_EQ(difference(whole), "") << whole;
  }
}

}  // namespace
}  // namespace pagevec
