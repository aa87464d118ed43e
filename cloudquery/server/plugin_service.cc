#include "cloudquery/server/plugin_service.h"

#include <google/protobuf/repeated_ptr_field.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <memory>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/exceptions.h"
#include "base/thread.h"
#include "cloudquery/ipc/record_encoder.h"
#include "cloudquery/server/outgoing.h"
#include "cloudquery/server/send_buffers.h"

namespace cloudquery {
namespace {

namespace pb = ::cloudquery::plugin::v3;

constexpr char kBusy[] = "plugin already in use";

template <typename Request>
TableFilter FilterOf(const Request& request) {
  return TableFilter{.tables = {request.tables().begin(), request.tables().end()},
                     .skip_tables = {request.skip_tables().begin(), request.skip_tables().end()},
                     .skip_dependent_tables = request.skip_dependent_tables()};
}

SyncRequest ToSyncRequest(const pb::Sync::Request& request) {
  SyncRequest sync{.filter = FilterOf(request),
                   .deterministic_cq_id = request.deterministic_cq_id()};
  if (request.has_backend()) {
    sync.backend = Backend{.table_name = request.backend().table_name(),
                           .connection = request.backend().connection()};
  }
  if (request.has_shard()) {
    sync.shard = Shard{.num = request.shard().num(), .total = request.shard().total()};
  }
  return sync;
}

// The reactor of a Sync that is refused.
class Refusal final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  explicit Refusal(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

// Requests a stop when the client cancels or the server shuts down. gRPC's synchronous calls report
// a cancellation only when asked, so a thread asks. If the system refuses the thread, a
// cancellation goes unnoticed.
class CallStop {
 public:
  CallStop(grpc::ServerContext* context, std::stop_token server)
      : on_shutdown_(std::move(server), [this] { stop_.request_stop(); }),
        watcher_(base::TryStartThread([this, context](const std::stop_token& done) {
          while (!done.stop_requested() && !stop_.stop_requested() && !context->IsCancelled()) {
            std::unique_lock lock(mutex_);
            wake_.wait_for(lock, done, std::chrono::milliseconds(100), [] { return false; });
          }
          stop_.request_stop();
        })) {}
  std::stop_token token() { return stop_.get_token(); }

 private:
  std::stop_source stop_;
  const std::stop_callback<std::function<void()>> on_shutdown_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread watcher_;
};

arrow::Status AnswerTables(const std::vector<Table>& tables, pb::GetTables::Response* response) {
  for (const Table& table : tables) {
    ARROW_ASSIGN_OR_RAISE(const auto encoded, EncodeSchema(ToArrowSchema(table)));
    response->add_tables(encoded->data(), static_cast<size_t>(encoded->size()));
  }
  return arrow::Status::OK();
}

}  // namespace

grpc::Status DiscoveryService::GetVersions(grpc::ServerContext*,
                                           const discovery::v1::GetVersions::Request*,
                                           discovery::v1::GetVersions::Response* response) {
  response->add_versions(3);
  return grpc::Status::OK;
}

void PluginService::Stop() { stop_.request_stop(); }

grpc::Status PluginService::Acquire(bool needs_init, grpc::StatusCode code) {
  const std::lock_guard lock(mutex_);
  if (busy_) return grpc::Status(code, kBusy);
  if (needs_init && !initialised_) {
    return grpc::Status(grpc::StatusCode::FAILED_PRECONDITION,
                        "the plugin is not initialized; call Init first");
  }
  busy_ = true;
  return grpc::Status::OK;
}

void PluginService::Release() {
  const std::lock_guard lock(mutex_);
  busy_ = false;
}

grpc::Status PluginService::GetName(grpc::ServerContext*, const pb::GetName::Request*,
                                    pb::GetName::Response* response) {
  response->set_name(info_.name);
  return grpc::Status::OK;
}

grpc::Status PluginService::GetVersion(grpc::ServerContext*, const pb::GetVersion::Request*,
                                       pb::GetVersion::Response* response) {
  response->set_version(info_.version);
  return grpc::Status::OK;
}

grpc::Status PluginService::GetSpecSchema(grpc::ServerContext*, const pb::GetSpecSchema::Request*,
                                          pb::GetSpecSchema::Response* response) {
  const arrow::Status status = base::CatchExceptions([&] {
    response->set_json_schema(source_.SpecSchema());
    return arrow::Status::OK();
  });
  return ToGrpcStatus(status, grpc::StatusCode::INTERNAL);
}

grpc::Status PluginService::Init(grpc::ServerContext*, const pb::Init::Request* request,
                                 pb::Init::Response*) {
  if (auto refused = Acquire(/*needs_init=*/false, grpc::StatusCode::INTERNAL); !refused.ok()) {
    return refused;
  }
  const arrow::Status status = base::CatchExceptions([&] {
    log_.SetInvocationId(request->invocation_id());
    return source_.Init({.spec_json = request->spec(),
                         .no_connection = request->no_connection(),
                         .invocation_id = request->invocation_id()});
  });
  const std::lock_guard lock(mutex_);
  initialised_ = status.ok();
  busy_ = false;
  return ToGrpcStatus(status, grpc::StatusCode::INTERNAL);
}

grpc::Status PluginService::GetTables(grpc::ServerContext* context,
                                      const pb::GetTables::Request* request,
                                      pb::GetTables::Response* response) {
  if (auto refused = Acquire(/*needs_init=*/true, grpc::StatusCode::INTERNAL); !refused.ok()) {
    return refused;
  }
  const arrow::Status status = base::CatchExceptions([&]() -> arrow::Status {
    CallStop stop(context, stop_.get_token());
    ARROW_ASSIGN_OR_RAISE(const auto tables, source_.Tables(FilterOf(*request), stop.token()));
    return AnswerTables(tables, response);
  });
  Release();
  return ToGrpcStatus(status, grpc::StatusCode::INTERNAL);
}

grpc::Status PluginService::Close(grpc::ServerContext*, const pb::Close::Request*,
                                  pb::Close::Response*) {
  if (auto refused = Acquire(/*needs_init=*/false, grpc::StatusCode::UNKNOWN); !refused.ok()) {
    return refused;
  }
  const arrow::Status status = base::CatchExceptions([&] { return source_.Close(); });
  const std::lock_guard lock(mutex_);
  initialised_ = false;
  busy_ = false;
  return ToGrpcStatus(status, grpc::StatusCode::UNKNOWN);
}

grpc::Status PluginService::TestConnection(grpc::ServerContext* context,
                                           const pb::TestConnection::Request* request,
                                           pb::TestConnection::Response* response) {
  const arrow::Status status = base::CatchExceptions([&]() -> arrow::Status {
    CallStop stop(context, stop_.get_token());
    ARROW_ASSIGN_OR_RAISE(const ConnectionTest test,
                          source_.TestConnection(request->spec(), stop.token()));
    response->set_success(test.success);
    response->set_failure_code(OutgoingText(test.failure_code));
    response->set_failure_description(OutgoingText(test.failure_description));
    return arrow::Status::OK();
  });
  return ToGrpcStatus(status, grpc::StatusCode::UNKNOWN);
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* PluginService::Sync(grpc::CallbackServerContext*,
                                                                const grpc::ByteBuffer* request) {
  grpc::ByteBuffer bytes(*request);
  pb::Sync::Request parsed;
  const auto malformed = grpc::SerializationTraits<pb::Sync::Request>::Deserialize(&bytes, &parsed);
  if (!malformed.ok()) return new Refusal(malformed);  // gRPC's reactors own themselves
  if (auto refused = Acquire(/*needs_init=*/true, grpc::StatusCode::UNKNOWN); !refused.ok()) {
    return new Refusal(refused);
  }
  const auto started = base::CatchExceptions([&] { return StartSync(parsed); });
  if (started.ok()) return *started;
  Release();
  return new Refusal(ToGrpcStatus(started.status(), grpc::StatusCode::UNKNOWN));
}

arrow::Result<SyncCall*> PluginService::StartSync(const pb::Sync::Request& request) {
  auto call = SyncCall::Make(request.witherrormessages(), [this] { Release(); });
  auto thread =
      base::TryStartThread([this, call, sync = ToSyncRequest(request)](const std::stop_token&) {
        const std::stop_callback on_stop(stop_.get_token(), [&] { call->RequestStop(); });
        WidenSendBuffers();
        call->Run(source_, sync);
      });
  if (!thread.joinable()) {
    call->Abandon();
    return base::MakeError(base::ErrorKind::kLimit,
                           "cannot start a thread for the sync: the system refused it; raise the "
                           "plugin's limit of processes or memory");
  }
  sync_thread_ = std::move(thread);
  return call.get();
}

}  // namespace cloudquery
