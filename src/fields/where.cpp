#include "fields/where.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/quote.h"
#include "fields/condition.h"

namespace pagevec {
namespace {

using Type = JsonValue::Type;
using Kind = Where::Kind;
using Node = Where::Node;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

enum class Operand : uint8_t { Scalar, Number, List };
struct Operator {
  const char* name;
  Kind kind;
  bool negated;
  Operand operand;
};
constexpr Operator kOperators[] = {
    {"$eq", Kind::OneOf, false, Operand::Scalar},
    {"$ne", Kind::OneOf, true, Operand::Scalar},
    {"$gt", Kind::Range, false, Operand::Number},
    {"$gte", Kind::Range, false, Operand::Number},
    {"$lt", Kind::Range, false, Operand::Number},
    {"$lte", Kind::Range, false, Operand::Number},
    {"$in", Kind::OneOf, false, Operand::List},
    {"$nin", Kind::OneOf, true, Operand::List},
    {"$contains", Kind::Holds, false, Operand::Scalar},
    {"$not_contains", Kind::Holds, true, Operand::Scalar},
};

bool isScalar(Type type) {
  return type == Type::String || type == Type::Number || type == Type::Boolean;
}

Status refuse(const std::string& key, const std::string& problem) {
  return Status(StatusCode::InvalidArgument, "where key " + inQuotes(key) + ' ' + problem);
}

Status checkOperand(const std::string& key, const Operator& op, const JsonValue& value) {
  const auto refuseFor = [&](const std::string& given, const char* wanted) {
    return refuse(key, std::string("has ") + op.name + " with " + given + "; give " + wanted);
  };
  if (op.operand == Operand::Number) {
    if (value.type == Type::Number) return {};
    return refuseFor(typeName(value.type), "a number");
  }
  if (op.operand == Operand::Scalar) {
    if (isScalar(value.type)) return {};
    return refuseFor(typeName(value.type), "a string, a number or a boolean");
  }
  constexpr const char* kList = "a list of strings, of numbers or of booleans";
  if (value.type != Type::List) return refuseFor(typeName(value.type), kList);
  if (value.items.empty()) return refuseFor("an empty list", kList);
  for (const JsonValue& item : value.items) {
    if (!isScalar(item.type)) {
      return refuseFor(std::string("a list that holds ") + typeName(item.type), kList);
    }
    if (item.type != value.items[0].type) return refuseFor("a list of mixed types", kList);
  }
  return {};
}

void addOperand(Node& node, const JsonValue& value) {
  const bool inList = node.kind == Kind::Holds;
  switch (value.type) {
    case Type::Boolean: node.terms.push_back(termOf(inList, value.boolean)); break;
    case Type::String: node.terms.push_back(termOf(inList, value.string)); break;
    default:
      if (inList) {
        node.terms.push_back(termOf(inList, value.number));
      } else {
        node.numbers.push_back(value.number);
      }
  }
}

// Open ends become closed ones at the next double, so that there is one kind of range.
void setRange(Node& node, std::string_view name, double bound) {
  const bool above = name[1] == 'g';
  if (name.size() == 3) bound = std::nextafter(bound, above ? kInfinity : -kInfinity);
  node.lowest = above ? bound : -kInfinity;
  node.highest = above ? kInfinity : bound;
}

Result<Node> parseComparison(const std::string& key, const Operator& op, const JsonValue& value) {
  if (Status status = checkOperand(key, op, value); !status.ok()) return status;
  Node node;
  node.kind = op.kind;
  node.negated = op.negated;
  node.key = key;
  if (op.operand == Operand::List) {
    for (const JsonValue& item : value.items) addOperand(node, item);
    std::sort(node.numbers.begin(), node.numbers.end());
  } else if (op.operand == Operand::Number) {
    setRange(node, op.name, value.number);
  } else {
    addOperand(node, value);
  }
  return node;
}

// The condition on one key.
Result<Node> parseField(const std::string& key, const JsonValue& value) {
  if (isScalar(value.type)) return parseComparison(key, kOperators[0], value);
  if (value.type != Type::Object) {
    return refuse(key, std::string("has ") + typeName(value.type) +
                           "; give a string, a number, a boolean or an operator such as "
                           "{\"$in\": [...]}");
  }
  if (value.items.size() != 1) {
    return refuse(key, "has " + std::to_string(value.items.size()) +
                           " operators; give one, and join conditions with $and");
  }
  for (const Operator& op : kOperators) {
    if (value.keys[0] == op.name) return parseComparison(key, op, value.items[0]);
  }
  std::string names;
  for (const Operator& op : kOperators) names += std::string(names.empty() ? "" : ", ") + op.name;
  return refuse(key, "has the operator " + inQuotes(value.keys[0]) + "; use one of " + names);
}

Result<Node> parseNode(const JsonValue& value) {
  if (Status status = checkOneKey(value, "where", "{\"year\": 2024}"); !status.ok()) return status;
  const std::string& key = value.keys[0];
  if (!isJoin(key)) {
    if (key.starts_with('$'))
      return refuse(key, "is no operator here; use $and, $or or a metadata key");
    if (key == "#document") return refuse(key, "is no metadata; use whereDocument");
    return parseField(key, value.items[0]);
  }
  Node node;
  node.kind = key == "$and" ? Kind::All : Kind::Any;
  if (Status status = parseParts(value, "where", parseNode, node.parts); !status.ok())
    return status;
  return node;
}

std::string term(char type, bool inList, const void* bytes, size_t size) {
  std::string out(1, inList ? static_cast<char>(type - 'a' + 'A') : type);
  return out.append(static_cast<const char*>(bytes), size);
}

}  // namespace

Result<Where> Where::parse(std::string_view json) {
  Result<JsonValue> value = JsonValue::parse(json, "where");
  if (!value.ok()) return value.status();
  Result<Node> root = parseNode(value.value());
  if (!root.ok()) return root.status();
  Where where;
  where.root_ = std::move(root.value());
  where.text_ = json;
  return where;
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
