#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

namespace {

// The built tool, on a file that the wasm build made (tests/fixtures/archive/make.mjs).
const std::string kFile = std::string(PAGEVEC_FIXTURES_DEFAULT) + "/archive/collections.pvar";

struct Outcome {
  int status;
  std::string output;  // both streams
};

Outcome run(const std::string& arguments) {
  FILE* pipe = popen((std::string(PAGEVEC_FILE_TOOL) + " " + arguments + " 2>&1").c_str(), "r");
  Outcome outcome{-1, {}};
  if (pipe == nullptr) return outcome;
  char buffer[4096];
  while (const size_t read = std::fread(buffer, 1, sizeof buffer, pipe)) {
    outcome.output.append(buffer, read);
  }
  outcome.status = WEXITSTATUS(pclose(pipe));
  return outcome;
}

std::string contents() {
  std::ifstream in(kFile, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class ArchiveTool : public ::testing::Test {
 protected:
  ~ArchiveTool() override { std::filesystem::remove(path_); }

  Outcome check(const std::string& bytes) const {
    std::ofstream(path_, std::ios::binary) << bytes;
    return run("check " + path_);
  }

 private:
  const std::string path_ = ::testing::TempDir() + "pagevec-file-" + std::to_string(getpid());
};

TEST_F(ArchiveTool, ListsAndChecksAFileOfTheWasmBuild) {
  const Outcome list = run("list " + kFile);
  EXPECT_EQ(list.status, 0) << list.output;
  EXPECT_NE(list.output.find("graph: 37 records, 8 dimensions, 5 parts, 2 batches"),
            std::string::npos)
      << list.output;
  EXPECT_NE(list.output.find("batches: 2 records, 8 dimensions, 0 parts, 1 batches"),
            std::string::npos);
  EXPECT_NE(list.output.find("empty: 0 records, 0 dimensions"), std::string::npos);
  const Outcome checked = run("check " + kFile);
  EXPECT_EQ(checked.status, 0) << checked.output;
  EXPECT_NE(checked.output.find("is sound: 3 collections"), std::string::npos);
}

TEST_F(ArchiveTool, TellsTheSameAsJson) {
  const auto json = nlohmann::json::parse(run("list " + kFile + " --json").output, nullptr, false);
  ASSERT_TRUE(json.is_object());
  EXPECT_EQ(json["sound"], true);
  EXPECT_EQ(json["bytes"], contents().size());
  ASSERT_EQ(json["collections"].size(), 3u);
  EXPECT_EQ(json["collections"][0]["name"], "graph");
  EXPECT_EQ(json["collections"][0]["records"], 37);
  EXPECT_EQ(json["collections"][0]["metadata"]["made"], "by the wasm build");
}

TEST_F(ArchiveTool, SaysWhatIsDamagedAndWhere) {
  const std::string good = contents();
  ASSERT_EQ(check(good).status, 0);
  for (size_t i = 0; i < good.size(); i += 31) {
    std::string bad = good;
    bad[i] ^= static_cast<char>(1 << i % 8);
    const Outcome outcome = check(bad);
    EXPECT_EQ(outcome.status, 1) << "byte " << i << ": " << outcome.output;
    EXPECT_NE(outcome.output.find("corrupt: at byte "), std::string::npos) << outcome.output;
    EXPECT_EQ(check(good.substr(0, i)).status, 1) << "the first " << i << " bytes";
  }
  EXPECT_EQ(check(good + '\0').status, 1);
  EXPECT_EQ(check(good + good).status, 1);
  EXPECT_EQ(
      check("PK\3\4 a zip, perhaps, which is longer than the header of a block would be").status,
      1);
}

TEST_F(ArchiveTool, IsToldWhatToDo) {
  EXPECT_EQ(run("").status, 2);
  EXPECT_EQ(run("list").status, 2);
  EXPECT_EQ(run("mend " + kFile).status, 2);
  EXPECT_EQ(run("list " + kFile + " --xml").status, 2);
  EXPECT_EQ(run("check /nowhere/at/all").status, 2);
}

}  // namespace
