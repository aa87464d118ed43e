// The S3 source: what CloudQuery asks of a source plugin, done with an object store and a reader of
// objects. Thread-safe as far as cloudquery::Source promises.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cloudquery/log.h"
#include "cloudquery/source.h"
#include "cloudquery/state.h"
#include "s3/object_store.h"
#include "source/connection_check.h"
#include "source/spec/spec.h"

namespace source {

/// Opens the state that a sync's backend options name.
using StateFactory = std::function<arrow::Result<std::unique_ptr<cloudquery::StateStore>>(
    const cloudquery::Backend& backend, std::stop_token stop)>;

class S3Source final : public cloudquery::Source {
 public:
  /// `log` must outlive it. `version`: the plugin's own.
  S3Source(StoreFactory make_store, StateFactory open_state, cloudquery::Logger& log,
           std::string version)
      : make_store_(std::move(make_store)),
        open_state_(std::move(open_state)),
        log_(log),
        version_(std::move(version)) {}

  std::string SpecSchema() const override { return SpecJsonSchema(); }
  arrow::Status Init(const cloudquery::InitRequest& request) override;
  arrow::Result<std::vector<cloudquery::Table>> Tables(const cloudquery::TableFilter& filter,
                                                       std::stop_token stop) override;
  arrow::Status Sync(const cloudquery::SyncRequest& request, cloudquery::RecordSink& sink,
                     std::stop_token stop) override;
  arrow::Result<cloudquery::ConnectionTest> TestConnection(std::string_view spec_json,
                                                           std::stop_token stop) override;
  arrow::Status Close() override;

 private:
  arrow::Result<std::unique_ptr<cloudquery::StateStore>> OpenState(
      const cloudquery::SyncRequest& request, const std::stop_token& stop);

  const StoreFactory make_store_;
  const StateFactory open_state_;
  cloudquery::Logger& log_;
  const std::string version_;
  std::optional<Spec> spec_;  // none: Init came without a spec
};

}  // namespace source
