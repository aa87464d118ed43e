// The gRPC services of a source plugin: cloudquery.plugin.v3 and cloudquery.discovery.v1.
// Thread-safe.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "cloudquery/log.h"
#include "cloudquery/server/sync_call.h"
#include "cloudquery/source.h"
#include "discovery.grpc.pb.h"
#include "plugin.grpc.pb.h"

namespace cloudquery {

class DiscoveryService final : public discovery::v1::Discovery::Service {
 public:
  grpc::Status GetVersions(grpc::ServerContext* context,
                           const discovery::v1::GetVersions::Request* request,
                           discovery::v1::GetVersions::Response* response) override;
};

/// Init, GetTables, Sync and Close run one at a time; a call that comes meanwhile is refused. An
/// exception of the source becomes the status of its call. Only Sync is served raw, so that records
/// reach the stream without being copied into a protobuf message.
class PluginService final
    : public plugin::v3::Plugin::WithRawCallbackMethod_Sync<plugin::v3::Plugin::Service> {
 public:
  /// All three must outlive the service.
  PluginService(Source& source, const PluginInfo& info, Logger& log)
      : source_(source), info_(info), log_(log) {}

  /// Cancels running calls.
  void Stop();

  grpc::Status GetName(grpc::ServerContext* context, const plugin::v3::GetName::Request* request,
                       plugin::v3::GetName::Response* response) override;
  grpc::Status GetVersion(grpc::ServerContext* context,
                          const plugin::v3::GetVersion::Request* request,
                          plugin::v3::GetVersion::Response* response) override;
  grpc::Status GetSpecSchema(grpc::ServerContext* context,
                             const plugin::v3::GetSpecSchema::Request* request,
                             plugin::v3::GetSpecSchema::Response* response) override;
  grpc::Status Init(grpc::ServerContext* context, const plugin::v3::Init::Request* request,
                    plugin::v3::Init::Response* response) override;
  grpc::Status GetTables(grpc::ServerContext* context,
                         const plugin::v3::GetTables::Request* request,
                         plugin::v3::GetTables::Response* response) override;
  grpc::Status Close(grpc::ServerContext* context, const plugin::v3::Close::Request* request,
                     plugin::v3::Close::Response* response) override;
  grpc::Status TestConnection(grpc::ServerContext* context,
                              const plugin::v3::TestConnection::Request* request,
                              plugin::v3::TestConnection::Response* response) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Sync(grpc::CallbackServerContext* context,
                                                   const grpc::ByteBuffer* request) override;

 private:
  /// Takes the plugin for one call, unless another call has it. `needs_init`: fails before a
  /// successful Init.
  grpc::Status Acquire(bool needs_init, grpc::StatusCode code);
  void Release();
  /// Starts the source on a thread of its own. The plugin must be acquired; the call releases it at
  /// its end.
  arrow::Result<SyncCall*> StartSync(const plugin::v3::Sync::Request& request);

  Source& source_;
  const PluginInfo& info_;
  Logger& log_;

  std::stop_source stop_;
  std::mutex mutex_;
  bool busy_ = false;         // guarded by mutex_
  bool initialised_ = false;  // guarded by mutex_
  std::jthread sync_thread_;  // assigned only by the call that set busy_
};

}  // namespace cloudquery
