#include "wsman/auth/pam_check.h"

#include <security/pam_appl.h>
#include <spdlog/spdlog.h>
#include <stdlib.h>
#include <string.h>

#include <optional>
#include <utility>

#include "wsman/auth/account_name.h"
#include "wsman/auth/system_accounts.h"
#include "wsman/auth/user_file.h"

namespace wsman::auth {
namespace {

// What the modules may ask: the password, once.
struct Conversation {
  const char* password;
  bool asked = false;
};

// Called by the modules; they free the replies.
int Converse(int count, const pam_message** messages, pam_response** replies, void* data) {
  auto& conversation = *static_cast<Conversation*>(data);
  if (count <= 0 || count > PAM_MAX_NUM_MSG) return PAM_CONV_ERR;
  auto* const made =
      static_cast<pam_response*>(::calloc(static_cast<std::size_t>(count), sizeof(pam_response)));
  if (made == nullptr) return PAM_BUF_ERR;
  for (int i = 0; i < count; ++i) {
    const int style = messages[i]->msg_style;
    if (style == PAM_TEXT_INFO || style == PAM_ERROR_MSG) continue;
    if (style == PAM_PROMPT_ECHO_OFF && !std::exchange(conversation.asked, true)) {
      made[i].resp = ::strdup(conversation.password);
      continue;
    }
    for (int k = 0; k < i; ++k) {
      if (made[k].resp != nullptr) ::explicit_bzero(made[k].resp, ::strlen(made[k].resp));
      ::free(made[k].resp);
    }
    ::free(made);
    return PAM_CONV_ERR;
  }
  *replies = made;
  return PAM_SUCCESS;
}

// The answer to a refusal has a limit of its own (Throttle); a module that
// waits would make all other callers wait.
void NoDelay(int, unsigned, void*) {}

class Transaction {
 public:
  Transaction(const PamOptions& options, const std::string& user, Conversation& conversation)
      : talk_{.conv = Converse, .appdata_ptr = &conversation} {
    const char* const service = options.service.c_str();
    status_ = options.folder.empty() ? ::pam_start(service, user.c_str(), &talk_, &handle_)
                                     : ::pam_start_confdir(service, user.c_str(), &talk_,
                                                           options.folder.c_str(), &handle_);
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() {
    if (handle_ != nullptr) ::pam_end(handle_, status_);
  }

  // PAM_SUCCESS, or what the first step that failed says.
  int Run() {
    const auto step = [this](const auto& call) {
      if (status_ == PAM_SUCCESS) status_ = call();
    };
    const auto* const delay = reinterpret_cast<const void*>(&NoDelay);
    step([&] { return ::pam_set_item(handle_, PAM_FAIL_DELAY, delay); });
    step([this] { return ::pam_authenticate(handle_, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK); });
    step([this] { return ::pam_acct_mgmt(handle_, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK); });
    return status_;
  }

  // Modules may have made another user of it.
  bool IsStill(const std::string& user) {
    const void* item = nullptr;
    return ::pam_get_item(handle_, PAM_USER, &item) == PAM_SUCCESS && item != nullptr &&
           user == static_cast<const char*>(item);
  }

  std::string Text() { return ::pam_strerror(handle_, status_); }

 private:
  pam_conv talk_;
  pam_handle_t* handle_ = nullptr;
  int status_ = PAM_SUCCESS;
};

// Whether the fault is in the configuration or the system and not the caller's.
bool IsTrouble(int status) {
  return status == PAM_OPEN_ERR || status == PAM_SYMBOL_ERR || status == PAM_SERVICE_ERR ||
         status == PAM_SYSTEM_ERR || status == PAM_BUF_ERR || status == PAM_ABORT ||
         status == PAM_MODULE_UNKNOWN || status == PAM_AUTHINFO_UNAVAIL || status == PAM_CONV_ERR;
}

std::optional<SystemAccount> AccountOf(const std::string& user) {
  for (const std::string& name : AccountNames(user, {})) {
    if (auto account = FindSystemAccount(name)) return account;
  }
  return std::nullopt;
}

PasswordQueue::Decision Decide(const PamOptions& options, const std::string& stranger_hash,
                               const std::string& user, const std::string& password) {
  const std::optional<SystemAccount> account = AccountOf(user);
  if (!account || account->user_id == 0 || password.empty()) {
    MatchesHash(password, stranger_hash);
    return {};
  }
  Conversation conversation{.password = password.c_str()};
  Transaction transaction(options, account->name, conversation);
  const int status = transaction.Run();
  if (IsTrouble(status)) {
    spdlog::warn("PAM service {} cannot verify {}: {}", options.service, account->name,
                 transaction.Text());
  }
  if (status != PAM_SUCCESS || !transaction.IsStill(account->name)) return {};
  return {.outcome = PasswordOutcome::kAccepted, .who = {.name = account->name, .groups = {}}};
}

}  // namespace

PasswordQueue::Check MakePamCheck(PamOptions options) {
  return [options = std::move(options),
          stranger_hash = HashPassword("a user whom the system does not know")](
             const std::string& user, const std::string& password) {
    return Decide(options, stranger_hash, user, password);
  };
}

}  // namespace wsman::auth
