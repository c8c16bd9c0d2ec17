#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "filter_model.h"

// Replays what a Chroma server answered (tests/fixtures/traces) on a collection.
namespace pagevec {
namespace {

using testing::Json;
using testing::metadataOf;
using testing::ParsedFilter;

Json readFixture(const std::string& name) {
  std::ifstream file(std::string(PAGEVEC_FIXTURES_DEFAULT) + "/traces/" + name);
  EXPECT_TRUE(file.good()) << name;
  return Json::parse(file);
}

class Replay {
 public:
  explicit Replay(Space space) {
    CollectionConfig config;
    config.space = space;
    collection_ = std::move(Collection::make(config).value());
  }

  // False for a step that is not about records.
  bool step(const std::string& op, const Json& args, const Json& result) {
    if (op == "add") return write(Operation::Add, args);
    if (op == "upsert") return write(Operation::Upsert, args);
    if (op == "update") return write(Operation::Update, args);
    if (op == "delete") return remove(args);
    if (op.starts_with("get")) return get(args, result);
    if (op == "peek") return get(args, result);
    if (op == "query") return query(args, result);
    if (op != "count") return false;
    EXPECT_EQ(collection_->count(), result.get<size_t>());
    return true;
  }

  // What Chroma's server was given as embedding function when the semantics were recorded.
  static std::vector<float> embed(const std::string& text) {
    const auto words = 1 + std::count(text.begin(), text.end(), ' ');
    const auto as = std::count(text.begin(), text.end(), 'a');
    return {static_cast<float>(text.size()), static_cast<float>(words), static_cast<float>(as)};
  }

  Status validate(Operation operation, const Json& args) const {
    return collection_->validate(batchOf(operation, args));
  }

 private:
  static Batch batchOf(Operation operation, const Json& args) {
    Batch batch;
    batch.operation = operation;
    batch.ids = args.at("ids").get<std::vector<std::string>>();
    for (size_t i = 0; i < batch.ids.size(); ++i) {
      std::vector<float> embedding;
      if (args.contains("documents")) {
        batch.documents.push_back(args["documents"][i].get<std::string>());
        embedding = embed(*batch.documents.back());
      }
      if (args.contains("embeddings")) embedding = args["embeddings"][i].get<std::vector<float>>();
      if (args.contains("metadatas")) {
        batch.metadatas.push_back(Metadata::parse(args["metadatas"][i].dump()).value());
      }
      if (embedding.empty()) continue;
      batch.embedded.push_back(true);
      batch.embeddings.insert(batch.embeddings.end(), embedding.begin(), embedding.end());
      batch.dimension = static_cast<uint32_t>(embedding.size());
    }
    return batch;
  }

  bool write(Operation operation, const Json& args) { return apply(batchOf(operation, args)); }

  bool apply(const Batch& batch) {
    const Status status = collection_->validate(batch);
    EXPECT_TRUE(status.ok()) << status.message();
    if (status.ok()) collection_->apply(batch, collection_->lastSequence() + 1);
    collection_->maintain(3);
    return true;
  }

  bool remove(const Json& args) {
    if (args.empty()) return true;  // chromadb's npm client: deletes nothing
    Batch batch;
    batch.operation = Operation::Delete;
    const ParsedFilter filter(args);
    if (args.size() == 1 && filter.ids) {
      batch.ids = *filter.ids;  // unknown ones among them
    } else {
      for (const Slot slot : collection_->select(filter, 0, SIZE_MAX)) {
        batch.ids.push_back(*collection_->record(slot).id);
      }
    }
    return batch.ids.empty() || apply(batch);
  }

