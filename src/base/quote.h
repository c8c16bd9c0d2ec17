#pragma once

#include <string>
#include <string_view>

namespace pagevec {

/// text in double quotes for a message: at most 60 bytes of it, cut between characters and marked
/// with "..." when longer; control characters and bytes that are no UTF-8 are shown as U+FFFD.
std::string inQuotes(std::string_view text);

}  // namespace pagevec
