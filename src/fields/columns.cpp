#include "fields/columns.h"

#include <algorithm>
#include <limits>

#include "fields/range_scan.h"

namespace pagevec {
namespace {

using Kind = Condition::Kind;

constexpr size_t kMaxColumns = 64;
constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();
/// A value with more members than this and one in 32 slots is kept as a bitmap, which is smaller.
constexpr size_t kMaxFewMembers = 64;
/// Up to so many numbers are looked for one by one in the whole column, by vector code.
constexpr size_t kMaxScans = 4;

/// The slots of one value.
struct Members {
  std::string term;
  std::vector<uint32_t> few;  // in any order; empty once there are many
  RowSet many;
  bool dense = false;

  bool empty() const { return few.empty() && many.size() == 0; }

  // Twice for one record when a list has an item twice.
  void insert(uint32_t slot) {
    if (dense) return many.insert(slot);
    if (!few.empty() && few.back() == slot) return;
    few.push_back(slot);
    if (few.size() <= kMaxFewMembers || few.size() <= slot / 32) return;
    for (const uint32_t member : few) many.insert(member);
    few = {};
    dense = true;
  }

  // Whether the slot was a member.
  bool erase(uint32_t slot) {
    if (dense) {
      if (!many.contains(slot)) return false;
      many.erase(slot);
      return true;
    }
    const auto found = std::find(few.rbegin(), few.rend(), slot);
    if (found == few.rend()) return false;
    *found = few.back();
    few.pop_back();
    return true;
  }

  void addTo(RowSet& set) const {
    if (dense) return set.unite(many);
    for (const uint32_t member : few) set.insert(member);
  }
};

/// Numbers in ascending order, and a bit for each by its hash, at which most others fail.
class NumberList {
 public:
  explicit NumberList(const std::vector<double>& numbers) : numbers_(numbers) {
    for (const double number : numbers) bits_[hash(number) / 64] |= bit(number);
  }
  bool has(double value) const {
    if ((bits_[hash(value) / 64] & bit(value)) == 0) return false;
    const auto at = std::lower_bound(numbers_.begin(), numbers_.end(), value);
    return at != numbers_.end() && *at == value;  // NaN is in no list
  }

 private:
  static uint32_t hash(double value) {
    value += 0.0;  // -0 is 0
    return static_cast<uint32_t>(std::bit_cast<uint64_t>(value) * 0x9E3779B97F4A7C15 >> 52);
  }
  static uint64_t bit(double value) { return uint64_t{1} << hash(value) % 64; }

  const std::vector<double>& numbers_;
  uint64_t bits_[64] = {};
};

// Not inlined: there are six kinds of value, and a vector that grows is much code.
[[gnu::noinline]] void addTerm(std::vector<std::string>& terms, std::string term) {
  terms.push_back(std::move(term));
}
template <class T>
void addTerms(std::vector<std::string>& terms, const T& value) {
  addTerm(terms, termOf(false, value));
}
template <class T>
void addTerms(std::vector<std::string>& terms, const std::vector<T>& items) {
  for (const T& item : items) addTerm(terms, termOf(true, item));
}

}  // namespace

/// The values of one key.
class FieldColumns::Column {
 public:
  explicit Column(std::string key) : key_(std::move(key)) {}

  const std::string& key() const { return key_; }
  /// A record is there, or about to go.
  void note(uint32_t slot, const Metadata& metadata, bool there) {
    if (readValue(metadata)) setNumber(slot, there ? number_ : kNoNumber);
    for (const std::string& term : terms_) there ? insertTerm(slot, term) : eraseTerm(slot, term);
  }
  /// Values that no record has any more are kept until they are the greater part.
  bool mostlyEmpty() const { return emptied_ > kMaxFewMembers && emptied_ > members_.size() / 2; }

  /// The candidates that meet a condition on this key, as if it were not negated.
  RowSet match(const Condition& condition, const RowSet& candidates) const;

 private:
  bool readValue(const Metadata& metadata);
  void setNumber(uint32_t slot, double number) {
    if (slot >= numbers_.size()) numbers_.resize((slot / 64 + 1) * 64, kNoNumber);
    numbers_[slot] = number;
  }
  void insertTerm(uint32_t slot, const std::string& term);
  void eraseTerm(uint32_t slot, const std::string& term);
  void matchNumbers(const Condition& condition, const RowSet& candidates, RowSet& found) const;

