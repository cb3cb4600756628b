#include "wsman/auth/user_file.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <spdlog/spdlog.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "wsman/auth/file_state.h"

namespace wsman::auth {
namespace {

using Clock = std::chrono::steady_clock;
using Digest = std::array<unsigned char, 32>;

constexpr auto kRememberedFor = std::chrono::seconds(60);
constexpr std::size_t kRememberedUsers = 4'096;

// Stands for a user and password without holding either.
class CredentialHash {
 public:
  CredentialHash() {
    if (RAND_bytes(key_.data(), static_cast<int>(key_.size())) != 1) std::abort();
  }

  Digest operator()(std::string_view name, std::string_view password) const {
    std::string text = std::to_string(name.size());  // keeps "ab"+"c" apart from "a"+"bc"
    text.append(":").append(name).append(password);
    Digest digest{};
    unsigned length = 0;
    if (HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
             reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(),
             &length) == nullptr) {
      std::abort();
    }
    return digest;
  }

 private:
  std::array<unsigned char, 32> key_{};
};

struct Account {
  std::string hash;
  std::vector<std::string> groups;
};

using Accounts = std::map<std::string, Account, std::less<>>;

tl::expected<Accounts, std::string> ReadAccounts(const std::filesystem::path& file) {
  if (StateOf(file) == FileState{}) return Accounts();
  auto users = ReadUserFile(file);
  if (!users) return tl::unexpected(users.error());
  Accounts accounts;
  for (UserEntry& user : *users) {
    accounts.emplace(std::move(user.name), Account{std::move(user.hash), std::move(user.groups)});
  }
  return accounts;
}

}  // namespace

class PasswordVerifier::Impl {
 public:
  Impl(std::filesystem::path file, std::size_t queue_limit)
      : file_(std::move(file)),
        queue_limit_(queue_limit),
        stranger_hash_(HashPassword("a user who is not in the file")),
        state_(StateOf(file_)) {}

