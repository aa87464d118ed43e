// An object store that sends a request a second time if its response is much later than that of
// similar requests: a lost request, or a slow server, then does not delay the sync. The technique
// is described in "The Tail at Scale", https://research.google/pubs/the-tail-at-scale/
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>

#include "s3/object_store.h"

namespace s3 {

struct HedgeOptions {
  /// A Get is late if it takes this many times as long as the median of Gets of its size...
  int median_factor = 4;
  /// ...and longer than this.
  std::chrono::milliseconds min_delay = std::chrono::milliseconds(500);
  /// Number of Gets of a size that must have ended before one can be late; at most kRemembered.
  int min_peers = 20;
  /// There is at most one second request for this many Gets.
  int gets_per_hedge = 20;
};

/// Thread-safe. At most one second request is in flight at a time, so they need the memory of one
/// range. The first successful response is used and the other request is cancelled; if the first
/// request fails, its error is returned. A Get with a fresh connection is not sent a second time.
/// If the system refuses the thread that watches, no request is.
class HedgedStore final : public ObjectStore {
 public:
  explicit HedgedStore(std::shared_ptr<ObjectStore> store, HedgeOptions options = {});
  ~HedgedStore() override;

  std::string Name() const override { return store_->Name(); }
  arrow::Result<ListPage> List(const ListRequest& request, std::stop_token stop) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> Get(const GetRequest& request,
                                                    std::stop_token stop) override;
  arrow::Result<std::optional<Checksum>> StoredChecksum(const std::string& key,
                                                        const std::string& etag,
                                                        std::stop_token stop) override;

  /// Second requests so far.
  int64_t hedges() const;

 private:
  using Clock = std::chrono::steady_clock;
  using Answer = arrow::Result<std::shared_ptr<arrow::Buffer>>;

  static constexpr size_t kRemembered = 64;

  /// How long the last Gets of similar size took.
  class Peers {
   public:
    void Add(Clock::duration duration);
    int count() const { return static_cast<int>(std::min(total_, kRemembered)); }
    /// There must be at least one.
    Clock::duration Median() const;

   private:
    std::array<Clock::duration, kRemembered> durations_{};
    size_t total_ = 0;
  };

  /// A Get in flight. Guarded by mutex_ except `request` and `start`.
  struct Flight {
    const GetRequest& request;
    const Clock::time_point start;
    std::stop_source first;
    std::stop_source second;
    bool asked_again = false;
    /// The result of the second request, if it was first.
    std::shared_ptr<arrow::Buffer> answer;
  };

  void Watch(const std::stop_token& stop);
  /// A Get that is late and may be sent again; null if there is none. mutex_ is held.
  std::shared_ptr<Flight> FindLate();
  /// `lock` holds mutex_, and releases it during the request.
  void AskAgain(Flight& flight, std::unique_lock<std::mutex>& lock);
  Peers& PeersOf(const GetRequest& request);

  const std::shared_ptr<ObjectStore> store_;
  const HedgeOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable_any begun_;           // a Get, for the watcher
  std::condition_variable_any hedge_over_;      // for the Get that was asked again
  std::list<std::shared_ptr<Flight>> flights_;  // guarded by mutex_
  std::array<Peers, 64> peers_;                 // guarded by mutex_; by the size's logarithm
  int64_t gets_ = 0;                            // guarded by mutex_
  int64_t hedges_ = 0;                          // guarded by mutex_
  const Flight* hedged_ = nullptr;              // guarded by mutex_: the one asked again now
  std::jthread watcher_;
};

}  // namespace s3
