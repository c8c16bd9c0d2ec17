#pragma once

#include <memory>
#include <string_view>

#include "base/status.h"
#include "sentencepiece/id_mapping.h"
#include "text/tokenizer.h"

namespace pagevec {

/// A tokenizer over a sentencepiece .model file, Unigram or BPE; ids are those of the sentencepiece
/// library 0.2.1, mapped. With XlmR and T5 the special tokens (<s>, <pad>, </s>, <unk>, <mask> or
/// </s>, <unk>, <pad>) are found in the text as Hugging Face tokenizers do; with Plain a text cannot
/// spell them.
///
/// Offsets are the library's: a piece that begins with a space begins at that space, and a
/// character that becomes several pieces belongs to the last of them, the others being empty there.
///
/// Errors: those of readModelFields() and makeIdScheme(). The file's bytes need not stay.
Result<std::unique_ptr<Tokenizer>> makeSentencePieceTokenizer(std::string_view model,
                                                              IdMapping mapping);

}  // namespace pagevec
