#include "cloudquery/state.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "arrow/array/array_binary.h"
#include "arrow/array/array_primitive.h"
#include "arrow/array/builder_binary.h"
#include "arrow/array/builder_primitive.h"
#include "arrow/io/memory.h"
#include "arrow/ipc/reader.h"
#include "arrow/record_batch.h"
#include "base/error.h"
#include "base/utf8.h"
#include "cloudquery/ipc/record_encoder.h"
#include "cloudquery/table.h"
#include "discovery.grpc.pb.h"
#include "plugin.grpc.pb.h"

namespace cloudquery {
namespace {

namespace pb = ::cloudquery::plugin::v3;
using base::ErrorKind;

constexpr int kProtocolVersion = 3;

// What plugins send at most (see serve.cc); gRPC's own limit, 4 MiB, is less than one value may be.
constexpr int kMaxMessageBytes = 200 * 1024 * 1024;

// For the first answer. Later calls may take as long as the database does.
constexpr std::chrono::seconds kConnectTimeout{30};

struct Row {
  std::string key;
  std::string value;
  uint64_t version = 0;
};
using RowVisitor = std::function<void(Row)>;

Table StateTableNamed(const std::string& name) {
  return {.name = name,
          .description = "What one sync leaves for the next",
          .columns = {{.field = arrow::field("key", arrow::utf8()), .primary_key = true},
                      {.field = arrow::field("value", arrow::utf8())},
                      {.field = arrow::field("version", arrow::uint64())}}};
}

std::shared_ptr<grpc::Channel> Connect(const std::string& target) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  // http_proxy is meant for the way to S3. gRPC would send even localhost through it.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
}

// The context of one call, which ends early when `stop` is requested.
class Call {
 public:
  explicit Call(std::stop_token stop)
      : cancel_(std::move(stop), [this] { context_.TryCancel(); }) {}

  grpc::ClientContext* context() { return &context_; }

