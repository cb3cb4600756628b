// How many connections there are, over all loops.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>

#include "wsman/http/limits.h"

namespace wsman::http {

// A slot is taken before a connection is accepted and given back when it has
// closed. Thread-safe.
class ConnectionLimits {
 public:
  explicit ConnectionLimits(const ServerLimits& limits) : limits_(limits) {}

  // False: accept nothing at present.
  bool TakeSlot();
  // A connection that never showed valid credentials gives back both of the
  // places it took.
  void ReturnSlot(bool verified);
  void Verified();

  // False: this source has all it may have. An empty source is not counted.
  bool AddFrom(const std::string& source);
  void RemoveFrom(const std::string& source);

  std::size_t open() const;

 private:
  const ServerLimits limits_;
  mutable std::mutex mutex_;
  std::size_t open_ = 0;                                  // guarded by mutex_
  std::size_t unauthenticated_ = 0;                       // guarded by mutex_
  std::unordered_map<std::string, std::size_t> sources_;  // guarded by mutex_
};

}  // namespace wsman::http
