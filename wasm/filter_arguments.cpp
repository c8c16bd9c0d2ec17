#include "filter_arguments.h"

#include "marshal.h"

namespace pagevec::wasm {
namespace {

using emscripten::val;

/// The condition in a JSON text; nothing, and why, where it is none.
template <class Condition>
std::optional<Condition> parsed(const val& json, Status& status) {
  if (json.isNull()) return std::nullopt;
  Result<Condition> result = Condition::parse(json.as<std::string>());
  if (result.ok()) return std::move(result.value());
  status = result.status();
  return std::nullopt;
}

}  // namespace

FilterArguments::FilterArguments(const js::OptionalPackedStrings& ids,
                                 const js::OptionalString& where,
                                 const js::OptionalString& whereDocument,
                                 const js::OptionalRegexMatcher& regex)
    : where_(parsed<Where>(where, status_)),
      document_(parsed<WhereDocument>(whereDocument, status_)),
      regex_(regex) {
  if (!ids.isNull()) {
    auto strings = marshal::plainStringsFrom(ids);
    if (!strings.ok()) status_ = strings.status();
    if (strings.ok()) ids_ = std::move(strings.value());
  }
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
