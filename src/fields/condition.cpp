#include "fields/condition.h"

#include "base/substring.h"
#include "fields/condition_parser.h"

namespace pagevec {
namespace {

using Kind = Condition::Kind;

bool meets(const Condition& condition, const std::string* document, const RegexMatcher* regex) {
  if (condition.isJoin()) {
    const bool any = condition.kind == Kind::Any;
    // Expressions last: the cheap parts often decide without them.
    for (const bool usesRegex : {false, true}) {
      for (const Condition& part : condition.parts) {
        if (part.usesRegex == usesRegex && meets(part, document, regex) == any) return any;
      }
    }
    return !any;
  }
  if (document == nullptr) return condition.negated;
  const bool found = condition.kind == Kind::Contains ? containsText(*document, condition.text)
                                                      : regex->matches(condition.text, *document);
  return found != condition.negated;
}

// type is a small letter.
std::string term(char type, bool inList, const void* bytes, size_t size) {
  std::string out(1, static_cast<char>(inList ? type - 'a' + 'A' : type));
  return out.append(static_cast<const char*>(bytes), size);
}

}  // namespace

Result<Where> Where::parse(std::string_view json) {
  Where where;
  Status status = parseCondition(json, "where", *where.root_);
  if (!status.ok()) return status;
  where.text_ = json;
  return where;
}

Result<WhereDocument> WhereDocument::parse(std::string_view json) {
  WhereDocument where;
  Status status = parseCondition(json, "whereDocument", *where.root_);
  if (!status.ok()) return status;
  where.text_ = json;
  return where;
}

bool WhereDocument::matches(const std::string* document, const RegexMatcher* regex) const {
  return meets(*root_, document, regex);
}

std::string termOf(bool inList, bool value) { return term('b', inList, &value, 1); }

std::string termOf(bool inList, double value) {
  value += 0.0;  // -0 is 0
  return term('n', inList, &value, sizeof value);
}

std::string termOf(bool inList, const std::string& value) {
  return term('s', inList, value.data(), value.size());
}

}  // namespace pagevec