  void expectRecords(const std::vector<Slot>& slots, const Json& ids, const Json& documents,
                     const Json& metadatas, const Json& embeddings) const {
    ASSERT_EQ(slots.size(), ids.size());
    for (size_t i = 0; i < slots.size(); ++i) {
      const RecordView view = collection_->record(slots[i]);
      EXPECT_EQ(*view.id, ids[i]);
      if (!documents.empty()) {
        EXPECT_EQ(view.document->has_value() ? Json(**view.document) : Json(), documents[i]);
      }
      if (!metadatas.empty()) {
        EXPECT_EQ(metadataOf(view), metadatas[i]);
      }
      for (size_t d = 0; !embeddings.empty() && d < embeddings[i].size(); ++d) {
        EXPECT_NEAR(view.embedding[d], embeddings[i][d].get<double>(), 2e-6);  // recorded rounded
      }
    }
  }

  static Json column(const Json& result, const char* name) {
    return result.value(name, Json::array());
  }

  bool get(const Json& args, const Json& result) {
    const auto slots = collection_->select(ParsedFilter(args), args.value("offset", size_t{0}),
                                           args.value("limit", size_t{SIZE_MAX}));
    expectRecords(slots, result["ids"], column(result, "documents"), column(result, "metadatas"),
                  column(result, "embeddings"));
    return true;
  }

  bool query(const Json& args, const Json& result) {
    const ParsedFilter filter(args);
    const bool given = args.contains("queryEmbeddings");
    const Json& queries = args[given ? "queryEmbeddings" : "queryTexts"];
    for (size_t q = 0; q < queries.size(); ++q) {
      const auto query = given ? queries[q].get<std::vector<float>>() : embed(queries[q]);
      const auto hits = collection_->query(query, args.value("nResults", size_t{10}), 0, filter);
      if (!hits.ok()) return ADD_FAILURE() << hits.status().message(), true;
      std::vector<Slot> slots;
      for (const Hit& hit : hits.value()) slots.push_back(hit.slot);
      auto nested = [&](const char* name) {
        const Json all = column(result, name);
        return all.empty() ? all : all[q];
      };
      expectRecords(slots, result["ids"][q], nested("documents"), nested("metadatas"),
                    nested("embeddings"));
      const Json distances = nested("distances");
      for (size_t i = 0; i < distances.size() && i < hits->size(); ++i) {
        const double expected = distances[i];
        EXPECT_NEAR(hits.value()[i].distance, expected, 1e-4 * std::max(std::fabs(expected), 0.01));
      }
    }
    return true;
  }

  std::unique_ptr<Collection> collection_;
};

void replayTrace(const std::string& name, Space space) {
  const Json trace = readFixture(name);
  Replay replay(space);
  size_t steps = 0;
  for (const Json& step : trace["steps"]) {
    SCOPED_TRACE(name + " step " + std::to_string(steps++));
    EXPECT_TRUE(replay.step(step["op"], step["args"], step.value("result", Json())));
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_EQ(steps, 160u);
}

TEST(Trace, ChromaL2) { replayTrace("collection.trace.l2.json", Space::L2); }
TEST(Trace, ChromaCosine) { replayTrace("collection.trace.cosine.json", Space::Cosine); }

// Steps 5 to 82: records of one collection, until it is renamed. Refusals that belong to this layer
// are checked, those of a client's arguments (include, filters, empty lists) belong to TypeScript.
TEST(Trace, ChromaSemantics) {
  const Json steps = readFixture("chroma.semantics.json")["steps"];
  Replay replay(Space::L2);
  size_t replayed = 0;
  for (size_t i = 5; i < 83; ++i) {
    const Json& step = steps[i];
    SCOPED_TRACE("step " + std::to_string(i) + " " + step.dump());
    if (!step.contains("error")) {
      EXPECT_TRUE(replay.step(step["op"], step["args"], step["result"]));
      ++replayed;
    } else if (step["op"] == "add") {
      const Json& args = step["args"];
      if (args.contains("documents") && args["documents"].size() != args["ids"].size()) {
        continue;
      }
      EXPECT_FALSE(replay.validate(Operation::Add, args).ok());
    }
  }
  EXPECT_EQ(replayed, 60u);
}

}  // namespace
}  // namespace pagevec