 private:
  grpc::ClientContext context_;
  std::stop_callback<std::function<void()>> cancel_;
};

using TextAt = std::function<std::string_view(int64_t)>;
using NumberAt = std::function<uint64_t(int64_t)>;

template <typename ArrayType>
TextAt TextIn(const arrow::Array& array) {
  return [&texts = static_cast<const ArrayType&>(array)](int64_t row) {
    return texts.IsNull(row) ? std::string_view() : std::string_view(texts.GetView(row));
  };
}

template <typename ArrayType>
NumberAt NumbersIn(const arrow::Array& array) {
  return [&numbers = static_cast<const ArrayType&>(array)](int64_t row) {
    return numbers.IsNull(row) ? uint64_t{0} : static_cast<uint64_t>(numbers.Value(row));
  };
}

arrow::Status WrongType(const char* column, const arrow::Array& array) {
  return base::MakeError(ErrorKind::kCorrupt, std::string("its column ") + column + " is of type " +
                                                  array.type()->ToString());
}

arrow::Result<TextAt> TextColumn(const char* column, const arrow::Array& array) {
  switch (array.type_id()) {
    case arrow::Type::STRING:
      return TextIn<arrow::StringArray>(array);
    case arrow::Type::LARGE_STRING:
      return TextIn<arrow::LargeStringArray>(array);
    case arrow::Type::STRING_VIEW:
      return TextIn<arrow::StringViewArray>(array);
    default:
      return WrongType(column, array);
  }
}

arrow::Result<NumberAt> NumberColumn(const char* column, const arrow::Array& array) {
  switch (array.type_id()) {
    case arrow::Type::UINT64:
      return NumbersIn<arrow::UInt64Array>(array);
    case arrow::Type::INT64:
      return NumbersIn<arrow::Int64Array>(array);
    default:
      return WrongType(column, array);
  }
}

// Goes by position: a database may have its own idea of how a column is written.
arrow::Status VisitBatch(const arrow::RecordBatch& batch, const RowVisitor& visit) {
  if (batch.num_columns() < 3) {
    return base::MakeError(ErrorKind::kCorrupt, "it has " + std::to_string(batch.num_columns()) +
                                                    " columns, not key, value and version");
  }
  ARROW_RETURN_NOT_OK(batch.ValidateFull());
  ARROW_ASSIGN_OR_RAISE(const TextAt keys, TextColumn("key", *batch.column(0)));
  ARROW_ASSIGN_OR_RAISE(const TextAt values, TextColumn("value", *batch.column(1)));
  ARROW_ASSIGN_OR_RAISE(const NumberAt versions, NumberColumn("version", *batch.column(2)));
  for (int64_t row = 0; row < batch.num_rows(); ++row) {
    visit({.key = std::string(keys(row)),
           .value = std::string(values(row)),
           .version = versions(row)});
  }
  return arrow::Status::OK();
}

arrow::Status VisitRecord(const std::string& record, const RowVisitor& visit) {
  auto options = arrow::ipc::IpcReadOptions::Defaults();
  options.use_threads = false;
  ARROW_ASSIGN_OR_RAISE(
      const auto reader,
      arrow::ipc::RecordBatchStreamReader::Open(
          std::make_shared<arrow::io::BufferReader>(std::make_shared<arrow::Buffer>(record)),
          options));
  for (;;) {
    ARROW_ASSIGN_OR_RAISE(const auto batch, reader->Next());
    if (batch == nullptr) return arrow::Status::OK();
    ARROW_RETURN_NOT_OK(VisitBatch(*batch, visit));
  }
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> ToBatch(
    const std::vector<Row>& rows, const std::shared_ptr<arrow::Schema>& schema) {
  arrow::StringBuilder keys, values;
  arrow::UInt64Builder versions;
  for (const Row& row : rows) {
    ARROW_RETURN_NOT_OK(keys.Append(row.key));
    ARROW_RETURN_NOT_OK(values.Append(row.value));
    ARROW_RETURN_NOT_OK(versions.Append(row.version));
  }
  arrow::ArrayVector columns(3);
  ARROW_RETURN_NOT_OK(keys.Finish(&columns[0]));
  ARROW_RETURN_NOT_OK(values.Finish(&columns[1]));
  ARROW_RETURN_NOT_OK(versions.Finish(&columns[2]));
  return arrow::RecordBatch::Make(schema, static_cast<int64_t>(rows.size()), std::move(columns));
}

pb::Write::Request InsertRequest(const EncodedRecord& record) {
  pb::Write::Request request;
  std::string* bytes = request.mutable_insert()->mutable_record();
  bytes->reserve(static_cast<size_t>(record.size_bytes));
  for (const auto& piece : record.pieces) {
    bytes->append(reinterpret_cast<const char*>(piece->data()), static_cast<size_t>(piece->size()));
  }
  return request;
}

// The table at the other plugin. Thread-safe.
class RemoteTable {
 public:
  static arrow::Result<RemoteTable> Make(const Backend& backend);

  arrow::Status CheckVersion(const std::stop_token& stop) const;
  arrow::Status Migrate(const std::stop_token& stop) const;
  arrow::Status Read(const RowVisitor& visit, const std::stop_token& stop) const;
  arrow::Status Insert(const std::vector<Row>& rows, const std::stop_token& stop) const;

 private:
  RemoteTable(Backend backend, RecordEncoder encoder)
      : backend_(std::move(backend)), encoder_(std::move(encoder)) {}

  grpc::Status Write(const std::vector<pb::Write::Request>& requests,
                     const std::stop_token& stop) const;
  arrow::Status Error(ErrorKind kind, const std::string& what) const;
  arrow::Status CallError(const grpc::Status& status, ErrorKind kind, const std::string& what,
                          const std::string& advice, const std::stop_token& stop) const;

  Backend backend_;
  RecordEncoder encoder_;
  std::string schema_bytes_;
  std::unique_ptr<pb::Plugin::Stub> plugin_;
  std::unique_ptr<discovery::v1::Discovery::Stub> discovery_;
};

arrow::Result<RemoteTable> RemoteTable::Make(const Backend& backend) {
  const auto schema = ToArrowSchema(StateTableNamed(backend.table_name));
  ARROW_ASSIGN_OR_RAISE(const auto schema_bytes, EncodeSchema(schema));
  ARROW_ASSIGN_OR_RAISE(auto encoder, RecordEncoder::Make(schema));
  RemoteTable table(backend, std::move(encoder));
  table.schema_bytes_ = schema_bytes->ToString();
  const auto channel = Connect(backend.connection);
  table.plugin_ = pb::Plugin::NewStub(channel);
  table.discovery_ = discovery::v1::Discovery::NewStub(channel);
  return table;
}

arrow::Status RemoteTable::Error(ErrorKind kind, const std::string& what) const {
  return base::MakeError(
      kind, "state table \"" + backend_.table_name + "\" at " + backend_.connection + ": " + what);
}

// A broken connection is never a statement about what the plugin can do.
arrow::Status RemoteTable::CallError(const grpc::Status& status, ErrorKind kind,
                                     const std::string& what, const std::string& advice,
                                     const std::stop_token& stop) const {
  if (stop.stop_requested()) return base::Cancelled();
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE) {
    return Error(ErrorKind::kTransport,
                 "the connection failed: " + status.error_message() +
                     "; check that the plugin runs and that backend_options.connection is right");
  }
  return Error(kind, what + ": " + status.error_message() + "; " + advice);
}

arrow::Status RemoteTable::CheckVersion(const std::stop_token& stop) const {
  Call call(stop);
  call.context()->set_deadline(std::chrono::system_clock::now() + kConnectTimeout);
  discovery::v1::GetVersions::Response response;
  const grpc::Status status = discovery_->GetVersions(call.context(), {}, &response);
  if (!status.ok()) {
    return CallError(status, ErrorKind::kTransport, "the plugin does not tell its protocol version",
                     "check that backend_options.connection is the address of a CloudQuery plugin",
                     stop);
  }
  if (std::ranges::find(response.versions(), kProtocolVersion) == response.versions().end()) {
    return Error(ErrorKind::kUnsupported,
                 "the plugin does not speak version 3 of CloudQuery's plugin protocol; update it, "
                 "or use another destination in backend_options");
  }
  return arrow::Status::OK();
}

grpc::Status RemoteTable::Write(const std::vector<pb::Write::Request>& requests,
                                const std::stop_token& stop) const {
  Call call(stop);
  pb::Write::Response response;
  const auto writer = plugin_->Write(call.context(), &response);
  const bool taken =
      std::ranges::all_of(requests, [&](const auto& request) { return writer->Write(request); });
  writer->WritesDone();
  const grpc::Status status = writer->Finish();
  if (status.ok() && !taken) {
    return {grpc::StatusCode::DATA_LOSS, "the plugin did not take everything"};
  }
  return status;
}

arrow::Status RemoteTable::Migrate(const std::stop_token& stop) const {
  std::vector<pb::Write::Request> requests(1);
  requests[0].mutable_migrate_table()->set_table(schema_bytes_);
  const grpc::Status status = Write(requests, stop);
  if (status.ok()) return arrow::Status::OK();
  const bool no_destination = status.error_code() == grpc::StatusCode::UNIMPLEMENTED;
  return CallError(status, no_destination ? ErrorKind::kUnsupported : ErrorKind::kTransport,
                   "the plugin could not create it",
                   "put that right, or use another destination or table in backend_options", stop);
}

arrow::Status RemoteTable::Read(const RowVisitor& visit, const std::stop_token& stop) const {
  Call call(stop);
  pb::Read::Request request;
  request.set_table(schema_bytes_);
  const auto reader = plugin_->Read(call.context(), request);
  for (pb::Read::Response response; reader->Read(&response);) {
    const arrow::Status visited = VisitRecord(response.record(), visit);
    if (visited.ok()) continue;
    call.context()->TryCancel();
    reader->Finish();
    return Error(ErrorKind::kCorrupt, "what it holds is not state: " + base::MessageOf(visited) +
                                          "; use another table in backend_options");
  }
  const grpc::Status status = reader->Finish();
  if (status.ok()) return arrow::Status::OK();
  return CallError(status, ErrorKind::kUnsupported,
                   "this destination cannot keep state, for reading it back fails",
                   "use another destination in backend_options", stop);
}

arrow::Status RemoteTable::Insert(const std::vector<Row>& rows, const std::stop_token& stop) const {
  ARROW_ASSIGN_OR_RAISE(const auto batch, ToBatch(rows, encoder_.schema()));
  std::vector<pb::Write::Request> requests;
  const RecordLimits limits{.max_rows = std::numeric_limits<int64_t>::max() / 2};
  // All is encoded before anything is sent, so that a value too large leaves no half flush behind.
  const arrow::Status encoded = encoder_.Encode(*batch, limits, [&](const EncodedRecord& record) {
    requests.push_back(InsertRequest(record));
    return arrow::Status::OK();
  });
  if (!encoded.ok()) return Error(base::KindOf(encoded), base::MessageOf(encoded));
  const grpc::Status status = Write(requests, stop);
  if (status.ok()) return arrow::Status::OK();
  return CallError(status, ErrorKind::kTransport, "the destination did not store the state",
                   "the next sync begins with what was stored before", stop);
}

class RemoteState : public StateStore {
 public:
  explicit RemoteState(RemoteTable table) : table_(std::move(table)) {}

