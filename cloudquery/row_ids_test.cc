#include "cloudquery/row_ids.h"

#include <gtest/gtest.h>

#include <set>
#include <span>
#include <string>

#include "arrow/builder.h"
#include "base/sha256.h"
#include "base/testing.h"
#include "base/text.h"

namespace cloudquery {
namespace {

std::vector<std::string> Ids(RowIds ids, int64_t first_row, int64_t rows,
                             const arrow::Array* existing = nullptr) {
  const auto array = *ids.Make(first_row, rows, existing, arrow::default_memory_pool());
  const auto& typed = static_cast<const arrow::FixedSizeBinaryArray&>(*array);
  std::vector<std::string> values;
  for (int64_t i = 0; i < rows; ++i) values.emplace_back(typed.GetView(i));
  return values;
}

int Version(const std::string& id) { return static_cast<uint8_t>(id[6]) >> 4; }
int Variant(const std::string& id) { return static_cast<uint8_t>(id[8]) >> 6; }

TEST(RandomIds, AreDistinctUuidsOfVersion4) {
  std::set<std::string> seen;
  for (int stream = 0; stream < 10; ++stream) {
    for (const std::string& id : Ids(RowIds::Random(), 0, 1000)) {
      EXPECT_EQ(Version(id), 4);
      EXPECT_EQ(Variant(id), 2);
      EXPECT_TRUE(seen.insert(id).second);
    }
  }
}

TEST(DeterministicIds, DependOnStreamAndRowAlone) {
  const auto whole = Ids(RowIds::Deterministic("bucket/key"), 0, 1000);
  auto parts = Ids(RowIds::Deterministic("bucket/key"), 0, 3);
  for (const std::string& id : Ids(RowIds::Deterministic("bucket/key"), 3, 997))
    parts.push_back(id);
  EXPECT_EQ(whole, parts);
  EXPECT_EQ(std::set<std::string>(whole.begin(), whole.end()).size(), 1000u);
  for (const std::string& id : whole) {
    EXPECT_EQ(Version(id), 8);
    EXPECT_EQ(Variant(id), 2);
  }
}

TEST(DeterministicIds, OfTwoStreamsAreDistinct) {
  std::set<std::string> seen;
  for (int stream = 0; stream < 100; ++stream) {
    for (const std::string& id : Ids(RowIds::Deterministic(std::to_string(stream)), 0, 100)) {
      EXPECT_TRUE(seen.insert(id).second);
    }
  }
}

TEST(DeterministicIds, StayWhatTheyWere) {
  // SHA-256("bucket/key") with the version and the variant laid over it. A change of this value
  // would double the rows of everybody who overwrites by it.
  const std::string id = Ids(RowIds::Deterministic("bucket/key"), 0, 1)[0];
  const auto* bytes = reinterpret_cast<const uint8_t*>(id.data());
  EXPECT_EQ(base::ToHex(std::span(bytes, id.size())), "a9d370e0508587038986e38bdd6cc1bf");
}

TEST(RowIds, KeepTheValuesThatRowsBring) {
  arrow::FixedSizeBinaryBuilder builder(arrow::fixed_size_binary(16));
  ASSERT_THAT(builder.Append("0123456789abcdef"), base::IsOk());
  ASSERT_THAT(builder.AppendNull(), base::IsOk());
  const auto existing = *builder.Finish();
  const auto ids = Ids(RowIds::Deterministic("x"), 5, 2, existing.get());
  EXPECT_EQ(ids[0], "0123456789abcdef");
  EXPECT_EQ(ids[1], Ids(RowIds::Deterministic("x"), 6, 1)[0]);
}

TEST(NullIds, AreAllNull) {
  for (const int64_t rows : {7, 3, 1000, 0}) {
    const auto ids = *NullIds(rows);
    EXPECT_EQ(ids->length(), rows);
    EXPECT_EQ(ids->null_count(), rows);
    EXPECT_THAT(ids->ValidateFull(), base::IsOk());
  }
}

}  // namespace
}  // namespace cloudquery
