// Enumeration contexts: what a client holds between Enumerate and its Pulls.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "wsman/enumeration_page.h"
#include "wsman/fault.h"

namespace wsman {

// The counts are the largest accepted ones.
struct EnumerationLimits {
  std::size_t contexts_per_principal = 64;
  std::size_t contexts = 1'024;
  std::chrono::milliseconds idle{60'000};   // between two uses
  std::chrono::milliseconds life{600'000};  // from Enumerate to the end
};

using Clock = std::function<std::chrono::steady_clock::time_point()>;

// Who may use a context, and for what (R8.1-6).
struct ContextOwner {
  std::string principal;
  std::string resource_uri;  // compared without case

  bool operator==(const ContextOwner& other) const;
};

// A context is 128 random bits, good for one use. An unknown, expired, used or
// foreign context gives the same fault, kInvalidEnumerationContext.
// Thread-safe.
class EnumerationStore {
 public:
  EnumerationStore(EnumerationLimits limits, Clock clock);

  // An enumeration taken out for one Pull. It goes back under its old context
  // unless Renew or Finish is called.
  class Lease {
   public:
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&&) = delete;
    ~Lease();

    Enumeration& enumeration() { return *enumeration_; }
    // Puts the enumeration back and gives the context of the next Pull.
    std::string Renew();
    // The enumeration is at its end; its context is gone.
    void Finish();

   private:
    friend class EnumerationStore;
    Lease(EnumerationStore& store, std::string context, std::unique_ptr<Enumeration> enumeration);

    EnumerationStore* store_;  // nullptr once given up
    std::string context_;
    std::unique_ptr<Enumeration> enumeration_;
  };

  // The context of the first Pull. `life` shortens the life of this one.
  // kQuotaLimit when the principal or the service has too many.
  Result<std::string> Add(const ContextOwner& owner, std::unique_ptr<Enumeration> enumeration,
                          std::optional<std::chrono::milliseconds> life);

  // kConcurrency while another Pull has it.
  Result<Lease> Take(const std::string& context, const ContextOwner& owner);

  Result<void> Release(const std::string& context, const ContextOwner& owner);

 private:
  using TimePoint = std::chrono::steady_clock::time_point;
  struct Entry {
    ContextOwner owner;
    std::unique_ptr<Enumeration> enumeration;  // empty while leased
    TimePoint idle_until;
    TimePoint ends;
  };
  using Entries = std::unordered_map<std::string, Entry>;

  // All of them under mutex_.
  Result<Entries::iterator> Find(const std::string& context, const ContextOwner& owner);
  std::vector<Entry> RemoveExpired();

  void PutBack(const std::string& context, const std::string& next_context,
               std::unique_ptr<Enumeration> enumeration);
  void Remove(const std::string& context);

  const EnumerationLimits limits_;
  const Clock clock_;
  std::mutex mutex_;
  Entries entries_;  // guarded by mutex_
};

}  // namespace wsman
