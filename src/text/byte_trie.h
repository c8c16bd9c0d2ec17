#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace pagevec {

using ByteMap = std::array<uint8_t, 256>;

/// A set of byte strings with ids that answers "which is the longest one this text begins with", as
/// a double array: the child of unit u for byte b is unit u.base ^ b, if that unit's parent is u.
/// (J. Aoe, "An Efficient Digital Search Algorithm by Using a Double-Array Structure", 1989.)
/// Holds several sets, each under a root of its own, numbered from 0. 12 bytes a unit.
class ByteTrie {
 public:
  struct Entry {
    std::string_view key;
    int32_t id;
  };
  struct Match {
    uint32_t length;  ///< 0: no entry matches
    int32_t id;
  };

  ByteTrie() = default;
  /// Each set is sorted by key in byte order and holds no key twice and no empty key.
  explicit ByteTrie(std::span<const std::span<const Entry>> sets);

  /// The longest entry of set `root` that `text` begins with, every byte of text read through fold.
  Match longestPrefix(uint32_t root, std::string_view text, const ByteMap& fold) const {
    Match match{0, -1};
    uint32_t unit = root;
    for (uint32_t i = 0; i < text.size(); ++i) {
      const uint32_t child = units_[unit].base ^ fold[static_cast<uint8_t>(text[i])];
      if (units_[child].parent != unit) break;
      unit = child;
      if (units_[unit].id >= 0) match = {i + 1, units_[unit].id};
    }
    return match;
  }

  size_t bytes() const { return units_.size() * sizeof(Unit); }

 private:
  friend class ByteTrieBuilder;

  struct Unit {
    uint32_t base = 0;
    uint32_t parent = 0xFFFFFFFF;
    int32_t id = -1;
  };

  std::vector<Unit> units_;
};

}  // namespace pagevec