  std::string key_;
  std::vector<double> numbers_;  // by slot, a multiple of 64 of them; NaN where there is none
  std::vector<std::unique_ptr<Members>> members_;
  std::unordered_map<std::string_view, uint32_t> placeOfTerm_;  // in members_, which holds the text
  size_t emptied_ = 0;
  // What readValue() read.
  double number_ = 0;
  std::vector<std::string> terms_;
};

// Whether the metadata has a number under the key. terms_ becomes what it has else.
bool FieldColumns::Column::readValue(const Metadata& metadata) {
  terms_.clear();
  for (const auto& [key, value] : metadata.fields()) {
    if (key != key_) continue;
    if (const double* number = std::get_if<double>(&value)) {
      number_ = *number;
      return true;
    }
    std::visit([this](const auto& typed) { addTerms(terms_, typed); }, value);
    break;
  }
  return false;
}

void FieldColumns::Column::insertTerm(uint32_t slot, const std::string& term) {
  const auto found = placeOfTerm_.find(term);
  if (found != placeOfTerm_.end()) {
    Members& members = *members_[found->second];
    emptied_ -= members.empty();
    return members.insert(slot);
  }
  Members& members = *members_.emplace_back(std::make_unique<Members>());
  members.term = term;
  members.insert(slot);
  const auto place = static_cast<uint32_t>(members_.size() - 1);
  placeOfTerm_.emplace(members.term, place);
}

void FieldColumns::Column::eraseTerm(uint32_t slot, const std::string& term) {
  const auto found = placeOfTerm_.find(term);
  if (found == placeOfTerm_.end()) return;
  Members& members = *members_[found->second];
  if (members.erase(slot)) emptied_ += members.empty();
}

void FieldColumns::Column::matchNumbers(const Condition& condition, const RowSet& candidates,
                                        RowSet& found) const {
  const bool isRange = condition.kind == Kind::Range;
  const bool fewCandidates = candidates.size() < numbers_.size() / 64;
  if (fewCandidates || condition.numbers.size() > kMaxScans) {
    const NumberList list(condition.numbers);
    candidates.forEach([&](uint32_t slot) {
      if (slot >= numbers_.size()) return;
      const double value = numbers_[slot];
      if (isRange ? value >= condition.lowest && value <= condition.highest : list.has(value)) {
        found.insert(slot);
      }
    });
    return;
  }
  std::vector<uint64_t> words(numbers_.size() / 64);
  const auto scan = [&](double lowest, double highest) {
    scanRange(numbers_.data(), words.size(), lowest, highest, words.data());
  };
  if (isRange) scan(condition.lowest, condition.highest);
  for (const double number : condition.numbers) scan(number, number);
  found = RowSet(std::move(words));
}

RowSet FieldColumns::Column::match(const Condition& condition, const RowSet& candidates) const {
  RowSet found;
  if (condition.kind == Kind::Range || !condition.numbers.empty())
    matchNumbers(condition, candidates, found);
  for (const std::string& term : condition.terms) {
    const auto place = placeOfTerm_.find(term);
    if (place != placeOfTerm_.end()) members_[place->second]->addTo(found);
  }
  found.intersect(candidates);
  return found;
}

FieldColumns::FieldColumns(const MetadataSource& source) : source_(source) {}
FieldColumns::~FieldColumns() = default;
void FieldColumns::clear() { columns_.clear(); }

RowSet FieldColumns::match(const Where& where, const RowSet& live) {
  live_ = &live;
  return match(where.root(), live);
}

RowSet FieldColumns::match(const Condition& condition, const RowSet& candidates) {
  if (condition.kind == Kind::All) {
    RowSet rest = candidates;
    // Ranges last: what they cost falls with the candidates that are left.
    for (const bool ranges : {false, true}) {
      for (const Condition& part : condition.parts) {
        if ((part.kind == Kind::Range) == ranges) rest = match(part, rest);
      }
    }
    return rest;
  }
  RowSet found;
  if (condition.kind == Kind::Any) {
    for (const Condition& part : condition.parts) found.unite(match(part, candidates));
    return found;
  }
  found = column(condition.text).match(condition, candidates);
  if (!condition.negated) return found;
  RowSet rest = candidates;
  rest.subtract(found);
  return rest;
}

const FieldColumns::Column& FieldColumns::column(const std::string& key) {
  for (const auto& column : columns_) {
    if (column->key() == key) return *column;
  }
  if (columns_.size() == kMaxColumns) columns_.erase(columns_.begin());
  Column& made = *columns_.emplace_back(std::make_unique<Column>(key));
  live_->forEach([&](uint32_t slot) {
    if (const Metadata* metadata = source_.metadata(slot)) made.note(slot, *metadata, true);
  });
  return made;
}

void FieldColumns::insert(uint32_t slot, const Metadata* metadata) { note(slot, metadata, true); }

void FieldColumns::erase(uint32_t slot, const Metadata* metadata) {
  note(slot, metadata, false);
  std::erase_if(columns_, [](const auto& column) { return column->mostlyEmpty(); });
}

void FieldColumns::note(uint32_t slot, const Metadata* metadata, bool there) {
  if (metadata == nullptr) return;
  for (const auto& column : columns_) column->note(slot, *metadata, there);
}

}  // namespace pagevec
