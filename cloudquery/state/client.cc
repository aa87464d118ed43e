#include "cloudquery/state/client.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <utility>

#include "cloudquery/table.h"

namespace cloudquery {
namespace {

namespace pb = ::cloudquery::plugin::v3;
using base::ErrorKind;

constexpr int kProtocolVersion = 3;

// Plugins send no larger message (see server/serve.cc). gRPC's own limit of 4 MiB is less than one
// value may take.
constexpr int kMaxMessageBytes = 200 * 1024 * 1024;

// For the first answer. Later calls may take as long as the database does.
constexpr std::chrono::seconds kConnectTimeout{30};

std::shared_ptr<grpc::Channel> Connect(const std::string& target) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  // http_proxy is for requests to S3. Without this, gRPC would send even localhost through it.
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

pb::Write::Request InsertRequest(const EncodedRecord& record) {
  pb::Write::Request request;
  std::string* bytes = request.mutable_insert()->mutable_record();
  bytes->reserve(static_cast<size_t>(record.size_bytes));
  for (const auto& piece : record.pieces) {
    bytes->append(reinterpret_cast<const char*>(piece->data()), static_cast<size_t>(piece->size()));
  }
  return request;
}

}  // namespace

arrow::Result<StateClient> StateClient::Make(const Backend& backend) {
  const auto schema = ToArrowSchema(StateTable(backend.table_name));
  ARROW_ASSIGN_OR_RAISE(const auto schema_bytes, EncodeSchema(schema));
  ARROW_ASSIGN_OR_RAISE(auto encoder, RecordEncoder::Make(schema));
  StateClient client(backend, schema, std::move(encoder));
  client.schema_bytes_ = schema_bytes->ToString();
  const auto channel = Connect(backend.connection);
  client.plugin_ = pb::Plugin::NewStub(channel);
  client.discovery_ = discovery::v1::Discovery::NewStub(channel);
  return client;
}

arrow::Status StateClient::Error(ErrorKind kind, const std::string& what) const {
  return base::MakeError(
      kind, "state table \"" + backend_.table_name + "\" at " + backend_.connection + ": " + what);
}

// A broken connection says nothing about what the plugin can do, whatever the call.
arrow::Status StateClient::CallError(const grpc::Status& status, ErrorKind kind,
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

arrow::Status StateClient::CheckVersion(const std::stop_token& stop) const {
  Call call(stop);
  call.context()->set_deadline(std::chrono::system_clock::now() + kConnectTimeout);
  discovery::v1::GetVersions::Response response;
  const grpc::Status status = discovery_->GetVersions(call.context(), {}, &response);
  if (!status.ok()) {
    return CallError(status, ErrorKind::kTransport, "the plugin does not answer GetVersions",
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

grpc::Status StateClient::Write(const std::vector<pb::Write::Request>& requests,
                                const std::stop_token& stop) const {
  Call call(stop);
  pb::Write::Response response;
  const auto writer = plugin_->Write(call.context(), &response);
  const bool taken =
      std::ranges::all_of(requests, [&](const auto& request) { return writer->Write(request); });
  writer->WritesDone();
  const grpc::Status status = writer->Finish();
  if (status.ok() && !taken) {
    return {grpc::StatusCode::DATA_LOSS, "the plugin did not read all messages"};
  }
  return status;
}

arrow::Status StateClient::Migrate(const std::stop_token& stop) const {
  std::vector<pb::Write::Request> requests(1);
  requests[0].mutable_migrate_table()->set_table(schema_bytes_);
  const grpc::Status status = Write(requests, stop);
  if (status.ok()) return arrow::Status::OK();
  const bool no_destination = status.error_code() == grpc::StatusCode::UNIMPLEMENTED;
  return CallError(status, no_destination ? ErrorKind::kUnsupported : ErrorKind::kTransport,
                   "the plugin could not create the table",
                   "fix this, or use another destination or table in backend_options", stop);
}

arrow::Status StateClient::Read(const StateRowVisitor& visit, const std::stop_token& stop) const {
  Call call(stop);
  pb::Read::Request request;
  request.set_table(schema_bytes_);
  const auto reader = plugin_->Read(call.context(), request);
  for (pb::Read::Response response; reader->Read(&response);) {
    const arrow::Status visited = VisitStateRows(response.record(), visit);
    if (visited.ok()) continue;
    call.context()->TryCancel();
    reader->Finish();
    return Error(ErrorKind::kCorrupt, "its rows are not sync state: " + base::MessageOf(visited) +
                                          "; use another table in backend_options");
  }
  const grpc::Status status = reader->Finish();
  if (status.ok()) return arrow::Status::OK();
  return CallError(status, ErrorKind::kUnsupported,
                   "this destination cannot keep state: it failed to read the table back",
                   "use another destination in backend_options", stop);
}

arrow::Status StateClient::Insert(const std::vector<StateRow>& rows,
                                  const std::stop_token& stop) const {
  ARROW_ASSIGN_OR_RAISE(const auto batch, EncodeStateRows(rows, schema_));
  std::vector<pb::Write::Request> requests;
  const RecordLimits limits{.max_rows = std::numeric_limits<int64_t>::max() / 2};
  // All is encoded before anything is sent, so that a value that is too large does not leave half a
  // flush behind.
  const arrow::Status encoded = encoder_.Encode(*batch, limits, [&](const EncodedRecord& record) {
    requests.push_back(InsertRequest(record));
    return arrow::Status::OK();
  });
  if (!encoded.ok()) return Error(base::KindOf(encoded), base::MessageOf(encoded));
  const grpc::Status status = Write(requests, stop);
  if (status.ok()) return arrow::Status::OK();
  return CallError(status, ErrorKind::kTransport, "the destination did not store the state",
                   "the next sync starts from the state that was stored before", stop);
}

}  // namespace cloudquery
