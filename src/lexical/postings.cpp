#include "lexical/postings.h"

#include <algorithm>
#include <utility>

#include "lexical/sort_keys.h"

namespace pagevec {
namespace {

// Below this it is not worth the while to sweep.
constexpr uint32_t kMinRemoved = 1024;

}  // namespace

Postings::Postings(std::vector<uint32_t> lengths) : lengths_(std::move(lengths)) {
  for (uint32_t slot = 0; slot < lengths_.size(); ++slot) {
    const bool there = lengths_[slot] != kNoDocument;
    slots_.push_back(there ? slot : kNoSlot);
    documentOfSlot_.push_back(there ? slot : kNoDocument);
    live_ += there;
    if (there) length_ += lengths_[slot];
  }
}

void Postings::addTerm(std::string_view term, const std::vector<TermPosting>& postings) {
  const TermId added = dictionary_.add(term);
  lists_.resize(dictionary_.size());
  for (const auto& [document, frequency] : postings) {
    arena_.append(lists_[added], document, frequency);
  }
  lists_[added].live = static_cast<uint32_t>(postings.size());
}

// Fills scratch_, with new terms; returns how many.
uint32_t Postings::countTerms(std::string_view text) {
  scratch_.clear();
  SearchWordReader reader(text, classes_, SearchWordReader::Side::Document);
  for (SearchWord word; reader.next(word);) scratch_.push_back(dictionary_.add(word.term));
  lists_.resize(dictionary_.size());
  sortKeys(scratch_);
  return static_cast<uint32_t>(scratch_.size());
}

void Postings::add(uint32_t slot, std::string_view text) {
  const uint32_t document = documentEnd();
  const uint32_t length = countTerms(text);
  for (size_t i = 0; i < length;) {
    const auto term = static_cast<TermId>(scratch_[i]);
    const size_t begin = i;
    while (i < length && scratch_[i] == term) ++i;
    arena_.append(lists_[term], document, static_cast<uint32_t>(i - begin));
    ++lists_[term].live;
  }
  slots_.push_back(slot);
  lengths_.push_back(length);
  if (slot >= documentOfSlot_.size()) documentOfSlot_.resize(slot + 1, kNoDocument);
  documentOfSlot_[slot] = document;
  ++live_;
  length_ += length;
}

void Postings::remove(uint32_t slot, std::string_view text) {
  const uint32_t document = documentOf(slot);
  if (document == kNoDocument) return;
  length_ -= countTerms(text);
  for (size_t i = 0; i < scratch_.size(); ++i) {
    if (i == 0 || scratch_[i] != scratch_[i - 1]) --lists_[scratch_[i]].live;
  }
  slots_[document] = kNoSlot;
  documentOfSlot_[slot] = kNoDocument;
  --live_;
  const uint32_t removed = documentEnd() - live_;
  if (removed > kMinRemoved && removed > live_) sweep();
}

void Postings::move(uint32_t from, uint32_t to) {
  const uint32_t document = documentOf(from);
  if (document == kNoDocument) return;
  if (to >= documentOfSlot_.size()) documentOfSlot_.resize(to + 1, kNoDocument);
  documentOfSlot_[to] = document;
  documentOfSlot_[from] = kNoDocument;
  slots_[document] = to;
}

// Writes all lists anew, without removed documents and the terms that only they held.
void Postings::sweep() {
  std::vector<uint32_t> newDocument(documentEnd(), kNoDocument);
  uint32_t end = 0;
  for (uint32_t document = 0; document < newDocument.size(); ++document) {
    if (slots_[document] == kNoSlot) continue;
    documentOfSlot_[slots_[document]] = end;
    slots_[end] = slots_[document];
    lengths_[end] = lengths_[document];
    newDocument[document] = end++;
  }
  slots_.resize(end);
  lengths_.resize(end);
  forgetStems();
  const Dictionary oldTerms = std::exchange(dictionary_, {});
  const PostingArena oldArena = std::exchange(arena_, {});
  const std::vector<PostingList> oldLists = std::exchange(lists_, {});
  for (TermId term = 0; term < oldTerms.size(); ++term) {
    if (oldLists[term].live == 0) continue;
    dictionary_.add(oldTerms.text(term));
    PostingList& list = lists_.emplace_back();
    list.live = oldLists[term].live;
    for (PostingCursor cursor(oldArena, oldLists[term]); cursor.next();) {
      const uint32_t document = newDocument[cursor.document()];
      if (document != kNoDocument) arena_.append(list, document, cursor.frequency());
    }
  }
}

std::vector<std::string> Postings::termsToStem(std::string_view query) {
  SearchWordReader reader(query, classes_, SearchWordReader::Side::Query);
  for (SearchWord word; reader.next(word);) dictionary_.add(word.term);
  lists_.resize(dictionary_.size());
  std::vector<std::string> terms;
  for (TermId term = stemmed(); term < dictionary_.size(); ++term) {
    terms.emplace_back(dictionary_.text(term));
  }
  return terms;
}

void Postings::addStems(const std::vector<std::string>& terms,
                        const std::vector<std::string>& stems) {
  for (size_t i = 0; i < std::min(terms.size(), stems.size()); ++i) {
    const TermId next = stemmed();
    if (next < dictionary_.size() && dictionary_.text(next) == terms[i]) {
      stemOf_.push_back(stems_.add(stems[i]));
    }
  }
}

void Postings::forgetStems() {
  stems_ = {};
  stemOf_.clear();
}

size_t Postings::bytes() const {
  return dictionary_.bytes() + stems_.bytes() + arena_.bytes() +
         sizeof(PostingList) * lists_.capacity() +
         4 * (stemOf_.capacity() + slots_.capacity() + lengths_.capacity() +
              documentOfSlot_.capacity());
}

}  // namespace pagevec
