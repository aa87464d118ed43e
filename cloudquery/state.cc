#include "cloudquery/state.h"

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>

#include "base/error.h"
#include "base/utf8.h"
#include "cloudquery/state/client.h"
#include "cloudquery/state/versioned_cache.h"

namespace cloudquery {
namespace {

// A plugin answers one Read at a time, and another sync may be reading.
constexpr int kReadAttempts = 20;
constexpr std::chrono::milliseconds kReadPause{250};

class RemoteState : public StateStore {
 public:
  RemoteState(Backend backend, StateClient client)
      : backend_(std::move(backend)), client_(std::move(client)) {}

  arrow::Status Load(bool migrate, const std::stop_token& stop) {
    ARROW_RETURN_NOT_OK(client_.CheckVersion(stop));
    if (migrate) ARROW_RETURN_NOT_OK(client_.Migrate(stop));
    return Read(stop);
  }

  arrow::Status Reload(std::stop_token stop) override {
    arrow::Status status = Read(stop);
    for (int attempt = 1; !status.ok() && attempt < kReadAttempts; ++attempt) {
      std::unique_lock lock(mutex_);
      idle_.wait_for(lock, stop, kReadPause, [] { return false; });
      if (stop.stop_requested()) return base::Cancelled();
      lock.unlock();
      status = Read(stop);
    }
    return status;
  }

  arrow::Result<std::vector<uint64_t>> VersionsIn(const std::string& table, std::string_view key,
                                                  std::stop_token stop) override {
    ARROW_ASSIGN_OR_RAISE(const auto client, ClientOf(table));
    std::vector<uint64_t> versions;
    const auto visit = [&](const StateRow& row) {
      if (row.key == key) versions.push_back(row.version);
    };
    ARROW_RETURN_NOT_OK(client->Read(visit, stop));
    return versions;
  }

  std::string Get(std::string_view key) const override {
    const std::lock_guard lock(mutex_);
    return cache_.Get(base::ReplaceInvalidUtf8(key));
  }

  std::vector<std::string> KeysWithPrefix(std::string_view prefix) const override {
    const std::lock_guard lock(mutex_);
    return cache_.KeysWithPrefix(prefix);
  }

  // Destinations refuse all of the state for one byte that is not valid UTF-8.
  void Set(std::string_view key, std::string value) override {
    if (!base::IsValidUtf8(value)) value = base::ReplaceInvalidUtf8(value);
    const std::lock_guard lock(mutex_);
    cache_.Set(base::ReplaceInvalidUtf8(key), std::move(value));
  }

  // Releases the lock while the request runs: Get and Set must not wait for the backend.
  arrow::Status Flush(std::stop_token stop) override {
    std::vector<StateRow> rows;
    {
      std::unique_lock lock(mutex_);
      if (!idle_.wait(lock, stop, [this] { return !flushing_; })) return base::Cancelled();
      rows = cache_.UnsavedRows();
      if (rows.empty()) return arrow::Status::OK();
      flushing_ = true;
    }
    const arrow::Status status = client_.Insert(rows, stop);
    {
      const std::lock_guard lock(mutex_);
      flushing_ = false;
      if (status.ok()) cache_.MarkSaved(rows);
    }
    // Wakes all: a flush that finds nothing to store would not wake the next one.
    idle_.notify_all();
    return status;
  }

 private:
  arrow::Status Read(const std::stop_token& stop) {
    VersionedCache read;
    ARROW_RETURN_NOT_OK(client_.Read([&](StateRow row) { read.Load(std::move(row)); }, stop));
    const std::lock_guard lock(mutex_);
    cache_ = std::move(read);
    return arrow::Status::OK();
  }

  arrow::Result<std::shared_ptr<const StateClient>> ClientOf(const std::string& table) {
    const std::lock_guard lock(mutex_);
    auto& client = others_[table];
    if (client == nullptr) {
      ARROW_ASSIGN_OR_RAISE(auto made, StateClient::Make({table, backend_.connection}));
      client = std::make_shared<const StateClient>(std::move(made));
    }
    return client;
  }

  const Backend backend_;
  const StateClient client_;
  mutable std::mutex mutex_;
  std::condition_variable_any idle_;
  bool flushing_ = false;                                             // guarded by mutex_
  VersionedCache cache_;                                              // guarded by mutex_
  std::map<std::string, std::shared_ptr<const StateClient>> others_;  // guarded by mutex_
};

arrow::Result<std::unique_ptr<StateStore>> Open(const Backend& backend, bool migrate,
                                                const std::stop_token& stop) {
  if (stop.stop_requested()) return base::Cancelled();
  ARROW_ASSIGN_OR_RAISE(StateClient client, StateClient::Make(backend));
  auto state = std::make_unique<RemoteState>(backend, std::move(client));
  ARROW_RETURN_NOT_OK(state->Load(migrate, stop));
  return state;
}

}  // namespace

arrow::Result<std::unique_ptr<StateStore>> OpenState(const Backend& backend, std::stop_token stop) {
  return Open(backend, /*migrate=*/true, stop);
}

arrow::Result<std::unique_ptr<StateStore>> OpenStateToRead(const Backend& backend,
                                                           std::stop_token stop) {
  return Open(backend, /*migrate=*/false, stop);
}

}  // namespace cloudquery
