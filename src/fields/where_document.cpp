#include "fields/where_document.h"

#include "base/quote.h"
#include "base/substring.h"
#include "fields/condition.h"

namespace pagevec {
namespace {

using Kind = WhereDocument::Kind;
using Node = WhereDocument::Node;

constexpr const char* kName = "whereDocument";

struct Operator {
  const char* name;
  Kind kind;
  bool negated;
};
constexpr Operator kOperators[] = {
    {"$contains", Kind::Contains, false},
    {"$not_contains", Kind::Contains, true},
    {"$regex", Kind::Regex, false},
    {"$not_regex", Kind::Regex, true},
};

Status refuse(const std::string& problem) {
  return Status(StatusCode::InvalidArgument, kName + (' ' + problem));
}

Result<Node> parseLeaf(const std::string& name, const JsonValue& operand) {
  std::string names;
  for (const Operator& op : kOperators) {
    names += std::string(op.name) + ", ";
    if (name != op.name) continue;
    if (operand.type != JsonValue::Type::String) {
      return refuse("has " + name + " with " + typeName(operand.type) + "; give a string");
    }
    Node node;
    node.kind = op.kind;
    node.negated = op.negated;
    node.usesRegex = op.kind == Kind::Regex;
    node.text = operand.string;
    return node;
  }
  return refuse("has the operator " + inQuotes(name) + "; use one of " + names + "$and, $or");
}

Result<Node> parseNode(const JsonValue& value) {
  if (Status status = checkOneKey(value, kName, "{\"$contains\": \"text\"}"); !status.ok()) {
    return status;
  }
  const std::string& name = value.keys[0];
  if (!isJoin(name)) return parseLeaf(name, value.items[0]);
  Node node;
  node.kind = name == "$and" ? Kind::All : Kind::Any;
  if (Status status = parseParts(value, kName, parseNode, node.parts); !status.ok()) return status;
  for (const Node& part : node.parts) node.usesRegex |= part.usesRegex;
  return node;
}

}  // namespace

Result<WhereDocument> WhereDocument::parse(std::string_view json) {
  Result<JsonValue> value = JsonValue::parse(json, kName);
  if (!value.ok()) return value.status();
  Result<Node> root = parseNode(value.value());
  if (!root.ok()) return root.status();
  WhereDocument where;
  where.root_ = std::move(root.value());
  where.text_ = json;
  return where;
}

bool WhereDocument::matches(const Node& node, const std::string* document,
                            const RegexMatcher* regex) {
  if (node.kind == Kind::All || node.kind == Kind::Any) {
    const bool any = node.kind == Kind::Any;
    // Expressions last: the cheap parts often decide without them.
    for (const bool usesRegex : {false, true}) {
      for (const Node& part : node.parts) {
        if (part.usesRegex == usesRegex && matches(part, document, regex) == any) return any;
      }
    }
    return !any;
  }
  if (document == nullptr) return node.negated;
  const bool found = node.kind == Kind::Contains ? containsText(*document, node.text)
                                                 : regex->matches(node.text, *document);
  return found != node.negated;
}

}  // namespace pagevec
