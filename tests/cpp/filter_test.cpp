#include "collection/filter.h"

#include <gtest/gtest.h>

#include <random>

#include "base/substring.h"
#include "filter_model.h"
#include "random_filter.h"

namespace pagevec {
namespace {

using testing::Json;
using testing::ParsedFilter;
using testing::RandomFilter;
using Ids = std::vector<std::string>;

class Records {
 public:
  explicit Records(IndexKind index = IndexKind::Auto) {
    CollectionConfig config;
    config.index = index;
    collection_ = std::move(Collection::make(config).value());
  }

  Collection& operator*() const { return *collection_; }
  Collection* operator->() const { return collection_.get(); }

  // metadata and document: null for none. The vector of the n-th record written is [n].
  void write(Operation operation, const std::string& id, const Json& metadata,
             const Json& document = nullptr, bool embed = true) {
    Batch batch;
    batch.operation = operation;
    batch.ids = {id};
    if (!metadata.is_null()) batch.metadatas = {Metadata::parse(metadata.dump()).value()};
    if (!document.is_null()) batch.documents = {document.get<std::string>()};
    if (embed) {
      batch.embedded = {true};
      batch.embeddings = {static_cast<float>(written_++)};
      batch.dimension = 1;
    }
    apply(batch);
  }
  void add(const std::string& id, const Json& metadata, const Json& document = nullptr) {
    write(Operation::Add, id, metadata, document);
  }
  void remove(const Ids& ids) {
    Batch batch;
    batch.operation = Operation::Delete;
    batch.ids = ids;
    apply(batch);
  }

  Ids select(const Filter& filter, size_t offset = 0, size_t limit = SIZE_MAX) const {
    return idsOf(collection_->select(filter, offset, limit));
  }
  Ids where(const std::string& json) const {
    return select(ParsedFilter(Json{{"where", Json::parse(json)}}));
  }
  Ids whereDocument(const std::string& json) const {
    return select(ParsedFilter(Json{{"whereDocument", Json::parse(json)}}));
  }
  // What query() finds among all records, in the order of reads.
  Ids found(const Filter& filter) const {
    const auto hits = collection_->query(std::vector<float>{0}, SIZE_MAX, 0, filter);
    std::vector<Slot> slots;
    for (const Hit& hit : hits.value()) slots.push_back(hit.slot);
    std::sort(slots.begin(), slots.end());
    return idsOf(slots);
  }
  Ids expected(const Json& args) const {
    Ids ids;
    for (const Slot slot : collection_->select({}, 0, SIZE_MAX)) {
      const RecordView view = collection_->record(slot);
      if (testing::meets(view, args)) ids.push_back(*view.id);
    }
    return ids;
  }

 private:
  void apply(const Batch& batch) {
    const Status status = collection_->validate(batch);
    ASSERT_TRUE(status.ok()) << status.message();
    collection_->apply(batch, collection_->lastSequence() + 1);
  }
  Ids idsOf(const std::vector<Slot>& slots) const {
    Ids ids;
    for (const Slot slot : slots) ids.push_back(*collection_->record(slot).id);
    return ids;
  }

