#include <cstdlib>

#include "../cpp/filter_model.h"
#include "base/utf8.h"

// The first byte chooses where or whereDocument. What parses must find, through columns and sets,
// the records that the model finds; what does not must say why.
namespace {

using namespace pagevec;

const Collection& records() {
  static const std::unique_ptr<Collection> collection = [] {
    static const char* const kMetadata[] = {
        R"({"k":1})",          R"({"k":"1","s":"x"})",  R"({"k":true})",
        R"({"k":["1","x"]})",  R"({"k":[1,2.5],"":0})", R"({"s":"xy"})",
        R"({"k":-2.5,"s":""})"};
    Batch batch;
    batch.dimension = 1;
    for (const char* metadata : kMetadata) {
      batch.ids.push_back(std::to_string(batch.ids.size()));
      batch.documents.push_back(metadata);
      batch.metadatas.push_back(Metadata::parse(metadata).value());
      batch.embedded.push_back(true);
      batch.embeddings.push_back(1);
    }
    batch.ids.push_back("bare");
    batch.documents.emplace_back();
    batch.metadatas.emplace_back();
    batch.embedded.push_back(true);
    batch.embeddings.push_back(1);
    auto made = std::move(Collection::make({}).value());
    made->apply(batch, 1);
    return made;
  }();
  return *collection;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const bool onDocuments = data[0] % 2 == 1;
  const std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto where = Where::parse(text);
  const auto document = WhereDocument::parse(text);
  const Status& status = onDocuments ? document.status() : where.status();
  if (!status.ok()) {
    if (status.message().empty() || !isValidUtf8(status.message())) std::abort();
    return 0;
  }
  testing::Json args;
  args[onDocuments ? "whereDocument" : "where"] = testing::Json::parse(text);
  const testing::ModelRegex regex;
  const Filter filter{nullptr, onDocuments ? nullptr : &where.value(),
                      onDocuments ? &document.value() : nullptr, &regex};
  std::vector<Slot> expected;
  for (const Slot slot : records().select({}, 0, SIZE_MAX)) {
    if (testing::meets(records().record(slot), args)) expected.push_back(slot);
  }
  if (records().select(filter, 0, SIZE_MAX) != expected) std::abort();
  return 0;
}
