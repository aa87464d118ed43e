// For tests: a system that refuses new threads.
#pragma once

#include <gtest/gtest.h>
#include <pthread.h>

#include <cstddef>

namespace base {

/// While it exists, this process can start no thread: the default stack size is larger than any
/// machine's memory, so pthread_create fails as it does at a real limit (EAGAIN).
class RefuseThreads {
 public:
  RefuseThreads() {
    pthread_attr_init(&before_);
    EXPECT_EQ(pthread_getattr_default_np(&before_), 0);
    pthread_attr_t huge;
    pthread_attr_init(&huge);
    EXPECT_EQ(pthread_attr_setstacksize(&huge, size_t{1} << 50), 0);
    EXPECT_EQ(pthread_setattr_default_np(&huge), 0);
    pthread_attr_destroy(&huge);
  }
  ~RefuseThreads() {
    EXPECT_EQ(pthread_setattr_default_np(&before_), 0);
    pthread_attr_destroy(&before_);
  }
  RefuseThreads(const RefuseThreads&) = delete;
  RefuseThreads& operator=(const RefuseThreads&) = delete;

 private:
  pthread_attr_t before_;
};

}  // namespace base
