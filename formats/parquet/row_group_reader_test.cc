#include "formats/parquet/row_group_reader.h"

#include <gmock/gmock.h>

#include <string>
#include <thread>

#include "arrow/api.h"
#include "arrow/extension/json.h"
#include "arrow/extension/uuid.h"
#include "arrow/io/memory.h"
#include "arrow/json/from_string.h"
#include "arrow/util/byte_size.h"
#include "arrow/util/key_value_metadata.h"
#include "base/testing.h"
#include "formats/parquet/fixtures.h"

namespace formats {
namespace {

using base::ErrorKind;
using base::HasMessage;
using base::IsError;
using base::IsOk;

constexpr int64_t kMiB = 1 << 20;
// Ranges this small put a border between buffers into most pages.
constexpr RangeOptions kTinyRanges{.hole_bytes = 0, .target_bytes = 1000, .max_bytes = 1500};

/// Writes, reads from the planned ranges alone and compares.
void ExpectSame(const arrow::Table& table, const WriteOptions& write = {},
                const ReadOptions& read = {}, const RangeOptions& ranges = {}) {
  const auto object = WriteParquet(table, write);
  const auto file = OpenParquet(object).ValueOrDie();
  const auto result = ReadAll(*file, *object, read, ranges);
  ASSERT_THAT(result, IsOk());
  EXPECT_TRUE((*result)->Equals(table)) << (*result)->ToString() << table.ToString();
}

void ExpectSame(const std::shared_ptr<arrow::DataType>& type, std::string_view json,
                const WriteOptions& write = {}) {
  SCOPED_TRACE(type->ToString());
  ExpectSame(*OneColumn(type, json), write);
}

TEST(Read, GivesTheValuesOfEveryFlatType) {
  ExpectSame(arrow::boolean(), "[true, null, false]");
  for (const auto& type : {arrow::int8(), arrow::int16(), arrow::int32(), arrow::int64(),
                           arrow::uint8(), arrow::uint16(), arrow::uint32(), arrow::uint64()}) {
    ExpectSame(type, "[1, null, 100]");
  }
  ExpectSame(arrow::float16(), "[1.5, null]");
  ExpectSame(arrow::float32(), "[1.5, null]");
  ExpectSame(arrow::float64(), "[1.5, null]");
  ExpectSame(arrow::utf8(), "[\"\", null, \"h\xC3\xA9\"]");
  ExpectSame(arrow::binary(), "[\"\", null, \"x\"]");
  ExpectSame(arrow::fixed_size_binary(3), "[\"abc\", null]");
  ExpectSame(arrow::date32(), "[0, null, -1]");
  ExpectSame(arrow::time32(arrow::TimeUnit::MILLI), "[1, null]");
  ExpectSame(arrow::time64(arrow::TimeUnit::MICRO), "[1, null]");
  ExpectSame(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"), "[1, null, -1]");
  ExpectSame(arrow::timestamp(arrow::TimeUnit::NANO), "[1, null, -1]");
  ExpectSame(arrow::decimal128(9, 2), "[\"1234567.89\", null]");
  ExpectSame(arrow::decimal128(38, 10), "[\"-1.0000000001\", null]");
  ExpectSame(arrow::decimal256(60, 3), "[\"1.234\", null]");
}

TEST(Read, GivesTheValuesOfNestedTypes) {
  const auto element = [](std::shared_ptr<arrow::DataType> type) {
    return arrow::list(arrow::field("element", std::move(type)));
  };
  ExpectSame(element(arrow::int32()), "[[1, null, 2], [], null, [3]]");
  ExpectSame(element(element(arrow::utf8())), "[[[\"a\"], null, []], null, []]");
  const auto inner = arrow::struct_(
      {arrow::field("s", arrow::utf8()), arrow::field("l", element(arrow::int64()))});
  ExpectSame(inner, "[{\"s\": \"a\", \"l\": [1]}, null, {\"s\": null, \"l\": null}]");
  ExpectSame(element(inner), "[[{\"s\": \"a\", \"l\": [1]}, null], [], null]");
  ExpectSame(arrow::map(arrow::utf8(), arrow::int32()), "[[[\"a\", 1], [\"b\", null]], [], null]");
}

TEST(Read, GivesTheTypesOfAStoredArrowSchema) {
  const WriteOptions stored{.stored_arrow_schema = true};
  ExpectSame(arrow::large_utf8(), "[\"a\", null]", stored);
  ExpectSame(arrow::utf8_view(), "[\"a\", null]", stored);
  ExpectSame(arrow::large_list(arrow::field("element", arrow::int32())), "[[1], null]", stored);
  ExpectSame(arrow::fixed_size_list(arrow::field("element", arrow::int32()), 2), "[[1, 2], [3, 4]]",
             stored);
  ExpectSame(arrow::dictionary(arrow::int32(), arrow::utf8()), "[\"a\", \"b\", null, \"a\"]",
             stored);
  ExpectSame(arrow::duration(arrow::TimeUnit::MILLI), "[1, null]", stored);
}

TEST(Read, KeepsTheLogicalTypesUuidAndJsonAsExtensionTypes) {
  const auto storage =
      arrow::json::ArrayFromJSONString(arrow::fixed_size_binary(16), "[\"0123456789abcdef\", null]")
          .ValueOrDie();
  const auto uuids = arrow::ExtensionType::WrapArray(arrow::extension::uuid(), storage);
  const auto texts = arrow::ExtensionType::WrapArray(
      arrow::extension::json(arrow::utf8()),
      arrow::json::ArrayFromJSONString(arrow::utf8(), "[\"{}\", null]").ValueOrDie());
  const auto table = arrow::Table::Make(
      arrow::schema({arrow::field("u", uuids->type()), arrow::field("j", texts->type())}),
      {uuids, texts});
  ExpectSame(*table);
  ExpectSame(*table, {.stored_arrow_schema = true});
}

TEST(Read, BatchesCarryNoMetadataAtAnyDepth) {
  const auto note = arrow::key_value_metadata({"note"}, {"n"});
  const auto inner = arrow::field("inner", arrow::int32())->WithMetadata(note);
  const auto type = arrow::list(arrow::field("element", arrow::struct_({inner})));
  const auto table = OneColumn(type, "[[{\"inner\": 1}], null]");
  const auto object = WriteParquet(*table, {.stored_arrow_schema = true});
  const auto file = OpenParquet(object).ValueOrDie();
  const auto batches = ReadBatches(*file, *object).ValueOrDie();
  ASSERT_EQ(batches.size(), 1u);
  EXPECT_EQ(batches[0]->schema(), file->schema());
  const auto& field = *batches[0]->column(0)->type()->field(0)->type()->field(0);
  EXPECT_EQ(field.name(), "inner");
  EXPECT_FALSE(field.HasMetadata());
  EXPECT_TRUE(batches[0]->column(0)->Equals(table->column(0)->chunk(0)));
}

TEST(Read, EmptyAndRepeatedColumnNamesPassThrough) {
  const auto column = arrow::json::ArrayFromJSONString(arrow::int32(), "[1, 2]").ValueOrDie();
  const auto other = arrow::json::ArrayFromJSONString(arrow::utf8(), "[\"a\", null]").ValueOrDie();
  const auto schema =
      arrow::schema({arrow::field("", arrow::int32()), arrow::field("a", arrow::utf8()),
                     arrow::field("a", arrow::int32())});
  ExpectSame(*arrow::Table::Make(schema, {column, other, column}));
}

TEST(Read, UnderstandsEveryCodecOfTheLibrary) {
  using arrow::Compression;
  for (const auto codec : {Compression::UNCOMPRESSED, Compression::SNAPPY, Compression::GZIP,
                           Compression::ZSTD, Compression::LZ4, Compression::BROTLI}) {
    SCOPED_TRACE(codec);
    ASSERT_TRUE(arrow::util::Codec::IsAvailable(codec));
    ExpectSame(*MixedTable(3000), {.codec = codec});
    ExpectSame(*MixedTable(3000), {.codec = codec, .pages_v2 = true});
  }
}

TEST(Read, NeedsNothingButItsRangesHoweverTheyAreCut) {
  const auto table = MixedTable(20'000);
  for (const bool dictionary : {true, false}) {
    for (const int64_t window_bytes : {0, 1, 700, 100'000}) {
      const WriteOptions write{
          .row_group_rows = 7000, .dictionary = dictionary, .page_index = true, .page_bytes = 5000};
      ExpectSame(*table, write, {.window_bytes = window_bytes});
      ExpectSame(*table, write, {.window_bytes = window_bytes}, kTinyRanges);
    }
  }
}

TEST(Read, WithoutWindowsPagesAreNotCopied) {
  const auto object = WriteParquet(
      *MixedTable(100'000), {.codec = arrow::Compression::UNCOMPRESSED, .dictionary = false});
  const auto file = OpenParquet(object).ValueOrDie();
  arrow::ProxyMemoryPool pool(arrow::default_memory_pool());
  const auto reader =
      file->Read(0, FetchedRowGroup(*file, 0, *object), {.max_batch_rows = 1, .pool = &pool})
          .ValueOrDie();
  EXPECT_THAT(reader->Next(), IsOk());
  EXPECT_LT(pool.max_memory(), kMiB / 4);
}

TEST(Read, AFileWithoutRowsHasNoBatches) {
  const auto none = MixedTable(0);
  for (const bool dictionary : {true, false}) {
    const auto object = WriteParquet(*none, {.dictionary = dictionary});
    const auto file = OpenParquet(object).ValueOrDie();
    EXPECT_EQ(file->rows(), 0);
    EXPECT_TRUE(file->schema()->Equals(none->schema()));
    EXPECT_THAT(ReadBatches(*file, *object).ValueOrDie(), testing::IsEmpty());
  }
}

TEST(Read, ARowGroupWithoutRowsHasNoBatches) {
  const auto footer = FooterClaiming({{.rows = 0, .values = 0, .compressed_bytes = 0}});
  const auto file = ParquetFile::Make(*footer, footer->size() + 4).ValueOrDie();
  ASSERT_EQ(file->row_groups(), 1);
  const auto unread = std::make_shared<WatchedFile>(footer);
  EXPECT_EQ(file->Read(0, unread).ValueOrDie()->Next().ValueOrDie(), nullptr);
  EXPECT_EQ(unread->reads, 0);
}

TEST(Read, NoBatchHasMoreRowsThanAllowed) {
  const auto table = MixedTable(10'000);
  const auto object = WriteParquet(*table, {.row_group_rows = 6000});
  const auto file = OpenParquet(object).ValueOrDie();
  const auto batches =
      ReadBatches(*file, *object, {.max_batch_rows = 4000, .batch_bytes = 1 << 30}).ValueOrDie();
  std::vector<int64_t> rows;
  for (const auto& batch : batches) rows.push_back(batch->num_rows());
  EXPECT_THAT(rows, testing::ElementsAre(4000, 2000, 4000));
}

TEST(Read, BatchesComeNearTheWantedSizeEvenWhereTheFooterCannotTell) {
  arrow::StringBuilder builder;
  const std::string text(10'000, 'z');
  for (int i = 0; i < 4000; ++i) {
    ASSERT_THAT(builder.Append(text + std::to_string(i % 3)), IsOk());
  }
  const auto table = arrow::Table::Make(arrow::schema({arrow::field("x", arrow::utf8())}),
                                        {builder.Finish().ValueOrDie()});
  const auto object = WriteParquet(*table, {.size_statistics = false});
  const auto file = OpenParquet(object).ValueOrDie();
  ASSERT_LT(file->row_group(0).uncompressed_bytes, kMiB);
  const auto batches = ReadBatches(*file, *object, {.batch_bytes = kMiB / 4}).ValueOrDie();
  for (size_t i = 1; i + 1 < batches.size(); ++i) {
    EXPECT_LT(arrow::util::TotalBufferSize(*batches[i]), kMiB / 2);
    EXPECT_GT(arrow::util::TotalBufferSize(*batches[i]), kMiB / 8);
  }
  EXPECT_LT(arrow::util::TotalBufferSize(*batches[0]), 16 * kMiB);
}

TEST(Read, AFailureOfTheFileComesThroughUnchangedWhereverItHappens) {
  const auto object = WriteParquet(*MixedTable(20'000), {.dictionary = false, .page_bytes = 5000});
  const auto file = OpenParquet(object).ValueOrDie();
  for (const int64_t window_bytes : {0, 3000}) {
    const auto read = [&](int64_t fail_at) {
      auto watched = std::make_shared<WatchedFile>(object);
      watched->fail_at = fail_at;
      watched->failure = base::MakeError(
          {.kind = ErrorKind::kChanged, .retryable = true, .key = "a/b", .code = "X"}, "it moved");
      const auto result = [&]() -> arrow::Status {
        ARROW_ASSIGN_OR_RAISE(auto reader, file->Read(0, watched, {.window_bytes = window_bytes}));
        return reader->ToTable().status();
      }();
      return std::pair(result, watched->reads);
    };
    const auto [whole, reads] = read(-1);
    ASSERT_THAT(whole, IsOk());
    ASSERT_GT(reads, 50);
    for (int64_t fail_at = 0; fail_at < reads; ++fail_at) {
      const arrow::Status status = read(fail_at).first;
      ASSERT_THAT(status, IsError(ErrorKind::kChanged)) << "read " << fail_at;
      ASSERT_THAT(status, HasMessage("it moved"));
      ASSERT_TRUE(base::InfoOf(status).retryable);
      ASSERT_EQ(base::InfoOf(status).key, "a/b");
    }
  }
}

TEST(Read, AFailedReaderStaysFailed) {
  const auto object = WriteParquet(*MixedTable(1000));
  const auto file = OpenParquet(object).ValueOrDie();
  const auto watched = std::make_shared<WatchedFile>(object);
  watched->fail_at = 2;
  watched->failure = base::MakeError(ErrorKind::kTransport, "gone");
  const auto reader = file->Read(0, watched).ValueOrDie();
  EXPECT_THAT(reader->Next(), IsError(ErrorKind::kTransport));
  EXPECT_THAT(reader->Next(), IsError(ErrorKind::kTransport));
  EXPECT_EQ(watched.use_count(), 1);
}

TEST(Read, LetsTheFileGoWithTheLastBatchAndBatchesOutliveIt) {
  const auto table = MixedTable(1000);
  const auto object = WriteParquet(*table);
  auto file = OpenParquet(object).ValueOrDie();
  auto fetched = FetchedRowGroup(*file, 0, *object);
  const std::weak_ptr<arrow::io::RandomAccessFile> watch = fetched;
  auto reader = file->Read(0, std::move(fetched)).ValueOrDie();
  file.reset();
  const auto batch = reader->Next().ValueOrDie();
  ASSERT_EQ(batch->num_rows(), 1000);
  EXPECT_TRUE(watch.expired());
  EXPECT_EQ(reader->Next().ValueOrDie(), nullptr);
  reader.reset();
  EXPECT_TRUE(arrow::Table::FromRecordBatches({batch}).ValueOrDie()->Equals(*table));
}

TEST(Read, ALimitOfThePoolIsAnErrorOfKindLimit) {
  const auto object = WriteParquet(*MixedTable(100'000));
  const auto file = OpenParquet(object).ValueOrDie();
  arrow::ProxyMemoryPool counted(arrow::default_memory_pool());
  arrow::CappedMemoryPool pool(&counted, 100'000);
  EXPECT_THAT(ReadBatches(*file, *object, {.pool = &pool}), IsError(ErrorKind::kLimit));
  EXPECT_EQ(counted.bytes_allocated(), 0);
}

TEST(Read, ThreadsMayReadFromOneFileSideBySide) {
  const auto table = MixedTable(40'000);
  const auto object = WriteParquet(*table, {.row_group_rows = 10'000});
  const auto file = OpenParquet(object).ValueOrDie();
  std::array<std::shared_ptr<arrow::Table>, 4> results;
  {
    std::vector<std::jthread> threads;
    for (auto& result : results) {
      threads.emplace_back([&] { result = ReadAll(*file, *object).ValueOrDie(); });
    }
  }
  for (const auto& result : results) EXPECT_TRUE(result->Equals(*table));
}

TEST(Read, WindowsKeepALargeRowGroupOutOfMemory) {
  constexpr int64_t kRows = 2'000'000;
  std::vector<std::shared_ptr<arrow::Array>> columns;
  arrow::FieldVector fields;
  for (int i = 0; i < 5; ++i) {
    arrow::Int64Builder builder;
    ASSERT_THAT(builder.Reserve(kRows), IsOk());
    uint64_t value = i;
    for (int64_t row = 0; row < kRows; ++row) {
      builder.UnsafeAppend(static_cast<int64_t>(value = value * 6364136223846793005 + 1));
    }
    columns.push_back(builder.Finish().ValueOrDie());
    fields.push_back(arrow::field("c" + std::to_string(i), arrow::int64()));
  }
  const auto table = arrow::Table::Make(arrow::schema(fields), columns);
  const auto object = WriteParquet(*table, {.row_group_rows = kRows, .dictionary = false});
  const auto file = OpenParquet(object).ValueOrDie();
  ASSERT_EQ(file->row_groups(), 1);
  ASSERT_GT(file->row_group(0).compressed_bytes, 75 * kMiB);

  const auto watched = std::make_shared<WatchedFile>(object);
  arrow::ProxyMemoryPool pool(arrow::default_memory_pool());
  const auto reader =
      file->Read(0, watched, {.window_bytes = 2 * kMiB, .pool = &pool}).ValueOrDie();
  int64_t rows = 0;
  while (const auto batch = reader->Next().ValueOrDie()) {
    const auto expected = table->Slice(rows, batch->num_rows());
    ASSERT_TRUE(arrow::Table::FromRecordBatches({batch}).ValueOrDie()->Equals(*expected));
    rows += batch->num_rows();
  }
  EXPECT_EQ(rows, kRows);
  EXPECT_LT(pool.max_memory(), 40 * kMiB);
  EXPECT_EQ(pool.bytes_allocated(), 0);
  EXPECT_LE(watched->largest_read, 2 * kMiB);
  EXPECT_EQ(watched->bytes, file->row_group(0).compressed_bytes);
  RecordProperty("peak_mib", static_cast<int>(pool.max_memory() / kMiB));
}

}  // namespace
}  // namespace formats