  arrow::Status Load(const std::stop_token& stop) {
    ARROW_RETURN_NOT_OK(table_.CheckVersion(stop));
    ARROW_RETURN_NOT_OK(table_.Migrate(stop));
    return table_.Read([this](Row row) { Take(std::move(row)); }, stop);
  }

  std::string Get(std::string_view key) const override {
    const std::lock_guard lock(mutex_);
    const auto entry = entries_.find(base::ReplaceInvalidUtf8(key));
    return entry == entries_.end() ? "" : entry->second.value;
  }

  std::vector<std::string> KeysWithPrefix(std::string_view prefix) const override {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> keys;
    for (auto entry = entries_.lower_bound(prefix);
         entry != entries_.end() && entry->first.starts_with(prefix); ++entry) {
      if (!entry->second.value.empty()) keys.push_back(entry->first);
    }
    return keys;
  }

  // One byte that is not UTF-8 would make the destination refuse all of the state.
  void Set(std::string_view any_key, std::string value) override {
    const std::string key = base::ReplaceInvalidUtf8(any_key);
    if (!base::IsValidUtf8(value)) value = base::ReplaceInvalidUtf8(value);
    const std::lock_guard lock(mutex_);
    auto entry = entries_.find(key);
    if (entry == entries_.end()) {
      if (value.empty()) return;
      entry = entries_.try_emplace(key).first;
    } else if (entry->second.value == value) {
      return;
    }
    entry->second.value = std::move(value);
    ++entry->second.version;
  }

