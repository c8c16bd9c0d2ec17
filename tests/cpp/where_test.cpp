#include "fields/condition.h"

#include <gtest/gtest.h>

namespace pagevec {
namespace {

template <class T>
std::string refusal(std::string_view json, StatusCode code = StatusCode::InvalidArgument) {
  const Result<T> result = T::parse(json);
  EXPECT_FALSE(result.ok()) << json;
  EXPECT_EQ(result.status().code(), code) << json;
  return result.status().message();
}
constexpr auto* whereRefusal = refusal<Where>;
constexpr auto* documentRefusal = refusal<WhereDocument>;
constexpr StatusCode kInvalid = StatusCode::InvalidArgument;

std::string nested(int levels, const std::string& leaf) {
  std::string json = leaf;
  for (int i = 0; i < levels; ++i) json = R"({"$and":[)" + json + ',' + leaf + "]}";
  return json;
}

TEST(Where, NamesKeyAndOperatorOfWhatItRefuses) {
  const auto message = [](std::string_view json) { return whereRefusal(json, kInvalid); };
  EXPECT_EQ(message("{}"),
            "where holds an empty object where a condition stands; give an object such as "
            "{\"year\": 2024}");
  EXPECT_EQ(message("[]"),
            "where holds a list where a condition stands; give an object such as "
            "{\"year\": 2024}");
  EXPECT_EQ(message(R"({"s":"x","n":3})"),
            "where holds an object with both \"s\" and \"n\"; give each an object of its own and "
            "join them with $and");
  EXPECT_EQ(message(R"({"s":{"$gt":1,"$lt":2}})"),
            "where key \"s\" has 2 operators; give one, and join conditions with $and");
  EXPECT_EQ(message(R"({"s":{}})"),
            "where key \"s\" has 0 operators; give one, and join conditions with $and");
  EXPECT_EQ(message(R"({"s":{"$foo":1}})"),
            "where key \"s\" has the operator \"$foo\"; use one of $eq, $ne, $gt, $gte, $lt, $lte, "
            "$in, $nin, $contains, $not_contains");
  EXPECT_EQ(message(R"({"s":{"$gt":"a"}})"),
            "where key \"s\" has $gt with a string; give a number");
  EXPECT_EQ(message(R"({"s":{"$lte":true}})"),
            "where key \"s\" has $lte with a boolean; give a number");
  EXPECT_EQ(message(R"({"s":{"$ne":null}})"),
            "where key \"s\" has $ne with null; give a string, a number or a boolean");
  EXPECT_EQ(message(R"({"s":{"$contains":["a"]}})"),
            "where key \"s\" has $contains with a list; give a string, a number or a boolean");
  EXPECT_EQ(message(R"({"s":["a"]})"),
            "where key \"s\" has a list; give a string, a number, a boolean or an operator such as "
            "{\"$in\": [...]}");
  EXPECT_EQ(message(R"({"s":null})"),
            "where key \"s\" has null; give a string, a number, a boolean or an operator such as "
            "{\"$in\": [...]}");
}

TEST(Where, RefusesListsAndJoinsThatAreTooShortOrMixed) {
  const auto message = [](std::string_view json) { return whereRefusal(json, kInvalid); };
  const std::string list = "; give a list of strings, of numbers or of booleans";
  EXPECT_EQ(message(R"({"s":{"$in":"a"}})"), "where key \"s\" has $in with a string" + list);
  EXPECT_EQ(message(R"({"s":{"$nin":[]}})"), "where key \"s\" has $nin with an empty list" + list);
  EXPECT_EQ(message(R"({"n":{"$in":[1,"a"]}})"),
            "where key \"n\" has $in with a list of mixed types" + list);
  EXPECT_EQ(message(R"({"n":{"$nin":[1,null]}})"),
            "where key \"n\" has $nin with a list in which something is none of these" + list);
  message(R"({"n":{"$in":[null]}})");
  message(R"({"n":{"$in":[["a"],["b"]]}})");
  message(R"({"n":{"$in":[1,true]}})");
  EXPECT_EQ(message(R"({"$and":[{"s":"x"}]})"),
            "where has $and with a shorter list; give a list of two or more conditions");
  EXPECT_EQ(message(R"({"$or":{"s":"x"}})"),
            "where has $or with an object; give a list of two or more conditions");
  message(R"({"$or":[]})");
  message(R"({"$or":[{"s":"x"},{}]})");
  message(R"({"$or":[{"s":"x"},"y"]})");
  EXPECT_EQ(message(R"({"$not":{"s":"x"}})"),
            "where key \"$not\" is no operator here; use $and, $or or a metadata key");
  EXPECT_EQ(message(R"({"#document":{"$contains":"x"}})"),
            "where key \"#document\" is no metadata; use whereDocument");
}

TEST(Where, RefusesWhatIsNoJson) {
  const auto message = [](std::string_view json) { return whereRefusal(json, kInvalid); };
  EXPECT_EQ(message(R"({"s":)"),
            "where is no valid JSON at byte 5; lone surrogates and invalid "
            "UTF-8 count as invalid, see toWellFormed()");
  EXPECT_EQ(message(R"({"s":1,"s":2})"),
            "where holds an object with both \"s\" and \"s\"; give each an object of its own and "
            "join them with $and");
  EXPECT_EQ(message(R"({"s":1e999})"),
            "where key \"s\" has $eq with a number beyond the range of a double; give a string, a "
            "number or a boolean");
  message(R"({"s":{"$in":[1,-1e999]}})");
  message(R"({"s":{"$lt":1e999}})");
  EXPECT_EQ(message(std::string_view("{\"s\":1}\0", 8)),
            "where is no valid JSON at byte 7; lone surrogates and invalid UTF-8 count as invalid, "
            "see toWellFormed()");
  message("{\"s\":\"\xFF\"}");
  message(R"({"s":"\ud800"})");
  message("");
  EXPECT_EQ(whereRefusal(nested(40, R"({"s":1})"), StatusCode::LimitExceeded),
            "where is nested deeper than 64 levels; flatten it");
  EXPECT_TRUE(Where::parse(nested(31, R"({"s":1})")).ok());
}

TEST(WhereDocument, RefusesWhatIsNoCondition) {
  const auto message = [](std::string_view json) { return documentRefusal(json, kInvalid); };
  EXPECT_EQ(message(R"({"$bad":"x"})"),
            "whereDocument has the operator \"$bad\"; use one of $contains, $not_contains, $regex, "
            "$not_regex, $and, $or");
  EXPECT_EQ(message(R"({"$contains":1})"),
            "whereDocument has $contains with a number; give a string");
  EXPECT_EQ(message(R"({"$regex":null})"), "whereDocument has $regex with null; give a string");
  EXPECT_EQ(message("{}"),
            "whereDocument holds an empty object where a condition stands; give an object such as "
            "{\"$contains\": \"text\"}");
  EXPECT_EQ(message(R"({"$and":[{"$contains":"a"}]})"),
            "whereDocument has $and with a shorter list; give a list of two or more conditions");
  message(R"({"$contains":"a","$regex":"b"})");
  message(R"({"$or":[{"$contains":"a"},{"k":"b"}]})");
  message(R"({"$matches":"a"})");
  documentRefusal(nested(40, R"({"$contains":"a"})"), StatusCode::LimitExceeded);
}

TEST(WhereDocument, SaysWhetherItNeedsExpressions) {
  const auto uses = [](std::string_view json) { return WhereDocument::parse(json)->usesRegex(); };
  EXPECT_FALSE(uses(R"({"$and":[{"$contains":"a"},{"$not_contains":"b"}]})"));
  EXPECT_TRUE(uses(R"({"$regex":"a"})"));
  EXPECT_TRUE(
      uses(R"({"$and":[{"$contains":"a"},{"$or":[{"$not_regex":"b"},{"$contains":"c"}]}]})"));
}

TEST(Term, TellsApartWhatIsNotEqual) {
  const std::string terms[] = {termOf(false, true),
                               termOf(false, false),
                               termOf(true, true),
                               termOf(true, 1.0),
                               termOf(true, 1.5),
                               termOf(false, std::string("1")),
                               termOf(false, std::string("\1")),
                               termOf(true, std::string("1")),
                               termOf(true, std::string())};
  for (const std::string& a : terms) {
    for (const std::string& b : terms) EXPECT_EQ(a == b, &a == &b);
  }
  EXPECT_EQ(termOf(true, -0.0), termOf(true, 0.0));
}

}  // namespace
}  // namespace pagevec
