#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pagevec {

/// Texts for calibration where there are none: words of a vocab.txt in no sensible order, most of
/// them in short texts and some in long ones, frequent words (which BERT's vocabularies begin with)
/// more often than others. The same vocabulary gives the same texts.
std::vector<std::string> vocabularyTexts(std::string_view vocabulary);

}  // namespace pagevec
