// The object store that speaks HTTP to S3 and to compatible services.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "arrow/result.h"
#include "s3/object_store.h"
#include "s3/request_sender.h"
#include "s3/s3_options.h"

namespace s3 {

/// Thread-safe. Each call holds one connection. A body that breaks off is resumed at that byte if
/// the Get names an ETag. A bucket in another region is read there, see BucketEndpoint. How
/// requests are retried, and when credentials are renewed: see RequestSender.
class S3Store final : public ObjectStore {
 public:
  /// kConfig if the options cannot be used. Contacts no server.
  [[nodiscard]] static arrow::Result<std::shared_ptr<S3Store>> Make(S3Options options);

  std::string Name() const override { return name_; }
  arrow::Result<ListPage> List(const ListRequest& request, std::stop_token stop) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> Get(const GetRequest& request,
                                                    std::stop_token stop) override;
  arrow::Result<std::optional<Checksum>> StoredChecksum(const std::string& key,
                                                        const std::string& etag,
                                                        std::stop_token stop) override;

  const S3Stats& stats() const { return sender_->stats(); }

 private:
  S3Store(std::string name, std::unique_ptr<RequestSender> sender)
      : name_(std::move(name)), sender_(std::move(sender)) {}

  /// One page, with or without asking for each object's RestoreStatus.
  arrow::Result<ListPage> ListOnce(const ListRequest& request, bool ask_restore_status,
                                   const std::stop_token& stop);
  /// A call for the object `key`.
  Call ObjectCall(const std::string& verb, const std::string& key, std::atomic<int64_t>& counter,
                  const std::stop_token& stop);
  /// A failed read of an object. It stays kNotFound only if a new listing does not show the key.
  arrow::Status ConfirmGone(const arrow::Status& failure, const Operation& operation,
                            const std::stop_token& stop);

  const std::string name_;
  const std::unique_ptr<RequestSender> sender_;
  /// False once the service has refused a listing because it asked for RestoreStatus.
  std::atomic<bool> asks_restore_status_ = true;
};

}  // namespace s3
