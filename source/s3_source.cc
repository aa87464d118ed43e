#include "source/s3_source.h"

#include <utility>

#include "base/error.h"
#include "source/sync.h"

namespace source {
namespace {

// What the sync's own options rule out, before any work.
arrow::Status CheckRequest(const cloudquery::SyncRequest& request) {
  if (request.backend &&
      request.backend->table_name.empty() != request.backend->connection.empty()) {
    return base::MakeError(
        base::ErrorKind::kConfig,
        "backend_options: table_name and connection must both be set, or neither");
  }
  if (request.shard && (request.shard->num < 1 || request.shard->num > request.shard->total)) {
    return base::MakeError(base::ErrorKind::kConfig,
                           "shard " + std::to_string(request.shard->num) + " of " +
                               std::to_string(request.shard->total) + " does not exist");
  }
  return arrow::Status::OK();
}

// Whether the sync keeps state: the block is there and not empty.
bool HasBackend(const cloudquery::SyncRequest& request) {
  return request.backend && !request.backend->table_name.empty();
}

}  // namespace

arrow::Status S3Source::Init(const cloudquery::InitRequest& request) {
  spec_.reset();
  if (IsEmptySpec(request.spec_json)) return arrow::Status::OK();
  ARROW_ASSIGN_OR_RAISE(spec_, ParseSpec(request.spec_json));
  return arrow::Status::OK();
}

arrow::Status S3Source::Close() {
  spec_.reset();
  return arrow::Status::OK();
}

arrow::Result<std::vector<cloudquery::Table>> S3Source::Tables(
    const cloudquery::TableFilter& filter, std::stop_token stop) {
  if (!spec_) return std::vector<cloudquery::Table>{};
  ARROW_ASSIGN_OR_RAISE(SyncOptions options, SyncOptionsOf(*spec_, version_));
  ARROW_ASSIGN_OR_RAISE(auto store, make_store_(*spec_));
  return SyncRun(std::move(options), std::move(store), log_).Tables(filter, std::move(stop));
}

arrow::Result<std::unique_ptr<cloudquery::StateStore>> S3Source::OpenState(
    const cloudquery::SyncRequest& request, const std::stop_token& stop) {
  if (!HasBackend(request)) return nullptr;
  return open_state_(*request.backend, stop);
}

arrow::Status S3Source::Sync(const cloudquery::SyncRequest& request, cloudquery::RecordSink& sink,
                             std::stop_token stop) {
  // An empty spec is what Init alone must put up with.
  if (!spec_) return ParseSpec("{}").status();
  ARROW_RETURN_NOT_OK(CheckRequest(request));
  for (const std::string& warning : WarningsOf(*spec_)) log_.Warn(warning);
  ARROW_ASSIGN_OR_RAISE(SyncOptions options, SyncOptionsOf(*spec_, version_));
  ARROW_ASSIGN_OR_RAISE(const auto state, OpenState(request, stop));
  ARROW_ASSIGN_OR_RAISE(auto store, make_store_(*spec_));
  return SyncRun(std::move(options), std::move(store), log_)
      .Run(request, state.get(), sink, std::move(stop));
}

arrow::Result<cloudquery::ConnectionTest> S3Source::TestConnection(std::string_view spec_json,
                                                                   std::stop_token stop) {
  return TestSpec(spec_json, make_store_, stop);
}

}  // namespace source
