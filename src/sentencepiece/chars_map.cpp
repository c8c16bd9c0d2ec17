#include "sentencepiece/chars_map.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace pagevec {
namespace {

// The array is made in blocks of this many units: a unit's children lie in one block.
constexpr uint32_t kBlockUnits = 256;

// One unit of a double array, as Darts-clone packs it.
struct Unit {
  uint32_t bits;

  // A unit that holds a value has the highest bit set and so is no byte's.
  bool isValue() const { return bits >> 31 != 0; }
  uint32_t label() const { return bits & 0x800000FF; }
  bool hasValue() const { return (bits >> 8 & 1) != 0; }
  uint32_t offset() const { return (bits >> 10) << ((bits & 1U << 9) >> 6); }
};

Status broken(const std::string& what) {
  return Status(StatusCode::Corrupt, "the model's normalization rules are broken: " + what +
                                         "; get the .model file again");
}

class DoubleArray {
 public:
  explicit DoubleArray(std::string_view bytes) : units_(bytes.size() / sizeof(Unit)) {
    std::memcpy(units_.data(), bytes.data(), units_.size() * sizeof(Unit));
  }

  // Whether every step from every unit, reachable or not, stays in the array.
  bool staysInside() const {
    for (uint32_t id = 0; id < units_.size(); ++id) {
      if ((id == 0 || !units_[id].isValue()) && childrenOf(id) >= units_.size()) return false;
    }
    return true;
  }

  // The most values on a way from the root; -1 when a way is a circle. Suffixes are shared, so it
  // is a graph: each unit is visited once.
  int mostValuesOnAWay() const {
    constexpr int kUnvisited = -1;
    constexpr int kOnTheWay = -2;
    std::vector<int> most(units_.size(), kUnvisited);
    struct Step {
      uint32_t id;
      uint32_t nextLabel;
    };
    std::vector<Step> way = {{0, 0}};
    std::vector<int> below = {0};
    most[0] = kOnTheWay;
    while (true) {
      Step& step = way.back();
      const uint32_t child = nextChild(step.id, step.nextLabel);
      if (child != kNoChild) {
        if (most[child] == kOnTheWay) return -1;
        if (most[child] != kUnvisited) {
          below.back() = std::max(below.back(), most[child]);
          continue;
        }
        most[child] = kOnTheWay;
        way.push_back({child, 0});
        below.push_back(0);
        continue;
      }
      const uint32_t id = step.id;
      // The root's own value is never looked up.
      most[id] = below.back() + (id != 0 && units_[id].hasValue() ? 1 : 0);
      way.pop_back();
      below.pop_back();
      if (way.empty()) return most[id];
      below.back() = std::max(below.back(), most[id]);
    }
  }

 private:
  static constexpr uint32_t kNoChild = 0xFFFFFFFF;

  uint32_t childrenOf(uint32_t id) const { return id ^ units_[id].offset(); }

  // The child by the next label from `label` on, which moves behind it.
  uint32_t nextChild(uint32_t id, uint32_t& label) const {
    const uint32_t children = childrenOf(id);
    while (label < kBlockUnits) {
      const uint32_t child = children ^ label++;
      if (units_[child].label() == label - 1) return child;
    }
    return kNoChild;
  }

  std::vector<Unit> units_;
};

Status checkReplacements(std::string_view replacements) {
  if (replacements.empty() || replacements.back() != '\0') {
    return broken("the last replacement does not end");
  }
  for (size_t begin = 0; begin < replacements.size();) {
    const size_t end = replacements.find('\0', begin);
    if (end - begin > kMaxReplacementBytes) {
      return Status(StatusCode::LimitExceeded,
                    "a normalization rule of the model gives " + std::to_string(end - begin) +
                        " bytes, more than " + std::to_string(kMaxReplacementBytes));
    }
    begin = end + 1;
  }
  return {};
}

}  // namespace

Status checkCharsMap(std::string_view charsMap) {
  if (charsMap.size() > kMaxCharsMapBytes) {
    return Status(StatusCode::LimitExceeded,
                  "the model's normalization rules take " + std::to_string(charsMap.size()) +
                      " bytes, more than " + std::to_string(kMaxCharsMapBytes));
  }
  static_assert(std::endian::native == std::endian::little);
  uint32_t arrayBytes = 0;
  if (charsMap.size() < sizeof arrayBytes) return broken("they end early");
  std::memcpy(&arrayBytes, charsMap.data(), sizeof arrayBytes);
  charsMap.remove_prefix(sizeof arrayBytes);
  if (arrayBytes == 0 || arrayBytes % (kBlockUnits * sizeof(Unit)) != 0 ||
      arrayBytes > charsMap.size()) {
    return broken("their table has " + std::to_string(arrayBytes) + " bytes");
  }
  if (Status status = checkReplacements(charsMap.substr(arrayBytes)); !status.ok()) return status;
  const DoubleArray array(charsMap.substr(0, arrayBytes));
  if (!array.staysInside()) return broken("their table points outside itself");
  const int nested = array.mostValuesOnAWay();
  if (nested < 0) return broken("their table is a circle");
  if (nested > static_cast<int>(kMaxNestedRules)) {
    return Status(StatusCode::LimitExceeded, std::to_string(nested) +
                                                 " normalization rules of the model begin with "
                                                 "each other; at most " +
                                                 std::to_string(kMaxNestedRules) + " may");
  }
  return {};
}

}  // namespace pagevec
