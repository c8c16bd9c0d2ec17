#include "fields/metadata.h"

#include <gtest/gtest.h>

namespace pagevec {
namespace {

Metadata parsed(std::string_view json) {
  Result<Metadata> result = Metadata::parse(json);
  EXPECT_TRUE(result.ok()) << json << ": " << result.status().message();
  return result.ok() ? result.value() : Metadata();
}

std::string refusal(std::string_view json) {
  const Result<Metadata> result = Metadata::parse(json);
  EXPECT_FALSE(result.ok()) << json;
  EXPECT_EQ(result.status().code(), StatusCode::InvalidArgument);
  return result.status().message();
}

TEST(Metadata, KeepsTypesAndTheOrderOfKeys) {
  const Metadata metadata =
      parsed(R"({"z":1,"b":true,"s":"x","f":0.5,"l":["a","b"],"n":[1,2.5],"t":[true,false]})");
  ASSERT_EQ(metadata.fields().size(), 7u);
  EXPECT_EQ(metadata.fields()[0].first, "z");
  EXPECT_EQ(std::get<double>(metadata.fields()[0].second), 1);
  EXPECT_TRUE(std::get<bool>(metadata.fields()[1].second));
  EXPECT_EQ(std::get<std::string>(metadata.fields()[2].second), "x");
  EXPECT_EQ(std::get<std::vector<std::string>>(metadata.fields()[4].second)[1], "b");
  EXPECT_EQ(std::get<std::vector<double>>(metadata.fields()[5].second)[1], 2.5);
  EXPECT_FALSE(std::get<std::vector<bool>>(metadata.fields()[6].second)[1]);
}

TEST(Metadata, WritesWhatItRead) {
  const char* const kTexts[] = {
      R"({"n":1,"s":"x"})",
      R"({"b":false,"f":0.1,"l":[1,2.5,-3]})",
      R"({"__proto__":"p","constructor":true,"":[true]})",
      R"({"s":"\"\\\b\f\n\r\t\u0000\u001f/"})",
      R"({"big":1e+300,"small":4.94065645841247e-324,"max":1.7976931348623157e+308,"third":0.3333333333333333})",
      "{\"\xC3\xA9\":\"\xF0\x9F\x98\x80\"}",
  };
  for (const char* text : kTexts) EXPECT_EQ(parsed(text).toJson(), text);
}

TEST(Metadata, WritesOneFormForOneValue) {
  EXPECT_EQ(
      parsed(R"( { "a" : 1.0 , "b":1e2, "c":-0.0, "d":-0, "e":12345678901234567890 } )").toJson(),
      R"({"a":1,"b":100,"c":0,"d":0,"e":1.2345678901234567e+19})");
  EXPECT_EQ(parsed(R"({"\u0061":"\u00e9\ud83d\ude00\/"})").toJson(),
            "{\"a\":\"\xC3\xA9\xF0\x9F\x98\x80/\"}");
}

TEST(Metadata, LeavesOutNullKeys) {
  EXPECT_EQ(parsed(R"({"a":null,"b":1})").toJson(), R"({"b":1})");
  EXPECT_TRUE(parsed(R"({"a":null})").empty());
}

TEST(Metadata, RefusesWhatIsNoMetadataAndNamesTheKey) {
  EXPECT_EQ(refusal("{}"), "metadata is an empty object; give a key or leave it out");
  EXPECT_EQ(refusal(R"({"a":{"b":1}})"),
            "metadata key \"a\" holds an object; flatten it into keys of its own");
  EXPECT_EQ(refusal(R"({"a":[]})"),
            "metadata key \"a\" holds an empty list; give a value or leave it out");
  EXPECT_EQ(refusal(R"({"a":[1,"x"]})"),
            "metadata key \"a\" holds a list of mixed types; use one type");
  EXPECT_EQ(refusal(R"({"a":[1,true]})"),
            "metadata key \"a\" holds a list of mixed types; use one type");
  EXPECT_EQ(refusal(R"({"a":[[1]]})"), "metadata key \"a\" holds a list in a list; flatten it");
  EXPECT_EQ(refusal(R"({"a":[{"b":1}]})"),
            "metadata key \"a\" holds an object; flatten it into keys of its own");
  EXPECT_EQ(refusal(R"({"a":[1,null]})"),
            "metadata key \"a\" holds a list with null; leave null out");
  EXPECT_EQ(refusal(R"({"a":1,"b":2,"a":3})"), "metadata key \"a\" is given twice; keep one");
  EXPECT_EQ(refusal(R"({"a":null,"a":3})"), "metadata key \"a\" is given twice; keep one");
  EXPECT_EQ(refusal(R"({"a":1e999})"),
            "metadata key \"a\" holds a number beyond the range of a double");
  for (const char* json : {"5", "null", "true", "\"x\"", "[1]", "[]"}) {
    EXPECT_EQ(refusal(json), "metadata is no JSON object; give one such as {\"year\":2024}")
        << json;
  }
}

