#pragma once

#include <cstdint>
#include <vector>

namespace pagevec {

/// What CLIP's splitting pattern asks of a code point. The numbers stand in clip_tables.inc.
enum class ClipClass : uint8_t { Other = 0, Letter, Number, Space };

/// Unicode as CLIP's tokenizer needs it: general categories and lower case. The tables are kept
/// packed in the module and unpacked here, 10 KB, where a CLIP tokenizer is made.
class ClipCharacters {
 public:
  ClipCharacters();

  ClipClass classOf(char32_t c) const;

  /// The simple lower case. U+0130 alone has a longer one ("i" and U+0307); it gives itself.
  char32_t lower(char32_t c) const;

 private:
  struct LowerRun {
    uint32_t first;
    uint32_t last;
    uint32_t step;
    int32_t distance;
  };

  std::vector<uint32_t> classRuns_;  // first code point * 4 + class, ascending
  std::vector<LowerRun> lowerRuns_;  // ascending, none begins before another ends
};

}  // namespace pagevec
