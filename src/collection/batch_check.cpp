#include <algorithm>
#include <string>
#include <unordered_set>

#include "base/quote.h"
#include "collection/collection.h"
#include "collection/limits.h"

namespace pagevec {
namespace {

Status invalid(std::string message) {
  return Status(StatusCode::InvalidArgument, std::move(message));
}

std::string documentName(size_t i) { return "document " + std::to_string(i); }

Status checkShape(const Batch& batch) {
  const size_t n = batch.ids.size();
  if (batch.operation < Operation::Add || batch.operation > Operation::Delete) {
    return invalid("operation " + std::to_string(static_cast<int>(batch.operation)) +
                   " is unknown; use 1 (add) to 4 (delete)");
  }
  if (n == 0) return invalid("the batch has no ids; give at least one");
  auto mismatch = [n](const char* list, size_t size) {
    return invalid(std::string(list) + " has " + std::to_string(size) + " entries for " +
                   std::to_string(n) + " ids; give one for each id, or none at all");
  };
  const bool given[] = {!batch.documents.empty(), !batch.metadatas.empty(),
                        !batch.embedded.empty()};
  if (given[0] && batch.documents.size() != n) return mismatch("documents", batch.documents.size());
  if (given[1] && batch.metadatas.size() != n) return mismatch("metadatas", batch.metadatas.size());
  if (given[2] && batch.embedded.size() != n) return mismatch("embeddings", batch.embedded.size());
  if (batch.operation == Operation::Delete &&
      (given[0] || given[1] || given[2] || !batch.embeddings.empty())) {
    return invalid("delete takes ids only; leave out documents, metadatas and embeddings");
  }
  return {};
}

Status checkIds(const std::vector<std::string>& ids) {
  std::unordered_set<std::string_view> seen;
  seen.reserve(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    if (const auto problem = idProblem(ids[i])) {
      const bool tooLong = ids[i].size() > kMaxIdBytes;
      return Status(tooLong ? StatusCode::LimitExceeded : StatusCode::InvalidArgument,
                    "id " + std::to_string(i) + ' ' + *problem);
    }
    if (!seen.insert(ids[i]).second) {
      return Status(StatusCode::DuplicateId, "id " + std::to_string(i) + ", " + inQuotes(ids[i]) +
                                                 ", is in the batch twice; give each id once");
    }
  }
  return {};
}

Status checkDocuments(const Batch& batch) {
  for (size_t i = 0; i < batch.documents.size(); ++i) {
    if (!batch.documents[i]) continue;
    if (const auto problem = documentProblem(*batch.documents[i])) {
      const bool tooLong = batch.documents[i]->size() > kMaxDocumentBytes;
      return Status(tooLong ? StatusCode::LimitExceeded : StatusCode::InvalidArgument,
                    documentName(i) + ' ' + *problem);
    }
  }
  return {};
}

Status metadataTooLarge(size_t i, size_t bytes, const char* when) {
  return Status(StatusCode::LimitExceeded,
                "metadata " + std::to_string(i) + " takes " + std::to_string(bytes) + " bytes" +
                    when + ", the limit is " + std::to_string(kMaxMetadataBytes) +
                    "; keep long text in the document");
}

Status checkSizes(const Batch& batch) {
  uint64_t bytes = uint64_t{batch.embeddings.size()} * sizeof(float);
  for (const std::string& id : batch.ids) bytes += id.size();
  for (const auto& document : batch.documents) bytes += document ? document->size() : 0;
  for (size_t i = 0; i < batch.metadatas.size(); ++i) {
    if (!batch.metadatas[i]) continue;
    const size_t metadataBytes = batch.metadatas[i]->bytes();
    if (metadataBytes > kMaxMetadataBytes) return metadataTooLarge(i, metadataBytes, "");
    bytes += metadataBytes;
  }
  if (bytes > kMaxBatchBytes) {
    return Status(StatusCode::LimitExceeded, "the batch takes " + std::to_string(bytes) +
                                                 " bytes, the limit is " +
                                                 std::to_string(kMaxBatchBytes) + "; split it");
  }
  return {};
}

// Add and upsert may create a record, which never exists without a vector.
Status checkPresence(const Batch& batch) {
  if (batch.operation != Operation::Add && batch.operation != Operation::Upsert) return {};
  for (size_t i = 0; i < batch.ids.size(); ++i) {
    if (batch.embedded.empty() || !batch.embedded[i]) {
      return invalid(documentName(i) + " has no embedding; add and upsert need one for every id");
    }
  }
  return {};
}

}  // namespace

Status Collection::validate(const Batch& batch) const {
  if (Status status = checkShape(batch); !status.ok()) return status;
  if (Status status = checkIds(batch.ids); !status.ok()) return status;
  if (Status status = checkDocuments(batch); !status.ok()) return status;
  if (Status status = checkSizes(batch); !status.ok()) return status;
  if (Status status = checkPresence(batch); !status.ok()) return status;
  if (Status status = validateVectors(batch); !status.ok()) return status;
  return validateMergedSizes(batch);
}

Status Collection::validateVectors(const Batch& batch) const {
  const size_t count = std::count(batch.embedded.begin(), batch.embedded.end(), true);
  const uint32_t n = batch.dimension;
  if (batch.embeddings.size() != uint64_t{count} * n) {
    return invalid("embeddings holds " + std::to_string(batch.embeddings.size()) + " values; " +
                   std::to_string(count) + " vectors of " + std::to_string(n) +
                   " dimensions need " + std::to_string(uint64_t{count} * n));
  }
  if (count == 0) return {};
  size_t i = std::find(batch.embedded.begin(), batch.embedded.end(), true) - batch.embedded.begin();
  if (n == 0)
    return invalid(documentName(i) + " has an embedding of 0 dimensions; give at least 1");
  if (dimension() != 0 && n != dimension()) return wrongDimension(documentName(i), n, dimension());
  if (n > kMaxDimension) {
    return Status(StatusCode::LimitExceeded, documentName(i) + " has " + std::to_string(n) +
                                                 " dimensions, the limit is " +
                                                 std::to_string(kMaxDimension));
  }
  const size_t bad = firstUnusableValue(batch.embeddings);
  if (bad < batch.embeddings.size()) {
    for (size_t vector = bad / n; vector > 0; --vector) {
      i = std::find(batch.embedded.begin() + i + 1, batch.embedded.end(), true) -
          batch.embedded.begin();
    }
    return unusableValue(documentName(i), bad % n, batch.embeddings[bad]);
  }
  if (store_ && count > kMaxRows - store_->rows()) {
    return Status(StatusCode::LimitExceeded,
                  "the collection holds " + std::to_string(store_->rows()) +
                      " vectors, the limit is " + std::to_string(kMaxRows) +
                      "; start another collection");
  }
  return {};
}

Status Collection::validateMergedSizes(const Batch& batch) const {
  if (batch.operation == Operation::Add) return {};  // an existing record is left alone
  for (size_t i = 0; i < batch.metadatas.size(); ++i) {
    const Slot slot = ids_.find(batch.ids[i]);
    if (!batch.metadatas[i] || slot == kNoSlot) continue;
    const std::optional<Metadata>& old = records_[slot].metadata;
    if (!old || old->bytes() + batch.metadatas[i]->bytes() <= kMaxMetadataBytes) continue;
    Metadata merged = *old;
    merged.merge(*batch.metadatas[i]);
    if (merged.bytes() > kMaxMetadataBytes) {
      return metadataTooLarge(i, merged.bytes(), " once merged");
    }
  }
  return {};
}

}  // namespace pagevec