  std::unique_ptr<Collection> collection_;
  int written_ = 0;
};

// The records and answers of a Chroma 1.5.9 server.
Records chroma() {
  Records records;
  const std::pair<const char*, const char*> kRecords[] = {{"int1", R"({"k":1})"},
                                                          {"float1_5", R"({"k":1.5})"},
                                                          {"str1", R"({"k":"1"})"},
                                                          {"true", R"({"k":true})"},
                                                          {"false", R"({"k":false})"},
                                                          {"liststr", R"({"k":["a","b"]})"},
                                                          {"listnum", R"({"k":[1,2]})"},
                                                          {"listfloat", R"({"k":[1.5,2.5]})"},
                                                          {"listbool", R"({"k":[true]})"},
                                                          {"strA", R"({"k":"a"})"},
                                                          {"other", R"({"j":1})"},
                                                          {"none", "null"},
                                                          {"big", R"({"k":9007199254740991})"},
                                                          {"neg", R"({"k":-3})"},
                                                          {"zero", R"({"k":0})"},
                                                          {"empty", R"({"k":""})"}};
  for (const auto& [id, metadata] : kRecords) records.add(id, Json::parse(metadata));
  return records;
}

TEST(Filter, ComparesAsChromaDoes) {
  const Records records = chroma();
  EXPECT_EQ(records.where(R"({"k":1})"), (Ids{"int1"}));
  EXPECT_EQ(records.where(R"({"k":{"$eq":1.0}})"), (Ids{"int1"}));
  EXPECT_EQ(records.where(R"({"k":"1"})"), (Ids{"str1"}));
  EXPECT_EQ(records.where(R"({"k":true})"), (Ids{"true"}));
  EXPECT_EQ(records.where(R"({"k":""})"), (Ids{"empty"}));
  EXPECT_EQ(records.where(R"({"k":9007199254740991})"), (Ids{"big"}));
  EXPECT_EQ(records.where(R"({"missing":1})"), Ids{});
  EXPECT_EQ(records.where(R"({"k":{"$gt":0}})"), (Ids{"int1", "float1_5", "big"}));
  EXPECT_EQ(records.where(R"({"k":{"$gte":0}})"), (Ids{"int1", "float1_5", "big", "zero"}));
  EXPECT_EQ(records.where(R"({"k":{"$lt":1.5}})"), (Ids{"int1", "neg", "zero"}));
  EXPECT_EQ(records.where(R"({"k":{"$lte":1.5}})"), (Ids{"int1", "float1_5", "neg", "zero"}));
  EXPECT_EQ(records.where(R"({"k":{"$in":[1,2]}})"), (Ids{"int1"}));
  EXPECT_EQ(records.where(R"({"k":{"$in":["a","1","zz"]}})"), (Ids{"str1", "strA"}));
  EXPECT_EQ(records.where(R"({"k":{"$in":[true,false]}})"), (Ids{"true", "false"}));
  EXPECT_EQ(records.where(R"({"k":{"$in":[9,8,7,6,5,4,3,2,1,0]}})"), (Ids{"int1", "zero"}));
  EXPECT_EQ(records.where(R"({"k":{"$contains":"a"}})"), (Ids{"liststr"}));
  EXPECT_EQ(records.where(R"({"k":{"$contains":1}})"), (Ids{"listnum"}));
  EXPECT_EQ(records.where(R"({"k":{"$contains":1.5}})"), (Ids{"listfloat"}));
  EXPECT_EQ(records.where(R"({"k":{"$contains":true}})"), (Ids{"listbool"}));
  EXPECT_EQ(records.where(R"({"k":{"$contains":""}})"), Ids{});
}

TEST(Filter, NegatedConditionsMatchRecordsWithoutTheKey) {
  const Records records = chroma();
  const Ids all = records.select({});
  const auto allBut = [&](const Ids& without) {
    Ids ids = all;
    std::erase_if(ids, [&](const std::string& id) {
      return std::find(without.begin(), without.end(), id) != without.end();
    });
    return ids;
  };
  EXPECT_EQ(records.where(R"({"k":{"$ne":1}})"), allBut({"int1"}));
  EXPECT_EQ(records.where(R"({"k":{"$ne":true}})"), allBut({"true"}));
  EXPECT_EQ(records.where(R"({"k":{"$ne":"a"}})"), allBut({"strA"}));
  EXPECT_EQ(records.where(R"({"k":{"$nin":[1,1.5]}})"), allBut({"int1", "float1_5"}));
  EXPECT_EQ(records.where(R"({"k":{"$nin":["a","1"]}})"), allBut({"str1", "strA"}));
  EXPECT_EQ(records.where(R"({"k":{"$not_contains":"a"}})"), allBut({"liststr"}));
  EXPECT_EQ(records.where(R"({"missing":{"$ne":1}})"), all);
  EXPECT_EQ(records.where(R"({"missing":{"$nin":[1]}})"), all);
  EXPECT_EQ(records.where(R"({"missing":{"$not_contains":1}})"), all);
}

TEST(Filter, JoinsConditions) {
  const Records records = chroma();
  EXPECT_EQ(records.where(R"({"$and":[{"k":{"$gte":0}},{"k":{"$lt":1.5}}]})"),
            (Ids{"int1", "zero"}));
  EXPECT_EQ(records.where(R"({"$or":[{"k":"a"},{"$and":[{"k":{"$gt":0}},{"k":{"$lt":2}}]}]})"),
            (Ids{"int1", "float1_5", "strA"}));
  EXPECT_EQ(records.where(R"({"$and":[{"k":{"$ne":1}},{"j":1}]})"), (Ids{"other"}));
  EXPECT_EQ(records.where(R"({"$and":[{"k":1},{"k":2},{"j":1}]})"), Ids{});
}

TEST(Filter, LooksIntoDocuments) {
  Records records;
  const std::pair<const char*, Json> kRecords[] = {
      {"hello", "hello world"},       {"percent", "100% sure"},
      {"under", "under_score"},       {"none", nullptr},
      {"case", "CASE case"},          {"cafe", "na\xC3\xAFve caf\xC3\xA9"},
      {"lines", "line1\nline2"},      {"empty", ""},
      {"nul", std::string("a\0b", 3)}};
  for (const auto& [id, document] : kRecords) records.add(id, nullptr, document);
  EXPECT_EQ(records.whereDocument(R"({"$contains":"hello"})"), (Ids{"hello"}));
  EXPECT_EQ(records.whereDocument(R"({"$contains":"%"})"), (Ids{"percent"}));
  EXPECT_EQ(records.whereDocument(R"({"$contains":"r_s"})"), (Ids{"under"}));
  EXPECT_EQ(records.whereDocument(R"({"$contains":"CASE"})"), (Ids{"case"}));
  EXPECT_EQ(records.whereDocument(R"({"$contains":"Case"})"), Ids{});
  EXPECT_EQ(records.whereDocument(R"({"$contains":"é"})"), (Ids{"cafe"}));
  EXPECT_EQ(records.whereDocument(R"({"$contains":"\u0000b"})"), (Ids{"nul"}));
  EXPECT_EQ(records.whereDocument(R"({"$contains":""})").size(), 8u);
  EXPECT_EQ(records.whereDocument(R"({"$not_contains":""})"), (Ids{"none"}));
  EXPECT_EQ(records.whereDocument(R"({"$not_contains":"e"})"), (Ids{"none", "empty", "nul"}));
  EXPECT_EQ(records.whereDocument(R"({"$regex":"[0-9]"})"), (Ids{"percent", "lines"}));
  EXPECT_EQ(records.whereDocument(R"({"$not_regex":"e"})"), (Ids{"none", "empty", "nul"}));
  EXPECT_EQ(records.whereDocument(R"({"$and":[{"$regex":"^h"},{"$not_contains":"x"}]})"),
            (Ids{"hello"}));
  EXPECT_EQ(records.whereDocument(R"({"$or":[{"$regex":"^h"},{"$contains":"%"}]})"),
            (Ids{"hello", "percent"}));
}

TEST(Filter, LeavesExpressionsToWhatTheCheapConditionsLet) {
  Records records;
  for (int i = 0; i < 20; ++i) {
    records.add(std::to_string(i), Json{{"n", i}}, i % 2 == 0 ? "even cat" : "odd cat");
  }
  const auto calls = [&](const std::string& json) {
    const ParsedFilter filter(Json::parse(json));
    records.select(filter);
    return filter.regex.calls;
  };
  EXPECT_EQ(calls(R"({"whereDocument":{"$and":[{"$regex":"cat"},{"$contains":"even"}]}})"), 10u);
  EXPECT_EQ(calls(R"({"whereDocument":{"$or":[{"$regex":"dog"},{"$contains":"even"}]}})"), 10u);
  EXPECT_EQ(calls(R"({"where":{"n":{"$lt":3}},"whereDocument":{"$regex":"cat"}})"), 3u);
  EXPECT_EQ(calls(R"({"ids":["4","nobody"],"whereDocument":{"$regex":"cat"}})"), 1u);
}

TEST(Filter, ComputesARepeatedFilterOnceUntilSomethingChanges) {
  Records records;
  for (int i = 0; i < 8; ++i) records.add(std::to_string(i), nullptr, "cat");
  const ParsedFilter filter(Json::parse(R"({"whereDocument":{"$regex":"cat"}})"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(records.found(filter).size(), 8u);
  EXPECT_EQ(records.select(filter).size(), 8u);
  EXPECT_EQ(filter.regex.calls, 8u);
  records.add("new", nullptr, "dog");
  EXPECT_EQ(records.found(filter).size(), 8u);
  EXPECT_EQ(filter.regex.calls, 17u);
  // Four other filters take its place.
  for (const char* text : {"a", "b", "c", "d"}) {
    records.whereDocument(Json{{"$contains", text}}.dump());
  }
  EXPECT_EQ(records.found(filter).size(), 8u);
  EXPECT_EQ(filter.regex.calls, 26u);
}

TEST(Filter, KnowsWhereFromWhereDocumentInItsMemory) {
  Records records;
  records.add("a", Json{{"k", "x"}}, "x");
  records.add("b", Json{{"k", "y"}}, "x");
  EXPECT_EQ(records.where(R"({"k":"x"})"), (Ids{"a"}));
  EXPECT_EQ(records.select(ParsedFilter(
                Json::parse(R"({"where":{"k":"x"},"whereDocument":{"$contains":"y"}})"))),
            Ids{});
  EXPECT_EQ(records.whereDocument(R"({"$contains":"x"})"), (Ids{"a", "b"}));
}

TEST(Filter, CombinesWithIdsOffsetAndLimit) {
  Records records;
  for (int i = 0; i < 10; ++i) records.add(std::to_string(i), Json{{"odd", i % 2}});
  const ParsedFilter odd(Json::parse(R"({"where":{"odd":1}})"));
  EXPECT_EQ(records.select(odd, 1, 2), (Ids{"3", "5"}));
  EXPECT_EQ(records.select(odd, 9, 2), Ids{});
  const ParsedFilter some(Json::parse(R"({"ids":["7","2","1","x"],"where":{"odd":1}})"));
  EXPECT_EQ(records.select(some), (Ids{"1", "7"}));
  EXPECT_EQ(records.found(some), (Ids{"1", "7"}));
  EXPECT_EQ(records.select(some, 1, 1), (Ids{"7"}));
}

// Keys beyond those that have columns at once, and a value that grows from few members to many.
TEST(Filter, HoldsManyKeysAndManyMembers) {
  Records records;
  Json metadata = Json::object();
  for (int key = 0; key < 70; ++key) metadata["k" + std::to_string(key)] = key;
  records.add("keys", metadata);
  records.where(R"({"s":"x"})");  // from now on s is kept up, not built
  for (int i = 0; i < 3000; ++i) {
    records.add(std::to_string(i), Json{{"s", i % 3 == 0 ? "x" : std::to_string(i % 700)}});
  }
  EXPECT_EQ(records.where(R"({"s":"x"})").size(), 1000u);
  EXPECT_EQ(records.where(R"({"s":"7"})"), records.expected(Json::parse(R"({"where":{"s":"7"}})")));
  for (int round = 0; round < 2; ++round) {
    for (int key = 0; key < 70; ++key) {
      EXPECT_EQ(records.where(Json{{"k" + std::to_string(key), key}}.dump()), (Ids{"keys"}));
    }
  }
  EXPECT_EQ(records.where(R"({"s":"x"})").size(), 1000u);
}

TEST(Filter, ForgetsValuesThatChangeAgainAndAgain) {
  Records records;
  for (int i = 0; i < 10; ++i) records.add(std::to_string(i), Json{{"t", "first"}});
  records.where(R"({"t":"first"})");
  for (int i = 0; i < 1000; ++i) {
    records.write(Operation::Update, std::to_string(i % 10), Json{{"t", std::to_string(i)}},
                  nullptr, false);
  }
  EXPECT_EQ(records.where(R"({"t":"999"})"), (Ids{"9"}));
  EXPECT_EQ(records.where(R"({"t":"989"})"), Ids{});
  EXPECT_EQ(records.where(R"({"t":{"$ne":"995"}})").size(), 9u);
}

class RandomFilters : public ::testing::TestWithParam<IndexKind> {};

// 10,000 filters against the model while records come, change and go, so that columns are both built
// and kept up, rows drift from slots, and compaction numbers both anew.
TEST_P(RandomFilters, MatchTheModelThroughChanges) {
  std::mt19937 random(20240229);
  auto take = [&random](uint32_t n) { return random() % n; };
  RandomFilter make(take);
  Records records(GetParam());
  for (int i = 0; i < 10'000; ++i) {
    if (i % 20 == 0) {
      for (uint32_t n = 1 + take(12); n > 0; --n) {
        const std::string id = std::to_string(take(150));
        const Json metadata = take(5) == 0 ? Json() : make.metadata();
        const Json document = take(4) == 0 ? Json() : Json(make.document());
        switch (take(6)) {
          case 0: records.remove({id}); break;
          case 1: records.write(Operation::Update, id, metadata, document, take(2) == 1); break;
          case 2: records.write(Operation::Upsert, id, metadata, document); break;
          default: records.add(id, metadata, document);
        }
      }
      records->maintain(50);
    }
    Json args = Json::object();
    const uint32_t kinds = 1 + take(3);
    if (kinds & 1) args["where"] = make.where();
    if (kinds & 2) args["whereDocument"] = make.whereDocument();
    const Ids expected = records.expected(args);
    const ParsedFilter filter(args);
    ASSERT_EQ(records.select(filter), expected) << "filter " << i << ": " << args;
    if (i % 4 == 0) {
      ASSERT_EQ(records.found(filter), expected) << "query " << i << ": " << args;
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Kinds, RandomFilters, ::testing::Values(IndexKind::Flat, IndexKind::Hnsw));

// Many deleted records make their rows be dropped and the slots of the others be numbered anew.
TEST(Filter, SurvivesCompaction) {
  Records records(IndexKind::Flat);
  for (int i = 0; i < 1500; ++i) records.add(std::to_string(i), Json{{"n", i % 10}});
  const Json args = Json::parse(R"({"where":{"n":{"$in":[3,4]}}})");
  const ParsedFilter filter(args);
  EXPECT_EQ(records.found(filter).size(), 300u);
  for (int i = 0; i < 1400; ++i) {
    records.remove({std::to_string(i)});
    if (i % 100 == 0) {
      ASSERT_EQ(records.found(filter), records.expected(args)) << i;
    }
  }
  while (records->maintain(1) > 0) {
    ASSERT_EQ(records.found(filter), records.expected(args));
  }
  EXPECT_LT(records->vectors()->rows(), 1500u);
  EXPECT_EQ(records.found(filter), records.expected(args));
  EXPECT_EQ(records.select(filter).size(), 20u);
}

TEST(ContainsText, FindsWhatAPlainSearchFinds) {
  std::mt19937 random(11);
  for (int round = 0; round < 20'000; ++round) {
    std::string text(random() % 40, ' ');
    // Few letters, and bytes that borrow from one another in a word: 0, 1, 0x80, 0xFF.
    for (char& c : text) c = "ab\0\1\x80\xFF"[random() % 6];
    std::string part(random() % 4, ' ');
    for (char& c : part) c = "ab\0\1\x80\xFF"[random() % 6];
    if (random() % 3 == 0 && !text.empty()) {
      part = text.substr(random() % text.size(), random() % 12);
    }
    ASSERT_EQ(containsText(text, part), text.find(part) != std::string::npos)
        << ::testing::PrintToString(text) << " has " << ::testing::PrintToString(part);
  }
}

TEST(RowSet, JoinsAsSetsDo) {
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    RowSet a, b;
    for (uint32_t n = random() % 100; n > 0; --n) a.insert(random() % (1 + random() % 400));
    for (uint32_t n = random() % 100; n > 0; --n) b.insert(random() % (1 + random() % 400));
    RowSet both = a, either = a, rest = a;
    both.intersect(b);
    either.unite(b);
    rest.subtract(b);
    uint32_t counts[3] = {};
    for (uint32_t row = 0; row < 500; ++row) {
      const bool in[] = {a.contains(row) && b.contains(row), a.contains(row) || b.contains(row),
                         a.contains(row) && !b.contains(row)};
      const RowSet* sets[] = {&both, &either, &rest};
      for (int i = 0; i < 3; ++i) {
        ASSERT_EQ(sets[i]->contains(row), in[i]) << row;
        counts[i] += in[i];
      }
    }
    EXPECT_EQ(both.size(), counts[0]);
    EXPECT_EQ(either.size(), counts[1]);
    EXPECT_EQ(rest.size(), counts[2]);
  }
}

}  // namespace
}  // namespace pagevec
