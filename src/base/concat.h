#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace pagevec {

/// The parts one after another: a message in one call, which is less code than a chain of +.
std::string concat(std::initializer_list<std::string_view> parts);

}  // namespace pagevec
