#include "cloudquery/types/extension_types.h"

#include <gtest/gtest.h>

#include "arrow/util/key_value_metadata.h"

namespace cloudquery {
namespace {

// The receiver refuses the whole schema when name, metadata and storage do not fit each other.
TEST(ExtensionTypes, CarryTheNameTheMetadataAndTheStorageThatReceiversCheck) {
  struct Case {
    ExtensionType type;
    std::string name;
    std::string metadata;
    std::shared_ptr<arrow::DataType> storage;
  };
  const Case cases[] = {
      {ExtensionType::kUuid, "uuid", "uuid-serialized", arrow::fixed_size_binary(16)},
      {ExtensionType::kJson, "json", "json-serialized", arrow::binary()},
      {ExtensionType::kInet, "inet", "inet-serialized", arrow::binary()},
      {ExtensionType::kMac, "mac", "mac-serialized", arrow::binary()},
  };
  for (const Case& c : cases) {
    const auto field = ExtensionField(c.type, "x");
    EXPECT_EQ(field->name(), "x");
    EXPECT_TRUE(field->nullable());
    EXPECT_TRUE(field->type()->Equals(c.storage)) << field->ToString();
    ASSERT_EQ(field->metadata()->size(), 2);
    EXPECT_EQ(field->metadata()->Get("ARROW:extension:name").ValueOr(""), c.name);
    EXPECT_EQ(field->metadata()->Get("ARROW:extension:metadata").ValueOr(""), c.metadata);
  }
}

}  // namespace
}  // namespace cloudquery
