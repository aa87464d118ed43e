#include "s3/hedged_store.h"

#include <algorithm>
#include <bit>
#include <utility>
#include <vector>

#include "base/thread.h"

namespace s3 {
namespace {

/// How often to look for late Gets while there are Gets in flight.
constexpr int kChecksPerMinDelay = 4;

}  // namespace

void HedgedStore::Peers::Add(Clock::duration duration) {
  durations_[total_++ % kRemembered] = duration;
}

HedgedStore::Clock::duration HedgedStore::Peers::Median() const {
  std::vector<Clock::duration> sorted(durations_.begin(), durations_.begin() + count());
  const auto middle = sorted.begin() + count() / 2;
  std::nth_element(sorted.begin(), middle, sorted.end());
  return *middle;
}

HedgedStore::HedgedStore(std::shared_ptr<ObjectStore> store, HedgeOptions options)
    : store_(std::move(store)),
      options_(options),
      watcher_(base::TryStartThread([this](const std::stop_token& stop) { Watch(stop); })) {}

HedgedStore::~HedgedStore() = default;

arrow::Result<ListPage> HedgedStore::List(const ListRequest& request, std::stop_token stop) {
  return store_->List(request, std::move(stop));
}

HedgedStore::Answer HedgedStore::Get(const GetRequest& request, std::stop_token stop) {
  if (request.fresh_connection) return store_->Get(request, std::move(stop));
  const auto flight =
      std::shared_ptr<Flight>(new Flight{.request = request, .start = Clock::now()});
  std::list<std::shared_ptr<Flight>>::iterator place;
  {
    const std::lock_guard lock(mutex_);
    ++gets_;
    place = flights_.insert(flights_.end(), flight);
  }
  begun_.notify_one();
  Answer answer = [&] {
    const std::stop_callback pass_on(stop, [&] { flight->first.request_stop(); });
    return store_->Get(request, flight->first.get_token());
  }();
  // While the second request runs it uses `request`, which is the caller's.
  flight->second.request_stop();
  std::unique_lock lock(mutex_);
  hedge_over_.wait(lock, [&] { return hedged_ != flight.get(); });
  flights_.erase(place);
  if (flight->answer != nullptr && !stop.stop_requested()) return flight->answer;
  if (answer.ok()) PeersOf(request).Add(Clock::now() - flight->start);
  return answer;
}

arrow::Result<std::optional<Checksum>> HedgedStore::StoredChecksum(const std::string& key,
                                                                   const std::string& etag,
                                                                   std::stop_token stop) {
  return store_->StoredChecksum(key, etag, std::move(stop));
}

int64_t HedgedStore::hedges() const {
  const std::lock_guard lock(mutex_);
  return hedges_;
}

HedgedStore::Peers& HedgedStore::PeersOf(const GetRequest& request) {
  return peers_[std::bit_width(static_cast<uint64_t>(request.range.length)) % peers_.size()];
}

void HedgedStore::Watch(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    begun_.wait(lock, stop, [this] { return !flights_.empty(); });
    if (const auto late = FindLate()) {
      AskAgain(*late, lock);
    } else {
      begun_.wait_for(lock, stop, options_.min_delay / kChecksPerMinDelay, [] { return false; });
    }
  }
}

void HedgedStore::AskAgain(Flight& flight, std::unique_lock<std::mutex>& lock) {
  flight.asked_again = true;
  hedged_ = &flight;
  ++hedges_;
  lock.unlock();
  Answer answer = store_->Get(flight.request, flight.second.get_token());
  const bool won = answer.ok();
  lock.lock();
  if (won) flight.answer = *std::move(answer);
  hedged_ = nullptr;
  lock.unlock();
  if (won) flight.first.request_stop();
  hedge_over_.notify_all();
  lock.lock();
}

std::shared_ptr<HedgedStore::Flight> HedgedStore::FindLate() {
  if ((hedges_ + 1) * options_.gets_per_hedge > gets_) return nullptr;
  const Clock::time_point now = Clock::now();
  for (const auto& flight : flights_) {
    const Peers& peers = PeersOf(flight->request);
    if (flight->asked_again || peers.count() < options_.min_peers) continue;
    const Clock::duration elapsed = now - flight->start;
    if (elapsed > options_.min_delay && elapsed > options_.median_factor * peers.Median()) {
      return flight;
    }
  }
  return nullptr;
}

}  // namespace s3
