#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lexical/dictionary.h"
#include "lexical/posting_list.h"
#include "text/search_words.h"

namespace pagevec {

/// A document that holds a term, and how often.
struct TermPosting {
  uint32_t document;
  uint32_t frequency;
};

/// The inverted index of a collection: for every term the documents that hold it, and how often.
/// Positions are not kept, since highlights read the documents that were found once more.
///
/// Documents are known to callers by slot. Inside they are numbered as they come, so that lists stay
/// ascending when the text of a slot changes. A removed document stays in the lists until more than
/// half of them are removed ones; counts and frequencies are those of the others at once.
class Postings {
 public:
  Postings() = default;
  /// An index whose documents were counted before, their terms still to come by addTerm(): slot i has
  /// a document of lengths[i] terms, or none where that is kNoDocument.
  explicit Postings(std::vector<uint32_t> lengths);

  /// Adds a term that is not there, with all its documents: ascending, each one that there is.
  void addTerm(std::string_view term, const std::vector<TermPosting>& postings);

  /// Adds the document of a slot that has none. Bytes that are no UTF-8 part words.
  void add(uint32_t slot, std::string_view text);

  /// Removes the document of a slot; text is the one that was added. Without one it does nothing.
  void remove(uint32_t slot, std::string_view text);

  bool contains(uint32_t slot) const { return documentOf(slot) != kNoDocument; }

  /// The document of a slot, if there is one, is now that of another, which has none.
  void move(uint32_t from, uint32_t to);

  uint32_t documents() const { return live_; }
  /// Terms of all documents together, repeated ones too.
  uint64_t length() const { return length_; }
  /// How many documents hold the term.
  uint32_t frequency(TermId term) const { return lists_[term].live; }

  /// Stems, so that a query can mean every form of its words. They come from outside; a sweep forgets
  /// them. termsToStem: the terms without one, with the words of a query made terms. addStems takes
  /// the stems of these, in this order, and passes over what is out of date.
  std::vector<std::string> termsToStem(std::string_view query);
  void addStems(const std::vector<std::string>& terms, const std::vector<std::string>& stems);
  void forgetStems();
  /// kNoTerm while the term has no stem; equal numbers, equal stems.
  TermId stemOf(TermId term) const { return term < stemOf_.size() ? stemOf_[term] : kNoTerm; }
  TermId stemmed() const { return static_cast<TermId>(stemOf_.size()); }

  Dictionary& dictionary() { return dictionary_; }
  const Dictionary& dictionary() const { return dictionary_; }
  const WordBreakClasses& classes() const { return classes_; }
  size_t bytes() const;

  /// What a search walks through: numbers of documents, below documentEnd(), also removed ones.
  static constexpr uint32_t kNoDocument = 0xFFFFFFFF;
  static constexpr uint32_t kNoSlot = 0xFFFFFFFF;
  uint32_t documentEnd() const { return static_cast<uint32_t>(slots_.size()); }
  uint32_t documentOf(uint32_t slot) const {
    return slot < documentOfSlot_.size() ? documentOfSlot_[slot] : kNoDocument;
  }
  uint32_t slotOf(uint32_t document) const { return slots_[document]; }  ///< kNoSlot: removed
  uint32_t lengthOf(uint32_t document) const { return lengths_[document]; }
  PostingCursor cursor(TermId term) const { return {arena_, lists_[term]}; }
  uint32_t postings(TermId term) const { return lists_[term].count; }

 private:
  uint32_t countTerms(std::string_view text);
  void sweep();

  WordBreakClasses classes_;
  Dictionary dictionary_;
  PostingArena arena_;
  std::vector<PostingList> lists_;  // by term
  Dictionary stems_;
  std::vector<TermId> stemOf_;     // by term, as far as they were given
  std::vector<uint32_t> slots_;    // by document
  std::vector<uint32_t> lengths_;  // by document
  std::vector<uint32_t> documentOfSlot_;
  uint32_t live_ = 0;
  uint64_t length_ = 0;
  std::vector<uint64_t> scratch_;  // the terms of one document, ascending
};

}  // namespace pagevec