TEST(Metadata, RefusesTextThatIsNoJson) {
  for (const char* json : {"", "{", "{\"a\":1", "{\"a\":1}}", "{\"a\":1} x", "{a:1}", "{\"a\":NaN}",
                           "{\"a\":01}", "{\"a\":'x'}", "{\"a\":1,}", "{\"a\":\"\xC3\"}",
                           "{\"a\":\"\xED\xA0\x80\"}", "{\"a\":\"\n\"}", "// x\n{\"a\":1}"}) {
    EXPECT_NE(refusal(json).find("no valid JSON"), std::string::npos) << json;
  }
}

TEST(Metadata, RefusesLoneSurrogateEscapes) {
  for (const char* json : {R"({"a":"\ud800"})", R"({"a":"\ud800x"})", R"({"a":"\udc00"})",
                           R"({"\ud83d":1})", R"({"a":"\ud83d\ud83d"})"}) {
    EXPECT_NE(refusal(json).find("toWellFormed"), std::string::npos) << json;
  }
}

TEST(Metadata, IsNotEndedByANulByte) {
  EXPECT_NE(refusal(std::string_view("{\"a\":1}\0{", 9)).find("JSON at byte 7"), std::string::npos);
  EXPECT_NE(refusal(std::string_view("{\"a\":\"\0\"}", 9)).find("at byte 6"), std::string::npos);
}

TEST(Metadata, BoundsDepth) {
  const auto nested = [](int levels, const char* opening) {
    std::string json;
    for (int i = 0; i < levels; ++i) json += opening;
    return Metadata::parse(json).status();
  };
  for (const char* opening : {"[", "{\"a\":", "{\"a\":["}) {
    EXPECT_EQ(nested(100000, opening).code(), StatusCode::LimitExceeded);
    EXPECT_EQ(nested(100000, opening).message(),
              "metadata is nested deeper than 64 levels; flatten it");
  }
}

TEST(Metadata, CutsALongKeyInAMessage) {
  const std::string message = refusal("{\"" + std::string(1000, 'k') + "\":[]}");
  EXPECT_LT(message.size(), 200u);
  EXPECT_NE(message.find("kkk...\""), std::string::npos);
}

TEST(Metadata, MergesKeyByKey) {
  Metadata metadata = parsed(R"({"a":1,"b":"x","c":true})");
  metadata.merge(parsed(R"({"d":4,"b":[1],"e":"new"})"));
  EXPECT_EQ(metadata.toJson(), R"({"a":1,"b":[1],"c":true,"d":4,"e":"new"})");
  metadata.merge(Metadata());
  EXPECT_EQ(metadata.fields().size(), 5u);
  Metadata empty;
  empty.merge(metadata);
  EXPECT_EQ(empty.toJson(), metadata.toJson());
}

TEST(Metadata, CountsItsBytes) {
  EXPECT_EQ(Metadata().bytes(), 0u);
  EXPECT_GE(parsed("{\"a\":\"" + std::string(5000, 'x') + "\"}").bytes(), 5001u);
  EXPECT_GE(parsed(R"({"abc":["dd","ee"]})").bytes(), 7u);
}

}  // namespace
}  // namespace pagevec
