#include "cloudquery/server/hub_docs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/testing.h"

namespace cloudquery {
namespace {

namespace fs = std::filesystem;
using base::ErrorKind;
using base::IsError;
using base::IsOk;
using testing::HasSubstr;

class HubDocs : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/docsXXXXXX";
    folder_ = mkdtemp(pattern.data());
    fs::create_directory(folder_ / "from");
  }
  void TearDown() override { fs::remove_all(folder_); }

  void Put(const std::string& page, const std::string& text) {
    std::ofstream(folder_ / "from" / page) << text;
  }
  arrow::Status Copy() { return CopyHubDocs(folder_ / "from", folder_ / "to" / "docs"); }

  fs::path folder_;
};

TEST_F(HubDocs, AreCopiedOverEarlierOnes) {
  fs::create_directories(folder_ / "to" / "docs");
  std::ofstream(folder_ / "to" / "docs" / "types.md") << "earlier";
  Put("overview.md",
      "[types](types.md#numbers), [hub](https://hub.cloudquery.io), `<a>`\n```\n<b>\n```\n");
  Put("types.md", "[here](#numbers), <https://example.com>, 1 < 2 > 0");
  Put("notes.txt", "x");
  ASSERT_THAT(Copy(), IsOk());
  EXPECT_TRUE(fs::exists(folder_ / "to" / "docs" / "overview.md"));
  EXPECT_EQ(fs::file_size(folder_ / "to" / "docs" / "types.md"),
            fs::file_size(folder_ / "from" / "types.md"));
  EXPECT_FALSE(fs::exists(folder_ / "to" / "docs" / "notes.txt"));
}

TEST_F(HubDocs, NeedAnOverview) {
  Put("types.md", "x");
  EXPECT_THAT(base::MessageOf(Copy()), HasSubstr("has no overview.md"));
  fs::remove_all(folder_ / "from");
  EXPECT_THAT(Copy(), IsError(ErrorKind::kConfig));
}

TEST_F(HubDocs, HaveNoHtml) {
  for (const char* html : {"<br>", "text <b>bold</b>", "<!-- a comment -->", "<img src=\"x\">"}) {
    Put("overview.md", html);
    EXPECT_THAT(base::MessageOf(Copy()), HasSubstr("overview.md has HTML")) << html;
  }
}

TEST_F(HubDocs, HaveNoLinksToFilesThatAreNotPacked) {
  for (const char* link : {"[a](../README.md)", "[a](missing.md)", "![a](image.png \"title\")"}) {
    Put("overview.md", link);
    EXPECT_THAT(base::MessageOf(Copy()), HasSubstr("a file that is not packed")) << link;
  }
}

}  // namespace
}  // namespace cloudquery
