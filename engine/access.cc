#include "engine/access.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/text.h"

namespace engine {
namespace {

constexpr auto kTargets = static_cast<std::uint32_t>(AuthTarget::kProxy) + 1;
constexpr auto kUsages = static_cast<std::uint32_t>(ProxyUsage::kAutodetect) + 1;
constexpr std::uint32_t kStoreLocations = 8;

bool HasControlCharacter(std::string_view text) {
  while (const std::optional<CodePoint> next = FirstCodePoint(text)) {
    if (next->value < 0x20 || (next->value >= 0x7F && next->value <= 0x9F)) return true;
    text.remove_prefix(next->bytes);
  }
  return false;
}

// Of a text whose content must not be repeated: it may be a secret.
Status CheckText(std::string_view what, std::string_view text, std::size_t limit,
                 HResult too_long) {
  const std::optional<std::size_t> length = Utf16Length(text);
  if (!length)
    return Fail(HResult::kInvalidArgument,
                fmt::format("{} is not well-formed UTF-8. Send it as Unicode text.", what));
  if (*length > limit)
    return Fail(too_long,
                fmt::format("{} has {} characters; shorten it to {}.", what, *length, limit));
  if (HasControlCharacter(text))
    return Fail(HResult::kInvalidArgument,
                fmt::format("{} holds a control character. Remove it.", what));
  return {};
}

bool IsUpTo(char32_t last, std::string_view text) {
  while (const std::optional<CodePoint> next = FirstCodePoint(text)) {
    if (next->value > last) return false;
    text.remove_prefix(next->bytes);
  }
  return true;
}

// What libcurl can put into an NTLM message without a change.
Status CheckForNtlm(const SetCredentials& change) {
  const bool ntlm = change.scheme == static_cast<std::uint32_t>(AuthScheme::kNtlm) ||
                    change.scheme == static_cast<std::uint32_t>(AuthScheme::kNegotiate);
  if (!ntlm || (IsUpTo(0x7F, *change.user_name) && IsUpTo(0xFF, change.password->text())))
    return {};
  return Fail(HResult::kInvalidArgument,
              "NTLM and Negotiate take ASCII in UserName and Latin-1 (up to U+00FF) in Password. "
              "Use others, or the schemes Basic or Digest.");
}

Status CheckTarget(std::uint32_t target) {
  if (target < kTargets) return {};
  return Fail(HResult::kInvalidAuthTarget,
              fmt::format("Target {} does not exist. Use 0 (server) or 1 (proxy).", target));
}

Status CheckScheme(std::uint32_t scheme) {
  constexpr std::string_view kUse = "Use 0 (Basic), 1 (Digest), 2 (NTLM) or 3 (Negotiate).";
  if (scheme < static_cast<std::uint32_t>(AuthScheme::kPassport)) return {};
  if (scheme == static_cast<std::uint32_t>(AuthScheme::kPassport))
    return Fail(HResult::kInvalidAuthScheme,
                fmt::format("Scheme 4 (Passport) is not supported by this server. {}", kUse));
  return Fail(HResult::kInvalidAuthScheme,
              fmt::format("Scheme {} does not exist. {}", scheme, kUse));
}

Status CheckUserName(const SetCredentials& change, const LimitOptions& limits) {
  if (!change.user_name || change.user_name->empty() || !change.password)
    return Fail(HResult::kInvalidArgument,
                "UserName or Password is missing. Send both: the service has no account of its "
                "own whose credentials could stand in for them.");
  const Status text = CheckText("UserName", *change.user_name, limits.user_name_characters,
                                HResult::kUserNameTooLarge);
  const bool basic = change.scheme == static_cast<std::uint32_t>(AuthScheme::kBasic);
  if (text && basic && change.user_name->find(':') != std::string::npos)
    return Fail(HResult::kInvalidArgument,
                "UserName holds a colon, which ends the user name in the scheme Basic. Use another "
                "name or another scheme.");
  return text;
}

// Names become directories and must not lead elsewhere.
Status CheckStore(std::uint32_t location, std::string_view store, const LimitOptions& limits) {
  if (location >= kStoreLocations)
    return Fail(HResult::kNotImplemented,
                fmt::format("CertStoreLocation {} does not exist. Use 0 (current user), 1 (local "
                            "machine) or another number up to 7.",
                            location));
  const Status text =
      CheckText("StoreName", store, limits.store_name_characters, HResult::kStringTooLong);
  if (!text) return text;
  if (store.empty() || store.front() == '.' || store.find_first_of("/\\:") != std::string::npos)
    return Fail(HResult::kInvalidArgument,
                "StoreName is not the name of a certificate store. Send a name such as MY, without "
                "dots in front, slashes, backslashes and colons.");
  return {};
}

class Check {
 public:
  explicit Check(const LimitOptions& limits) : limits_(limits) {}

