#include "source/tables/table_formats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace source {
namespace {

std::vector<std::string> Found(const std::vector<std::string>& keys) {
  TableFormats formats;
  for (const std::string& key : keys) formats.Add(key);
  std::vector<std::string> found;
  for (const auto& folder : formats.folders()) {
    found.push_back(std::string(folder.format) + ":" + folder.path + ":" + folder.data_prefix());
  }
  return found;
}

TEST(TableFormats, AreKnownByTheirLogsAndMetadataOncePerFolder) {
  EXPECT_THAT(
      Found({"a/t/_delta_log/0.json", "a/t/_delta_log/1.json", "h/.hoodie/hoodie.properties",
             "i/metadata/v1.metadata.json", "i/metadata/00-x.metadata.json", "_delta_log/0.json"}),
      testing::ElementsAre("Delta::", "Delta:a/t:a/t/", "Hudi:h:h/", "Iceberg:i:i/data/"));
}

TEST(TableFormats, NamesThatOnlyContainTheirsAreNoSign) {
  EXPECT_THAT(Found({"a/my_delta_log/0.json", "a/x.hoodie/y", "a/mymetadata/v1.metadata.json",
                     "a/v1.metadata.json", "a/metadata/x.json", "a/_delta_log"}),
              testing::IsEmpty());
}

}  // namespace
}  // namespace source
