#include "fields/condition_parser.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "base/concat.h"
#include "base/quote.h"
#include "fields/json.h"

namespace pagevec {
namespace {

using Type = JsonValue::Type;
using Kind = Condition::Kind;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

enum class Operand : uint8_t { Scalar, Number, List, Text };
struct Operator {
  std::string_view name;
  Kind kind;
  bool negated;
  Operand operand;
};
constexpr Operator kOnMetadata[] = {
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
constexpr Operator kOnDocuments[] = {
    {"$contains", Kind::Contains, false, Operand::Text},
    {"$not_contains", Kind::Contains, true, Operand::Text},
    {"$regex", Kind::Regex, false, Operand::Text},
    {"$not_regex", Kind::Regex, true, Operand::Text},
};
/// What each Operand is, for messages.
constexpr std::string_view kWanted[] = {"a string, a number or a boolean", "a number",
                                        "a list of strings, of numbers or of booleans", "a string"};

/// What is wrong with an operand, or "".
std::string_view problemOf(const JsonValue& value, Operand wanted) {
  const bool fits[] = {value.isScalar(), value.type == Type::Number, value.type == Type::List,
                       value.type == Type::String};
  if (!fits[static_cast<int>(wanted)]) return typeName(value.type);
  if (!std::isfinite(value.number)) return "a number beyond the range of a double";
  if (value.type != Type::List) return "";
  if (value.items.empty()) return "an empty list";
  for (const JsonValue& item : value.items) {
    if (!item.isScalar()) return "a list in which something is none of these";
    if (item.type != value.items[0].type) return "a list of mixed types";
    if (!std::isfinite(item.number)) return "a number beyond the range of a double";
  }
  return "";
}

void addOperand(Condition& out, const JsonValue& value) {
  const bool inList = out.kind == Kind::Holds;
  if (value.type == Type::Number && !inList) return out.numbers.push_back(value.number);
  out.terms.push_back(value.type == Type::Boolean  ? termOf(inList, value.boolean)
                      : value.type == Type::String ? termOf(inList, value.string)
                                                   : termOf(inList, value.number));
}

// Open ends become closed ones at the next double, so that there is one kind of range.
void setRange(Condition& out, std::string_view name, double bound) {
  const bool above = name[1] == 'g';
  if (name.size() == 3) bound = std::nextafter(bound, above ? kInfinity : -kInfinity);
  out.lowest = above ? bound : -kInfinity;
  out.highest = above ? kInfinity : bound;
}

class Parser {
 public:
  explicit Parser(std::string_view name)
      : name_(name),
        onDocuments_(name == "whereDocument"),
        operators_(onDocuments_ ? std::span<const Operator>(kOnDocuments) : kOnMetadata) {}

  Status parse(const JsonValue& value, Condition& out) const;

 private:
  Status join(const std::string& name, const JsonValue& parts, Condition& out) const;
  Status field(const JsonValue& value, Condition& out) const;
  Status operation(const std::string& name, const JsonValue& operand, Condition& out) const;
  Status compare(const Operator& op, const JsonValue& operand, Condition& out) const;

  Status refuse(std::initializer_list<std::string_view> problem) const {
    return Status(StatusCode::InvalidArgument, concat({name_, concat(problem)}));
  }
  // The same about a metadata key.
  Status refuse(const Condition& at, std::string_view problem, std::string_view more = "") const {
    if (onDocuments_) return refuse({problem, more});
    return refuse({" key ", inQuotes(at.text), problem, more});
  }

  std::string_view name_;
  bool onDocuments_;
  std::span<const Operator> operators_;
};

Status Parser::parse(const JsonValue& value, Condition& out) const {
  if (value.type != Type::Object || value.keys.empty()) {
    return refuse({" holds ", value.type == Type::Object ? "an empty object" : typeName(value.type),
                   " where a condition stands; give an object such as ",
                   onDocuments_ ? "{\"$contains\": \"text\"}" : "{\"year\": 2024}"});
  }
  if (value.keys.size() > 1) {
    return refuse({" holds an object with both ", inQuotes(value.keys[0]), " and ",
                   inQuotes(value.keys[1]),
                   "; give each an object of its own and join them with $and"});
  }
  const std::string& key = value.keys[0];
  if (key == "$and" || key == "$or") return join(key, value.items[0], out);
  if (onDocuments_) return operation(key, value.items[0], out);
  out.text = key;
  if (key.starts_with('$')) {
    return refuse(out, " is no operator here; use $and, $or or a metadata key");
  }
  if (key == "#document") return refuse(out, " is no metadata; use whereDocument");
  return field(value.items[0], out);
}

Status Parser::join(const std::string& name, const JsonValue& parts, Condition& out) const {
  if (parts.type != Type::List || parts.items.size() < 2) {
    return refuse({" has ", name, " with ",
                   parts.type == Type::List ? "a shorter list" : typeName(parts.type),
                   "; give a list of two or more conditions"});
  }
  out.kind = name == "$and" ? Kind::All : Kind::Any;
  for (const JsonValue& item : parts.items) {
    Condition& part = out.parts.emplace_back();
    Status status = parse(item, part);
    if (!status.ok()) return status;
    out.usesRegex |= part.usesRegex;
  }
  return {};
}

// What stands under a metadata key.
Status Parser::field(const JsonValue& value, Condition& out) const {
  if (value.isScalar()) return compare(kOnMetadata[0], value, out);
  if (value.type != Type::Object) {
    return refuse(out, concat({" has ", typeName(value.type)}),
                  "; give a string, a number, a boolean or an operator such as {\"$in\": [...]}");
  }
  if (value.keys.size() != 1) {
    return refuse(out, concat({" has ", std::to_string(value.keys.size()), " operators"}),
                  "; give one, and join conditions with $and");
  }
  return operation(value.keys[0], value.items[0], out);
}

Status Parser::operation(const std::string& name, const JsonValue& operand, Condition& out) const {
  std::string names;
  for (const Operator& op : operators_) {
    if (op.name == name) return compare(op, operand, out);
    names += concat({names.empty() ? "" : ", ", op.name});
  }
  return refuse(out, concat({" has the operator ", inQuotes(name), "; use one of ", names}),
                onDocuments_ ? ", $and, $or" : "");
}

Status Parser::compare(const Operator& op, const JsonValue& operand, Condition& out) const {
  const std::string_view problem = problemOf(operand, op.operand);
  if (!problem.empty()) {
    return refuse(out, concat({" has ", op.name, " with ", problem}),
                  concat({"; give ", kWanted[static_cast<int>(op.operand)]}));
  }
  out.kind = op.kind;
  out.negated = op.negated;
  out.usesRegex = op.kind == Kind::Regex;
  switch (op.operand) {
    case Operand::Text: out.text = operand.string; break;
    case Operand::Number: setRange(out, op.name, operand.number); break;
    case Operand::Scalar: addOperand(out, operand); break;
    case Operand::List:
      for (const JsonValue& item : operand.items) addOperand(out, item);
      // A heap sorts in less code than std::sort.
      std::make_heap(out.numbers.begin(), out.numbers.end());
      std::sort_heap(out.numbers.begin(), out.numbers.end());
  }
  return {};
}

}  // namespace

Status parseCondition(std::string_view json, std::string_view name, Condition& out) {
  JsonValue value;
  if (Status status = value.parse(json, name); !status.ok()) return status;
  return Parser(name).parse(value, out);
}

}  // namespace pagevec
