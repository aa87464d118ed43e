// What single steps of a sync cost, away from the network.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "arrow/array/array_primitive.h"
#include "arrow/array/builder_binary.h"
#include "arrow/array/builder_primitive.h"
#include "cloudquery/ipc/record_encoder.h"
#include "cloudquery/row_ids.h"
#include "formats/format.h"
#include "s3/xml/list_xml.h"
#include "source/state/cursor.h"
#include "source/tables/discovery.h"

namespace {

constexpr int64_t kBatchRows = 65'536;

void Require(const arrow::Status& status) {
  if (!status.ok()) std::abort();
}

std::shared_ptr<arrow::Array> Numbers() {
  arrow::Int64Builder builder;
  for (int64_t i = 0; i < kBatchRows; ++i) {
    Require(i % 7 == 0 ? builder.AppendNull() : builder.Append(i));
  }
  return *builder.Finish();
}

std::shared_ptr<arrow::Array> Texts() {
  arrow::StringBuilder builder;
  for (int64_t i = 0; i < kBatchRows; ++i) Require(builder.Append("word " + std::to_string(i)));
  return *builder.Finish();
}

// Numbers and texts in turn, with ids.
std::shared_ptr<arrow::RecordBatch> Batch(int64_t columns) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  const auto numbers = Numbers(), texts = Texts();
  for (int64_t i = 0; i < columns; ++i) {
    arrays.push_back(i % 2 == 0 ? numbers : texts);
    fields.push_back(arrow::field("c" + std::to_string(i), arrays.back()->type()));
  }
  const auto batch = arrow::RecordBatch::Make(arrow::schema(fields), kBatchRows, arrays);
  auto ids = cloudquery::RowIds::Random();
  return *cloudquery::AddCqColumns(*batch, ids, 0, arrow::default_memory_pool());
}

// Slices and encodes a batch; records are dropped at once.
void Encode(benchmark::State& state) {
  const auto batch = Batch(state.range(0));
  const auto encoder = *cloudquery::RecordEncoder::Make(batch->schema());
  int64_t bytes = 0;
  for (auto _ : state) {
    Require(encoder.Encode(*batch, {.max_rows = state.range(1)},
                           [&](const cloudquery::EncodedRecord& record) {
                             bytes += record.size_bytes;
                             return arrow::Status::OK();
                           }));
  }
  state.SetItemsProcessed(state.iterations() * kBatchRows);
  state.SetBytesProcessed(bytes);
}
BENCHMARK(Encode)->ArgNames({"columns", "rows"})->ArgsProduct({{5, 40}, {100, 500, 10'000}});

void Ids(benchmark::State& state) {
  auto ids = state.range(0) == 0 ? cloudquery::RowIds::Random()
                                 : cloudquery::RowIds::Deterministic("bucket/key");
  for (auto _ : state) {
    benchmark::DoNotOptimize(ids.Make(0, kBatchRows, nullptr, arrow::default_memory_pool()));
  }
  state.SetItemsProcessed(state.iterations() * kBatchRows);
}
BENCHMARK(Ids)->ArgName("deterministic")->Arg(0)->Arg(1);

// Keys and ETags as long as usual, in ten folders.
s3::ObjectInfo Listed(int64_t i) {
  std::string number = std::to_string(100'000'000 + i);
  return {.key = "some/folder-" + std::to_string(i % 10) + "/part-" + number + ".parquet",
          .size_bytes = 12345,
          .etag = "\"d41d8cd98f00b204e9800" + number + "ff\"",
          .last_modified = s3::Timestamp(std::chrono::seconds(1'700'000'000 + i)),
          .storage_class = "STANDARD"};
}

void ListPage(benchmark::State& state) {
  std::string xml =
      "<?xml version=\"1.0\"?><ListBucketResult><EncodingType>url</EncodingType>"
      "<IsTruncated>false</IsTruncated>";
  for (int i = 0; i < 1000; ++i) {
    xml += "<Contents><Key>some/folder/part-" + std::to_string(i) +
           ".parquet</Key><LastModified>2024-05-06T07:08:09.000Z</LastModified>"
           "<ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag><Size>12345</Size>"
           "<StorageClass>STANDARD</StorageClass></Contents>";
  }
  xml += "</ListBucketResult>";
  for (auto _ : state) Require(s3::ParseListPage(xml).status());
  state.SetItemsProcessed(state.iterations() * 1000);
}
BENCHMARK(ListPage);

constexpr int64_t kKeys = 100'000;

// What a listing of 100,000 keys becomes, and the memory it takes.
void Discovery(benchmark::State& state) {
  size_t bytes = 0;
  const auto rules = *source::TableRules::Make({}, formats::FindFormat("parquet"));
  for (auto _ : state) {
    const size_t before = mallinfo2().uordblks;
    source::DiscoveryBuilder builder(rules);
    for (int64_t i = 0; i < kKeys; ++i) builder.Add(Listed(i));
    const source::Discovery discovery = builder.Finish();
    bytes = mallinfo2().uordblks - before;
  }
  state.SetItemsProcessed(state.iterations() * kKeys);
  state.counters["bytes_a_key"] = static_cast<double>(bytes) / kKeys;
}
BENCHMARK(Discovery);

// Which of 50 datasets takes a key, and what it captures.
void MatchDatasets(benchmark::State& state) {
  source::Spec spec;
  for (int i = 0; i < 50; ++i) {
    const std::string folder =
        state.range(0) == 0 ? "raw/t" + std::to_string(i) : "*/t" + std::to_string(i);
    spec.datasets.push_back({.table = "{table}", .match = {folder + "/{table}/dt={dt}/*.parquet"}});
  }
  const auto rules = *source::TableRules::Make(spec, formats::FindFormat("parquet"));
  std::vector<s3::ObjectInfo> objects(10'000);
  for (size_t i = 0; i < objects.size(); ++i) {
    objects[i].key = "raw/t" + std::to_string(i % 50) + "/orders/dt=2024-01-01/part-" +
                     std::to_string(i) + "-c000.snappy.parquet";
  }
  for (auto _ : state) {
    for (const auto& object : objects) benchmark::DoNotOptimize(rules->Classify(object));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(objects.size()));
}
BENCHMARK(MatchDatasets)->ArgName("begin_alike")->Arg(0)->Arg(1);

// A later sync of a table of 100,000 objects, all delivered: what to read, and what to remember.
void Cursor(benchmark::State& state) {
  std::vector<s3::ObjectInfo> objects;
  for (int64_t i = 0; i < kKeys; ++i) objects.push_back(Listed(i));
  std::vector<source::ObjectOutcome> outcomes;
  outcomes.reserve(objects.size());
  for (const auto& object : objects) outcomes.push_back({.object = &object});
  const s3::Timestamp now = objects.back().last_modified + std::chrono::hours(1);
  const auto first = source::TableCursor().Advance({}, now, {}, outcomes);
  for (auto _ : state) {
    const source::TableCursor cursor(first.plain, {first.record});
    for (const auto& object : objects) benchmark::DoNotOptimize(cursor.Decide(object));
    benchmark::DoNotOptimize(cursor.Advance({}, now, {}, outcomes));
  }
  state.SetItemsProcessed(state.iterations() * kKeys);
}
BENCHMARK(Cursor);

}  // namespace
