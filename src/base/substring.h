#pragma once

#include <string_view>

namespace pagevec {

/// Whether text holds part, byte for byte; every text holds the empty part. Eight places are looked
/// at together by the first and the last byte of part.
bool containsText(std::string_view text, std::string_view part);

}  // namespace pagevec
