#include <cstdio>
#include <string>
#include <string_view>

#include "archive_file.h"

// pagevec-file list|check FILE [--json]

namespace pagevec::archive {
namespace {

constexpr int kSound = 0;
constexpr int kDamaged = 1;
constexpr int kMisused = 2;

std::string versionsOf(const Summary& collection) {
  std::string text;
  for (const uint16_t version : collection.versions) {
    text += (text.empty() ? "" : ",") + std::to_string(version);
  }
  return text;
}

nlohmann::json toJson(const Summary& collection) {
  nlohmann::json json = collection.manifest.json;
  json["records"] = collection.records;
  json["dimension"] = collection.dimension;
  json["parts"] = collection.parts;
  json["batches"] = collection.batches;
  json["bytes"] = collection.bytes;
  json["versions"] = collection.versions;
  return json;
}

void printJson(const ArchiveFile& file, const Status& status) {
  nlohmann::json json = {
      {"sound", status.ok()}, {"bytes", file.bytes()}, {"collections", nlohmann::json::array()}};
  for (const Summary& collection : file.collections()) {
    json["collections"].push_back(toJson(collection));
  }
  if (!status.ok()) {
    json["code"] = statusName(status.code());
    json["problem"] = status.message();
    json["offset"] = file.offset();
  }
  const auto replace = nlohmann::json::error_handler_t::replace;
  std::printf("%s\n", json.dump(2, ' ', false, replace).c_str());
}

void printList(const ArchiveFile& file) {
  for (const Summary& collection : file.collections()) {
    std::printf("%s: %llu records, %u dimensions, %u parts, %llu batches, %llu bytes, version %s\n",
                collection.manifest.name.c_str(),
                static_cast<unsigned long long>(collection.records), collection.dimension,
                collection.parts, static_cast<unsigned long long>(collection.batches),
                static_cast<unsigned long long>(collection.bytes), versionsOf(collection).c_str());
  }
}

int run(std::string_view command, const char* path, bool json) {
  ArchiveFile file(path);
  const Status status = file.read();
  if (json) {
    printJson(file, status);
  } else if (command == "list") {
    printList(file);
  } else if (status.ok()) {
    std::printf("%s is sound: %zu collections, %llu bytes\n", path, file.collections().size(),
                static_cast<unsigned long long>(file.bytes()));
  }
  if (status.ok()) return kSound;
  std::fprintf(stderr, "%s: %s: at byte %llu: %s\n", path, statusName(status.code()),
               static_cast<unsigned long long>(file.offset()), status.message().c_str());
  return status.code() == StatusCode::InvalidArgument ? kMisused : kDamaged;
}

}  // namespace
}  // namespace pagevec::archive

int main(int count, char** words) {
  const std::string_view command = count > 1 ? words[1] : "";
  const bool json = count == 4 && std::string_view(words[3]) == "--json";
  if ((command == "list" || command == "check") && (count == 3 || json)) {
    return pagevec::archive::run(command, words[2], json);
  }
  std::fprintf(
      stderr,
      "usage: pagevec-file list FILE [--json]    its collections\n"
      "       pagevec-file check FILE [--json]   reads and checks all of it\n"
      "Both load every collection. Exit status: 0 sound, 1 damaged or of a later version,\n"
      "2 not to be read.\n");
  return pagevec::archive::kMisused;
}
