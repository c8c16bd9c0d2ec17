#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

// Random metadata, documents and filters that meet each other often: few keys, few values of every
// type, and values that a loose comparison would take for equal (1, "1", true, [1]).
namespace pagevec::testing {

using Json = nlohmann::json;

class RandomFilter {
 public:
  // take(n) gives a number below n. It must outlive this.
  template <class Take>
  explicit RandomFilter(Take& take) : take_([&take](uint32_t n) { return uint32_t(take(n)); }) {}

  std::string key() {
    static const char* const kKeys[] = {"a", "b", "c", "d", "", "__proto__", "\xC3\xA9"};
    return kKeys[take_(7)];
  }

  Json scalar(uint32_t type) {
    if (type == 0) return take_(2) == 1;
    if (type == 1) {
      static const char* const kTexts[] = {"", "1", "x", "xy", "true", "[1]", "\xC3\xA9"};
      return kTexts[take_(7)];
    }
    static const double kNumbers[] = {0, 1, -1, 2, 2.5, 1e300, -5e-324, 9007199254740991.0};
    return kNumbers[take_(8)];
  }

  Json list() {
    Json items = Json::array();
    const uint32_t type = take_(3);
    for (uint32_t n = 1 + take_(3); n > 0; --n) items.push_back(scalar(type));
    return items;
  }

  // Metadata of at least one key.
  Json metadata() {
    Json object = Json::object();
    for (uint32_t n = 1 + take_(4); n > 0; --n) {
      object[key()] = take_(4) == 0 ? list() : scalar(take_(3));
    }
    return object;
  }

  Json where(int depth = 3) {
    if (depth > 0 && take_(3) == 0) {
      return join([&] { return where(depth - 1); });
    }
    return {{key(), take_(4) == 0 ? scalar(take_(3)) : comparison()}};
  }

  std::string document() {
    static const char* const kWords[] = {"cat", "Cat", "a", "naive na\xC3\xAFve", "7", "", "dog"};
    std::string text;
    for (uint32_t n = take_(5); n > 0; --n) text += std::string(kWords[take_(7)]) + ' ';
    return text + kWords[take_(7)];
  }

  Json whereDocument(int depth = 2) {
    if (depth > 0 && take_(3) == 0) {
      return join([&] { return whereDocument(depth - 1); });
    }
    static const char* const kTexts[] = {"", "a", "cat", "t d", "\xC3\xAFve", "naive na", "zebra"};
    static const char* const kPatterns[] = {"^cat", "dog$", "[0-9]", "a"};
    switch (take_(4)) {
      case 0: return {{"$contains", kTexts[take_(7)]}};
      case 1: return {{"$not_contains", kTexts[take_(7)]}};
      case 2: return {{"$regex", kPatterns[take_(4)]}};
      default: return {{"$not_regex", kPatterns[take_(4)]}};
    }
  }

 private:
  template <class Part>
  Json join(Part part) {
    Json parts = Json::array();
    for (uint32_t n = 2 + take_(2); n > 0; --n) parts.push_back(part());
    return {{take_(2) == 0 ? "$and" : "$or", parts}};
  }

  Json comparison() {
    switch (take_(5)) {
      case 0: return {{take_(2) == 0 ? "$eq" : "$ne", scalar(take_(3))}};
      case 1: {
        Json values = list();
        // Beyond the numbers that are looked for one by one.
        for (int n = 0; values[0].is_number() && take_(3) == 0 && n < 20; ++n) {
          values.push_back(scalar(2));
        }
        return {{take_(2) == 0 ? "$in" : "$nin", values}};
      }
      case 2: return {{take_(2) == 0 ? "$contains" : "$not_contains", scalar(take_(3))}};
      default: {
        static const char* const kOrders[] = {"$gt", "$gte", "$lt", "$lte"};
        return {{kOrders[take_(4)], scalar(2)}};
      }
    }
  }

  std::function<uint32_t(uint32_t)> take_;
};

}  // namespace pagevec::testing
