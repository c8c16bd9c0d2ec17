#include "text/byte_trie.h"

namespace pagevec {
namespace {

constexpr uint32_t kBlock = 256;  // base ^ byte stays within one block
constexpr uint32_t kNone = 0xFFFFFFFF;
constexpr int kPlacementTries = 64;  // 24 would make the trie of MiniLM half larger

}  // namespace

// Places the nodes. Free units form a doubly linked list, the newest block's first. A node with
// several children is tried there, where there is most room; one with a single child fits anywhere
// and fills what is left of the oldest block.
class ByteTrieBuilder {
 public:
  using Entry = ByteTrie::Entry;

  explicit ByteTrieBuilder(std::vector<ByteTrie::Unit>& units) : units_(units) {}

  void build(std::span<const std::span<const Entry>> sets) {
    addBlock();
    for (uint32_t root = 0; root < sets.size(); ++root) {
      take(root);
      pending_.push_back({sets[root], 0, root});
    }
    while (!pending_.empty()) {
      const Node node = pending_.back();
      pending_.pop_back();
      placeChildren(node);
    }
  }

 private:
  // The entries below a unit: they share their first `depth` bytes.
  struct Node {
    std::span<const Entry> entries;
    size_t depth;
    uint32_t unit;
  };
  struct Child {
    uint8_t byte;
    std::span<const Entry> entries;
  };

  void placeChildren(const Node& node) {
    std::span<const Entry> rest = node.entries;
    if (!rest.empty() && rest.front().key.size() == node.depth) {
      units_[node.unit].id = rest.front().id;
      rest = rest.subspan(1);
    }
    if (rest.empty()) return;
    groupByByte(rest, node.depth);
    const uint32_t base = findBase();
    units_[node.unit].base = base;
    for (const Child& child : children_) {
      const uint32_t unit = base ^ child.byte;
      take(unit);
      units_[unit].parent = node.unit;
      pending_.push_back({child.entries, node.depth + 1, unit});
    }
  }

  void groupByByte(std::span<const Entry> entries, size_t depth) {
    children_.clear();
    for (size_t begin = 0; begin < entries.size();) {
      const char byte = entries[begin].key[depth];
      size_t end = begin + 1;
      while (end < entries.size() && entries[end].key[depth] == byte) ++end;
      children_.push_back({static_cast<uint8_t>(byte), entries.subspan(begin, end - begin)});
      begin = end;
    }
  }

  // A base whose units for all children are free: a few places are tried, then a new block.
  uint32_t findBase() {
    if (children_.size() == 1 && lastFree_ != kNone) return lastFree_ ^ children_.front().byte;
    uint32_t candidate = firstFree_;
    for (int i = 0; i < kPlacementTries && candidate != kNone; ++i) {
      const uint32_t base = candidate ^ children_.front().byte;
      if (fits(base)) return base;
      candidate = next_[candidate];
    }
    const uint32_t base = static_cast<uint32_t>(units_.size());
    addBlock();
    return base;
  }

  bool fits(uint32_t base) const {
    for (const Child& child : children_) {
      if (!free_[base ^ child.byte]) return false;
    }
    return true;
  }

  void addBlock() {
    const uint32_t begin = static_cast<uint32_t>(units_.size());
    const uint32_t end = begin + kBlock;
    units_.resize(end);
    free_.resize(end, true);
    next_.resize(end);
    previous_.resize(end);
    for (uint32_t unit = begin; unit < end; ++unit) {
      next_[unit] = firstFree_;
      previous_[unit] = kNone;
      (firstFree_ == kNone ? lastFree_ : previous_[firstFree_]) = unit;
      firstFree_ = unit;
    }
  }

  void take(uint32_t unit) {
    free_[unit] = false;
    const uint32_t before = previous_[unit];
    const uint32_t after = next_[unit];
    (before == kNone ? firstFree_ : next_[before]) = after;
    (after == kNone ? lastFree_ : previous_[after]) = before;
  }

  std::vector<ByteTrie::Unit>& units_;
  std::vector<bool> free_;
  std::vector<uint32_t> next_;
  std::vector<uint32_t> previous_;
  uint32_t firstFree_ = kNone;
  uint32_t lastFree_ = kNone;
  std::vector<Node> pending_;
  std::vector<Child> children_;
};

ByteTrie::ByteTrie(std::span<const std::span<const Entry>> sets) {
  ByteTrieBuilder(units_).build(sets);
  units_.shrink_to_fit();
}

}  // namespace pagevec
