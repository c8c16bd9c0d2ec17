#include "lexical/sort_keys.h"

#include <algorithm>

namespace pagevec {

void sortKeys(std::vector<uint64_t>& keys) { std::sort(keys.begin(), keys.end()); }

}  // namespace pagevec
