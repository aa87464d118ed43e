// An object store that asks a second time for a range that is much later than its peers: a request
// that got lost, or met a slow machine, then delays nobody. The technique is that of "The Tail at
// Scale", https://research.google/pubs/the-tail-at-scale/
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
  /// A Get is late when it takes this many times as long as the median of those of its size...
  int median_factor = 4;
  /// ...and longer than this.
  std::chrono::milliseconds least = std::chrono::milliseconds(500);
  /// Gets of a size that must have been seen before one can be late; at most kRemembered.
  int least_peers = 20;
  /// One second request for so many first ones.
  int gets_per_hedge = 20;
};

/// Thread-safe. At most one second request is in flight at a time, so the memory that it takes is
/// that of one range. The first answer wins and the other request is cancelled; a first request
/// that fails is not saved by a second one. A Get that wants a fresh connection is not asked again.
class HedgedStore final : public ObjectStore {
 public:
  explicit HedgedStore(std::shared_ptr<ObjectStore> store, HedgeOptions options = {});
  ~HedgedStore() override;

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

  /// How long the last Gets of about one size took.
  class Peers {
   public:
    void Add(Clock::duration duration);
    int count() const { return static_cast<int>(std::min(total_, kRemembered)); }
    /// Of at least one.
    Clock::duration Median() const;

   private:
    std::array<Clock::duration, kRemembered> durations_{};
    size_t total_ = 0;
  };

  /// A Get under way. Guarded by mutex_ but for `request` and `start`.
  struct Flight {
    const GetRequest& request;
    const Clock::time_point start;
    std::stop_source first;
    std::stop_source second;
    bool asked_again = false;
    /// What the second request gave, when it came first.
    std::shared_ptr<arrow::Buffer> answer;
  };

  void Watch(const std::stop_token& stop);
  /// A Get that is late and may be asked again; null when there is none. mutex_ is held.
  std::shared_ptr<Flight> FindLate();
  /// `lock` is on mutex_, and let go meanwhile.
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
