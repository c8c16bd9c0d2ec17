#include "filter_arguments.h"

#include "marshal.h"

namespace pagevec::wasm {
namespace {

using emscripten::val;

/// The value of a result, or nothing and why.
template <class T>
std::optional<T> take(Result<T> result, Status& status) {
  if (result.ok()) return std::move(result.value());
  status = result.status();
  return std::nullopt;
}

}  // namespace

FilterArguments::FilterArguments(const js::OptionalPackedStrings& ids,
                                 const js::OptionalString& where,
                                 const js::OptionalString& whereDocument,
                                 const js::OptionalRegexMatcher& regex)
    : regex_(regex) {
  if (!ids.isNull()) ids_ = take(marshal::plainStringsFrom(ids), status_);
  if (!where.isNull()) where_ = take(Where::parse(where.as<std::string>()), status_);
  if (whereDocument.isNull()) return;
  document_ = take(WhereDocument::parse(whereDocument.as<std::string>()), status_);
  if (document_ && document_->usesRegex() && regex.isNull()) {
    status_ = Status(StatusCode::InvalidArgument,
                     "whereDocument has $regex, but nothing to match it was given");
  }
}

Filter FilterArguments::filter() const {
  return {ids_ ? &*ids_ : nullptr, where_ ? &*where_ : nullptr, document_ ? &*document_ : nullptr,
          &regex_};
}

bool FilterArguments::JsRegexMatcher::matches(std::string_view pattern,
                                              std::string_view document) const {
  const auto bytes = reinterpret_cast<const uint8_t*>(document.data());
  return matcher_.call<bool>("matches", std::string(pattern),
                             val(emscripten::typed_memory_view(document.size(), bytes)));
}

}  // namespace pagevec::wasm