  Status operator()(const SetCredentials& change) const {
    Status status = CheckTarget(change.target);
    if (status) status = CheckScheme(change.scheme);
    if (status) status = CheckUserName(change, limits_);
    if (status)
      status = CheckText("Password", change.password->text(), limits_.password_characters,
                         HResult::kPasswordTooLarge);
    if (status) status = CheckForNtlm(change);
    return status;
  }

  Status operator()(const RemoveCredentials& change) const {
    if (const Status status = CheckTarget(change.target); !status) return status;
    // Passport is a scheme; nothing can be stored for it.
    if (change.scheme == static_cast<std::uint32_t>(AuthScheme::kPassport)) return {};
    return CheckScheme(change.scheme);
  }

  Status operator()(const SetCertificateById& change) const {
    const Status store = CheckStore(change.location, change.store, limits_);
    if (store && change.hash.size() != Sha1().size())
      return Fail(HResult::kInvalidArgument,
                  fmt::format("CertHash has {} bytes. Send the 20 bytes of the certificate's SHA-1 "
                              "hash.",
                              change.hash.size()));
    return store;
  }

  Status operator()(const SetCertificateByName& change) const {
    const Status store = CheckStore(change.location, change.store, limits_);
    if (!store) return store;
    if (change.subject.empty())
      return Fail(HResult::kInvalidArgument,
                  "SubjectName is empty. Send the common name of the certificate.");
    return CheckText("SubjectName", change.subject, limits_.subject_name_characters,
                     HResult::kStringTooLong);
  }

  Status operator()(const RemoveCertificate&) const { return {}; }

  Status operator()(const SetProxy& change) const {
    if (change.usage >= kUsages)
      return Fail(HResult::kNotImplemented,
                  fmt::format("ProxyUsage {} does not exist. Use 0 (the configured proxies), 1 (no "
                              "proxy), 2 (the lists of this call) or 3 (automatic).",
                              change.usage));
    const std::string list = change.list.value_or("");
    const std::string bypass = change.bypass.value_or("");
    const bool own = change.usage == static_cast<std::uint32_t>(ProxyUsage::kOverride);
    if (own && list.empty())
      return Fail(HResult::kInvalidArgument, "ProxyUsage 2 needs a ProxyList. Send one.");
    if (!own && !(list.empty() && bypass.empty()))
      return Fail(HResult::kInvalidArgument,
                  "ProxyList and ProxyBypassList belong to ProxyUsage 2. Leave them out, or send "
                  "ProxyUsage 2.");
    const Status text =
        CheckText("ProxyList", list, limits_.proxy_list_characters, HResult::kProxyListTooLarge);
    if (!text) return text;
    return CheckText("ProxyBypassList", bypass, limits_.proxy_list_characters,
                     HResult::kProxyBypassListTooLarge);
  }

 private:
  const LimitOptions& limits_;
};

}  // namespace

Status CheckAccessChange(const AccessChange& change, const LimitOptions& limits) {
  return std::visit(Check(limits), change);
}

}  // namespace engine