  // Not under the lock while the request runs: Get and Set must not wait for the backend.
  arrow::Status Flush(std::stop_token stop) override {
    std::vector<Row> rows;
    {
      std::unique_lock lock(mutex_);
      if (!idle_.wait(lock, stop, [this] { return !flushing_; })) return base::Cancelled();
      rows = Unstored();
      if (rows.empty()) return arrow::Status::OK();
      flushing_ = true;
    }
    const arrow::Status status = table_.Insert(rows, stop);
    {
      const std::lock_guard lock(mutex_);
      flushing_ = false;
      if (status.ok()) {
        for (const Row& row : rows) entries_.at(row.key).stored_version = row.version;
      }
    }
    // All: one that finds nothing left to store would wake nobody else.
    idle_.notify_all();
    return status;
  }

 private:
  struct Entry {
    std::string value;
    uint64_t version = 0;
    // Behind `version` when a value waits for Flush.
    uint64_t stored_version = 0;
  };

  void Take(Row row) {
    const std::lock_guard lock(mutex_);
    const auto [entry, added] = entries_.try_emplace(std::move(row.key));
    if (!added && row.version < entry->second.version) return;
    entry->second = {
        .value = std::move(row.value), .version = row.version, .stored_version = row.version};
  }

  std::vector<Row> Unstored() const {
    std::vector<Row> rows;
    for (const auto& [key, entry] : entries_) {
      if (entry.version == entry.stored_version) continue;
      rows.push_back({.key = key, .value = entry.value, .version = entry.version});
    }
    return rows;
  }

  const RemoteTable table_;
  mutable std::mutex mutex_;
  std::condition_variable_any idle_;
  bool flushing_ = false;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace

arrow::Result<std::unique_ptr<StateStore>> OpenState(const Backend& backend, std::stop_token stop) {
  if (stop.stop_requested()) return base::Cancelled();
  ARROW_ASSIGN_OR_RAISE(RemoteTable table, RemoteTable::Make(backend));
  auto state = std::make_unique<RemoteState>(std::move(table));
  ARROW_RETURN_NOT_OK(state->Load(stop));
  return state;
}

}  // namespace cloudquery
