// A whole sync but for the network: objects in memory are planned, decoded, given ids and encoded
// by one or more CPU threads, and the records dropped. Nothing else takes time from these threads,
// neither a client nor a server on the same machine.
#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <shared_mutex>
#include <string>

#include "arrow/array/builder_binary.h"
#include "arrow/array/builder_primitive.h"
#include "arrow/io/memory.h"
#include "arrow/table.h"
#include "cloudquery/ipc/record_encoder.h"
#include "formats/format.h"
#include "parquet/arrow/writer.h"
#include "s3/memory_store.h"
#include "source/sync.h"

namespace {

constexpr int64_t kObjects = 4;
constexpr int64_t kRowsPerObject = 1'000'000;
constexpr int64_t kRowsPerGroup = 250'000;

void Require(const arrow::Status& status) {
  if (!status.ok()) std::abort();
}

// Five columns as in the data set "narrow" of bench/data_sets.py.
std::shared_ptr<arrow::Buffer> Narrow(unsigned seed) {
  std::mt19937_64 random(seed);
  arrow::Int64Builder ids, counts, times;
  arrow::DoubleBuilder amounts;
  arrow::StringBuilder kinds;
  for (int64_t i = 0; i < kRowsPerObject; ++i) {
    Require(ids.Append(i));
    Require(amounts.Append(std::normal_distribution<double>()(random)));
    Require(counts.Append(static_cast<int64_t>(random() % 1000)));
    Require(times.Append(1'600'000'000'000'000 + static_cast<int64_t>(random() % (1ULL << 46))));
    constexpr const char* kKinds[] = {"red", "green", "blue", "yellow"};
    Require(kinds.Append(kKinds[random() % 4]));
  }
  const auto schema =
      arrow::schema({arrow::field("id", arrow::int64()), arrow::field("amount", arrow::float64()),
                     arrow::field("count", arrow::int64()), arrow::field("at", arrow::int64()),
                     arrow::field("kind", arrow::utf8())});
  const auto table = arrow::Table::Make(schema, {*ids.Finish(), *amounts.Finish(), *counts.Finish(),
                                                 *times.Finish(), *kinds.Finish()});
  auto out = *arrow::io::BufferOutputStream::Create();
  Require(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), out, kRowsPerGroup));
  return *out->Finish();
}

class DroppingSink final : public cloudquery::RecordSink {
 public:
  arrow::Status Migrate(const cloudquery::Table& table) override {
    ARROW_ASSIGN_OR_RAISE(auto encoder,
                          cloudquery::RecordEncoder::Make(ToArrowSchema(table), memory_));
    const std::unique_lock lock(mutex_);
    encoders_.insert_or_assign(table.name, std::move(encoder));
    return arrow::Status::OK();
  }
  arrow::Status MigrateAgain(std::string_view) override { return arrow::Status::OK(); }
  arrow::Status Insert(std::string_view table, const arrow::RecordBatch& batch,
                       int64_t max_rows) override {
    rows += batch.num_rows();
    const std::shared_lock lock(mutex_);
    return encoders_.find(table)->second.Encode(batch, {.max_rows = max_rows},
                                                [](const cloudquery::EncodedRecord& record) {
                                                  benchmark::DoNotOptimize(record.size_bytes);
                                                  return arrow::Status::OK();
                                                });
  }
  arrow::Status Drain() override { return arrow::Status::OK(); }
  arrow::Status Error(std::string_view, std::string_view) override { std::abort(); }

  std::atomic<int64_t> rows = 0;

 private:
  const std::shared_ptr<cloudquery::ChunkPool> memory_ = cloudquery::ChunkPool::Make();
  std::shared_mutex mutex_;
  std::map<std::string, cloudquery::RecordEncoder, std::less<>> encoders_;
};

std::shared_ptr<s3::MemoryStore> Store() {
  static const auto store = [] {
    auto made = std::make_shared<s3::MemoryStore>();
    for (unsigned i = 0; i < kObjects; ++i) {
      made->Put("narrow/" + std::to_string(i) + ".parquet", Narrow(i), s3::Timestamp{});
    }
    return made;
  }();
  return store;
}

void Pipeline(benchmark::State& state) {
  const auto store = Store();
  const auto cpu_threads = static_cast<size_t>(state.range(0));
  cloudquery::Logger log("bench", cloudquery::LogLevel::kError, cloudquery::LogFormat::kJson);
  const source::SyncOptions options{
      .rules = *source::TableRules::Make({}, formats::FindFormat("parquet")),
      .bucket = "bench",
      .rows_per_record = state.range(1),
      .io_threads = 8,
      .cpu_threads = cpu_threads};
  for (auto _ : state) {
    DroppingSink sink;
    Require(source::SyncRun(options, store, log).Run({}, /*state=*/nullptr, sink, {}));
    if (sink.rows != kObjects * kRowsPerObject) std::abort();
  }
  state.SetItemsProcessed(state.iterations() * kObjects * kRowsPerObject);
}
BENCHMARK(Pipeline)
    ->ArgNames({"cpu_threads", "rows"})
    ->ArgsProduct({{1, 2}, {500, 10'000}})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
