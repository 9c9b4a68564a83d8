// SPDX-License-Identifier: Apache-2.0
#include "triage/run.hpp"

#include <condition_variable>
#include <exception>
#include <algorithm>
#include <map>
#include <mutex>
#include <new>
#include <thread>

namespace tlswhy::triage {
namespace {

// How far the fastest thread may be ahead of the slowest one's input: results in between wait in memory.
constexpr std::size_t k_ahead_per_job = 64;
constexpr auto k_tick = std::chrono::milliseconds(100);

Done failed_work(const Unit& unit, const std::string& what) {
  Done result;
  result.finding.path = unit.path;
  result.finding.files = unit.files;
  result.finding.status = Status::unreadable;
  result.finding.summary = k_unreadable_summary;
  result.finding.damaged = true;
  result.finding.problems.push_back(unit.path + ": " + what);
  return result;
}

class Pool {
 public:
  Pool(const std::vector<Unit>& units, const Run& run, const std::function<Done(const Unit&)>& work) : units_(units), run_(run), work_(work) {}

  std::size_t go(const std::function<void(Done&&)>& done, const std::function<void(std::size_t)>& tick) {
    std::vector<std::jthread> threads;
    const std::size_t count = std::min(std::max<std::size_t>(run_.jobs, 1), std::max<std::size_t>(units_.size(), 1));
    running_ = count;
    for (std::size_t i = 0; i < count; ++i) threads.emplace_back([this] { serve(); });
    std::unique_lock lock(mutex_);
    while (true) {
      const bool woken = ready_.wait_for(lock, k_tick, [&] { return results_.contains(given_) || running_ == 0; });
      if (!woken) {
        const std::size_t so_far = given_;
        lock.unlock();
        tick(so_far);
        lock.lock();
        continue;
      }
      const auto next = results_.find(given_);
      if (next == results_.end()) break;
      Done result = std::move(next->second);
      results_.erase(next);
      ++given_;
      lock.unlock();
      room_.notify_all();
      done(std::move(result));
      lock.lock();
    }
    return units_.size() - given_;
  }

 private:
  [[nodiscard]] bool over() const {
    return (run_.stop != nullptr && run_.stop->load(std::memory_order_relaxed)) || (run_.until && std::chrono::steady_clock::now() >= *run_.until);
  }

  void serve() {
    std::unique_lock lock(mutex_);
    while (true) {
      room_.wait(lock, [&] { return begun_ < given_ + k_ahead_per_job * run_.jobs || begun_ >= units_.size(); });
      if (begun_ >= units_.size() || over()) break;
      const std::size_t mine = begun_++;
      lock.unlock();
      Done result = attempt(units_[mine]);
      lock.lock();
      results_.emplace(mine, std::move(result));
      if (mine == given_) ready_.notify_one();
    }
    if (--running_ == 0) ready_.notify_one();
  }

  Done attempt(const Unit& unit) {
    try {
      return work_(unit);
    } catch (const std::bad_alloc&) {
      return failed_work(unit, "there is not enough memory for it");
    } catch (const std::exception& error) {
      return failed_work(unit, std::string("internal error: ") + error.what());
    }
  }

  const std::vector<Unit>& units_;
  const Run& run_;
  const std::function<Done(const Unit&)>& work_;
  std::mutex mutex_;
  std::condition_variable ready_;  // the next result is there, or no thread is left
  std::condition_variable room_;   // a result was given away
  std::map<std::size_t, Done> results_;
  std::size_t begun_ = 0;
  std::size_t given_ = 0;
  std::size_t running_ = 0;
};

}  // namespace

std::size_t run_all(const std::vector<Unit>& units, const Run& run, const std::function<Done(const Unit&)>& work,
                    const std::function<void(Done&&)>& done, const std::function<void(std::size_t)>& tick) {
  return Pool(units, run, work).go(done, tick);
}

}  // namespace tlswhy::triage
