#include "wsman/auth/user_file.h"

#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <utility>

#include "wsman/auth/account_name.h"
#include "wsman/auth/file_state.h"
#include "wsman/auth/password_digest.h"

namespace wsman::auth {
namespace {

using Clock = std::chrono::steady_clock;
using Digest = PasswordDigest::Value;

constexpr auto kRememberedFor = std::chrono::seconds(60);
constexpr std::size_t kRememberedUsers = 4'096;

// A thirtieth of a busy server's time would go into looking with each request. No client
// gets its reply, sees the file changed and asks again in so short a time.
constexpr auto kLookInterval = std::chrono::microseconds(250);

struct Account {
  std::string hash;
  std::vector<std::string> groups;
};

using Accounts = AccountTable<Account>;

tl::expected<Accounts, std::string> ReadAccounts(const std::filesystem::path& file) {
  if (StateOf(file) == FileState{}) return Accounts();
  auto users = ReadUserFile(file);
  if (!users) return tl::unexpected(users.error());
  Accounts accounts;
  for (UserEntry& user : *users) {
    accounts.Add(std::move(user.name), Account{std::move(user.hash), std::move(user.groups)});
  }
  return accounts;
}

}  // namespace

class PasswordVerifier::Impl {
 public:
  Impl(std::filesystem::path file, Options options)
      : file_(std::move(file)),
        queue_limit_(options.queue_limit),
        stranger_hash_(HashPassword("a user who is not in the file")),
        state_(StateOf(file_)),
        others_(std::move(options.others)) {}

  tl::expected<void, std::string> Run() {
    auto accounts = ReadAccounts(file_);
    if (!accounts) return tl::unexpected(accounts.error());
    if (accounts->empty() && !others_) {
      spdlog::warn("users file {} has no users: nobody can log in", file_.string());
    }
    accounts_ = *std::move(accounts);
    queue_.emplace(
        PasswordQueue::Options{
            .thread_name = "auth", .limit = queue_limit_, .successor = others_.get()},
        [this](const std::string& user, const std::string& password) {
          return Decide(user, password);
        });
    return {};
  }

  PasswordQueue& queue() { return *queue_; }

  std::optional<Verified> Remembered(std::string_view user, std::string_view password) {
    return Remembered(digest_(user, password));
  }

  std::uint64_t Generation() {
    const Clock::time_point now = Clock::now();
    const FileState state = StateOf(file_);
    const std::lock_guard lock(memory_mutex_);
    if (state != state_) {
      state_ = state;
      ++generation_;
      memory_.clear();
    }
    looked_ = now;
    return generation_;
  }

  std::uint64_t RecentGeneration() {
    const bool looked_just_now = Clock::now() < looked_.load() + kLookInterval;
    return looked_just_now ? generation_.load() : Generation();
  }

  std::uint64_t checks() const { return checks_.load(std::memory_order_relaxed); }

 private:
  using Decision = PasswordQueue::Decision;
  struct Success {
    Verified who;
    Clock::time_point expires;
  };

  std::optional<Verified> Remembered(const Digest& digest) {
    Generation();
    const std::lock_guard lock(memory_mutex_);
    const auto found = memory_.find(digest);
    if (found == memory_.end() || found->second.expires <= Clock::now()) return std::nullopt;
    return found->second.who;
  }

  void Remember(const Digest& digest, const Verified& who, std::uint64_t generation) {
    if (Generation() != generation) return;
    const Clock::time_point now = Clock::now();
    const std::lock_guard lock(memory_mutex_);
    if (memory_.size() >= kRememberedUsers) {
      std::erase_if(memory_, [now](const auto& entry) { return entry.second.expires <= now; });
      if (memory_.size() >= kRememberedUsers) memory_.clear();
    }
    memory_[digest] = {who, now + kRememberedFor};
  }

  Decision Decide(const std::string& user, const std::string& password) {
    const Digest digest = digest_(user, password);
    if (auto who = Remembered(digest)) {
      return {.outcome = PasswordOutcome::kAccepted, .who = *std::move(who)};
    }
    const std::uint64_t generation = Generation();
    ReloadFor(generation);
    const Accounts::Entry* const account = accounts_.FindFirst(AccountNames(user, {}));
    if (account == nullptr && others_) return {.outcome = PasswordOutcome::kUnknown, .who = {}};
    checks_.fetch_add(1, std::memory_order_relaxed);
    const bool has_password = account != nullptr && account->second.hash != kNoPassword;
    const bool matches =
        MatchesHash(password, has_password ? account->second.hash : stranger_hash_);
    if (!has_password || !matches) return {};
    Verified who{.name = account->first, .groups = account->second.groups};
    Remember(digest, who, generation);
    return {.outcome = PasswordOutcome::kAccepted, .who = std::move(who)};
  }

  void ReloadFor(std::uint64_t generation) {
    if (generation == loaded_generation_) return;
    loaded_generation_ = generation;
    auto accounts = ReadAccounts(file_);
    if (accounts) {
      accounts_ = *std::move(accounts);
      spdlog::info("users file {} read again: {} users", file_.string(), accounts_.size());
    } else {
      accounts_ = Accounts();
      spdlog::error("{}; until this is corrected nobody in it can log in", accounts.error());
    }
  }

  const std::filesystem::path file_;
  const std::size_t queue_limit_;
  const PasswordDigest digest_;
  const std::string stranger_hash_;
  std::atomic<std::uint64_t> checks_ = 0;

  std::mutex memory_mutex_;
  std::map<Digest, Success> memory_;           // guarded by memory_mutex_
  FileState state_;                            // guarded by memory_mutex_
  std::atomic<std::uint64_t> generation_ = 1;  // written under memory_mutex_
  std::atomic<Clock::time_point> looked_;      // when state_ was that of the file

  Accounts accounts_;                    // the queue's thread only, once it runs
  std::uint64_t loaded_generation_ = 1;  // the queue's thread only, once it runs
  const std::unique_ptr<PasswordQueue> others_;
  std::optional<PasswordQueue> queue_;  // last: its thread uses all of the above
};

PasswordVerifier::PasswordVerifier(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PasswordVerifier::~PasswordVerifier() = default;

tl::expected<std::unique_ptr<PasswordVerifier>, std::string> PasswordVerifier::Start(
    std::filesystem::path file, Options options) {
  auto impl = std::make_unique<Impl>(std::move(file), std::move(options));
  if (auto running = impl->Run(); !running) return tl::unexpected(running.error());
  return std::unique_ptr<PasswordVerifier>(new PasswordVerifier(std::move(impl)));
}

void PasswordVerifier::Verify(std::string user, std::string password, Done done) {
  impl_->queue().Verify(std::move(user), std::move(password), std::move(done));
}

bool PasswordVerifier::Join(std::string_view user, std::string_view password, Done done) {
  return impl_->queue().Join(user, password, std::move(done));
}

std::optional<Verified> PasswordVerifier::Remembered(std::string_view user,
                                                     std::string_view password) const {
  return impl_->Remembered(user, password);
}

std::uint64_t PasswordVerifier::Generation() const { return impl_->Generation(); }
std::uint64_t PasswordVerifier::RecentGeneration() const { return impl_->RecentGeneration(); }

std::uint64_t PasswordVerifier::checks() const { return impl_->checks(); }

}  // namespace wsman::auth