  ~Impl() {
    {
      const std::lock_guard lock(queue_mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

  tl::expected<void, std::string> Run() {
    auto accounts = ReadAccounts(file_);
    if (!accounts) return tl::unexpected(accounts.error());
    if (accounts->empty()) {
      spdlog::warn("users file {} has no users: nobody can log in", file_.string());
    }
    accounts_ = *std::move(accounts);
    thread_ = std::thread([this] { Loop(); });
    return {};
  }

  void Verify(std::string name, std::string password, Done done) {
    const Digest digest = hash_(name, password);
    {
      const std::lock_guard lock(queue_mutex_);
      if (!stopping_ && queue_.size() < queue_limit_) {
        Check& check = queue_.emplace_back();
        check.digest = digest;
        check.name = std::move(name);
        check.password = std::move(password);
        check.waiting.push_back(std::move(done));
        wake_.notify_one();
        return;
      }
    }
    done(Outcome::kBusy, {});
  }

  bool Join(std::string_view name, std::string_view password, Done done) {
    const Digest digest = hash_(name, password);
    const std::lock_guard lock(queue_mutex_);
    for (Check& check : queue_) {
      if (check.digest != digest) continue;
      check.waiting.push_back(std::move(done));
      return true;
    }
    return false;
  }

  std::optional<std::vector<std::string>> Remembered(std::string_view name,
                                                     std::string_view password) {
    return Remembered(hash_(name, password));
  }

  std::uint64_t Generation() {
    const FileState state = StateOf(file_);
    const std::lock_guard lock(memory_mutex_);
    if (state != state_) {
      state_ = state;
      ++generation_;
      memory_.clear();
    }
    return generation_;
  }

  std::uint64_t checks() const { return checks_.load(std::memory_order_relaxed); }

 private:
  struct Check {
    Digest digest{};
    std::string name;
    std::string password;
    std::vector<Done> waiting;
  };
  struct Success {
    std::vector<std::string> groups;
    Clock::time_point expires;
  };
  using Groups = std::optional<std::vector<std::string>>;

  Groups Remembered(const Digest& digest) {
    Generation();
    const std::lock_guard lock(memory_mutex_);
    const auto found = memory_.find(digest);
    if (found == memory_.end() || found->second.expires <= Clock::now()) return std::nullopt;
    return found->second.groups;
  }

  void Remember(const Digest& digest, const std::vector<std::string>& groups,
                std::uint64_t generation) {
    if (Generation() != generation) return;
    const Clock::time_point now = Clock::now();
    const std::lock_guard lock(memory_mutex_);
    if (memory_.size() >= kRememberedUsers) {
      std::erase_if(memory_, [now](const auto& entry) { return entry.second.expires <= now; });
      if (memory_.size() >= kRememberedUsers) memory_.clear();
    }
    memory_[digest] = {groups, now + kRememberedFor};
  }

  // The check stays at the front of the queue while it runs, so that others can
  // join it and it counts against the limit. Only this thread removes checks
  // and appending keeps references to a deque's elements valid.
  void Loop() {
    std::unique_lock lock(queue_mutex_);
    while (true) {
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (stopping_) break;
      const Check& check = queue_.front();
      lock.unlock();
      const Groups groups = Decide(check);
      lock.lock();
      const std::vector<Done> waiting = std::move(queue_.front().waiting);
      queue_.pop_front();
      lock.unlock();
      for (const Done& done : waiting) {
        done(groups ? Outcome::kAccepted : Outcome::kRefused,
             groups.value_or(std::vector<std::string>()));
      }
      lock.lock();
    }
    const std::deque<Check> left = std::exchange(queue_, {});
    lock.unlock();
    for (const Check& check : left) {
      for (const Done& done : check.waiting) done(Outcome::kBusy, {});
    }
  }

  Groups Decide(const Check& check) {
    if (Groups groups = Remembered(check.digest)) return groups;
    const std::uint64_t generation = Generation();
    ReloadFor(generation);
    const auto account = accounts_.find(check.name);
    const bool known = account != accounts_.end();
    checks_.fetch_add(1, std::memory_order_relaxed);
    const bool matches = MatchesHash(check.password, known ? account->second.hash : stranger_hash_);
    if (!known || !matches) return std::nullopt;
    Remember(check.digest, account->second.groups, generation);
    return account->second.groups;
  }

  void ReloadFor(std::uint64_t generation) {
    if (generation == loaded_generation_) return;
    loaded_generation_ = generation;
    auto accounts = ReadAccounts(file_);
    if (accounts) {
      accounts_ = *std::move(accounts);
      spdlog::info("users file {} read again: {} users", file_.string(), accounts_.size());
    } else {
      accounts_.clear();
      spdlog::error("{}; until this is corrected nobody can log in", accounts.error());
    }
  }

  const std::filesystem::path file_;
  const std::size_t queue_limit_;
  const CredentialHash hash_;
  const std::string stranger_hash_;
  std::atomic<std::uint64_t> checks_ = 0;

  std::mutex queue_mutex_;
  std::condition_variable wake_;
  std::deque<Check> queue_;  // guarded by queue_mutex_
  bool stopping_ = false;    // guarded by queue_mutex_

  std::mutex memory_mutex_;
  std::map<Digest, Success> memory_;  // guarded by memory_mutex_
  FileState state_;                   // guarded by memory_mutex_
  std::uint64_t generation_ = 1;      // guarded by memory_mutex_

  Accounts accounts_;                    // the verifier's thread only, once it runs
  std::uint64_t loaded_generation_ = 1;  // the verifier's thread only, once it runs
  std::thread thread_;
};

PasswordVerifier::PasswordVerifier(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PasswordVerifier::~PasswordVerifier() = default;

tl::expected<std::unique_ptr<PasswordVerifier>, std::string> PasswordVerifier::Start(
    std::filesystem::path file, std::size_t queue_limit) {
  auto impl = std::make_unique<Impl>(std::move(file), queue_limit);
  if (auto running = impl->Run(); !running) return tl::unexpected(running.error());
  return std::unique_ptr<PasswordVerifier>(new PasswordVerifier(std::move(impl)));
}

void PasswordVerifier::Verify(std::string name, std::string password, Done done) {
  impl_->Verify(std::move(name), std::move(password), std::move(done));
}

bool PasswordVerifier::Join(std::string_view name, std::string_view password, Done done) {
  return impl_->Join(name, password, std::move(done));
}

std::optional<std::vector<std::string>> PasswordVerifier::Remembered(
    std::string_view name, std::string_view password) const {
  return impl_->Remembered(name, password);
}

std::uint64_t PasswordVerifier::Generation() const { return impl_->Generation(); }

std::uint64_t PasswordVerifier::checks() const { return impl_->checks(); }

}  // namespace wsman::auth
