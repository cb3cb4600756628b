#include "provider/bitsd/daemon.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <nlohmann/json.hpp>

#include "engine/engine.h"
#include "provider/bits_client_job.h"
#include "provider/bitsd/files.h"
#include "provider/bitsd_job_settings.h"
#include "provider/jobs.h"
#include "wsman/auth/authenticator.h"
#include "wsman/auth/certificate.h"
#include "wsman/auth/gss_credential.h"
#include "wsman/auth/local_accounts.h"
#include "wsman/auth/nt_accounts.h"
#include "wsman/auth/nt_hash_file.h"
#include "wsman/auth/pam_check.h"
#include "wsman/auth/system_groups.h"
#include "wsman/auth/user_file.h"

namespace bitsd {
namespace {

namespace fs = std::filesystem;
using Problem = tl::unexpected<std::string>;

constexpr std::chrono::seconds kGrace{5};

// "6.1.0" of "6.1.0-18-amd64".
std::string KernelVersion() {
  utsname name{};
  if (uname(&name) != 0) return "0.0.0";
  const std::string release = name.release;
  return release.substr(0, release.find_first_not_of("0123456789."));
}

std::string HostName() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.data();
}

// What NTLM clients are told. Nothing depends on the names being right.
wsman::auth::ntlm::ServerNames NamesOfThisMachine() {
  constexpr std::size_t kLongestNetbiosName = 15;
  const std::string host = HostName();
  std::string computer = host.substr(0, std::min(host.find('.'), kLongestNetbiosName));
  std::ranges::transform(computer, computer.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  const std::size_t dot = host.find('.');
  return {.netbios_domain = "WORKGROUP",
          .netbios_computer = std::move(computer),
          .dns_domain = dot == std::string::npos ? std::string() : host.substr(dot + 1),
          .dns_computer = host};
}

wsman::auth::Authenticator::Options AuthenticatorOptionsOf(const Config& config) {
  using Policy = wsman::auth::ntlm::BindingPolicy;
  wsman::auth::Authenticator::Options options;
  options.basic = Offers(config, "basic");
  options.negotiate = Offers(config, "negotiate");
  options.kerberos_realm = config.kerberos_realm;
  options.allow_unencrypted = config.server.allow_unencrypted;
  options.names = NamesOfThisMachine();
  if (config.channel_binding == "none") options.channel_binding = Policy::kNone;
  if (config.channel_binding == "strict") options.channel_binding = Policy::kStrict;
  return options;
}

tl::expected<std::unique_ptr<wsman::auth::PasswordVerifier>, std::string> StartVerifier(
    const Config& config) {
  wsman::auth::PasswordVerifier::Options options;
  if (!config.pam_service.empty())
    options.others = std::make_unique<wsman::auth::PasswordQueue>(
        wsman::auth::PasswordQueue::Options{.thread_name = "auth.pam"},
        wsman::auth::MakePamCheck({.service = config.pam_service, .folder = {}}));
  return wsman::auth::PasswordVerifier::Start(config.users_file, std::move(options));
}

// The accounts for NTLM; null where it is not offered.
tl::expected<std::unique_ptr<wsman::auth::NtAccounts>, std::string> OpenNtAccounts(
    const Config& config) {
  if (!Offers(config, "negotiate")) return nullptr;
  if (!wsman::auth::ntlm::CryptoIsAvailable()) {
    spdlog::warn("NTLM is not offered: the OpenSSL of this system has no MD5");
    return nullptr;
  }
  auto accounts = wsman::auth::NtAccounts::Open(config.users_file);
  if (accounts && (*accounts)->empty() && !config.server.http.empty() &&
      !config.server.allow_unencrypted && !HasKerberos(config))
    spdlog::warn(
        "the addresses of server.http answer Identify only until bitsctl passwd --ntlm has written "
        "an account to {} or auth.keytab is set: they take Negotiate, and Basic needs HTTPS or "
        "server.allow_unencrypted",
        wsman::auth::NtHashFileOf(config.users_file).string());
  return accounts;
}

// Who has which client certificate; null where they are not asked for.
tl::expected<std::unique_ptr<wsman::auth::CertificateMap>, std::string> OpenCertificates(
    const Config& config) {
  if (!OffersCertificates(config)) return nullptr;
  return wsman::auth::CertificateMap::Open(config.certificates_file);
}

// Clients are asked for certificates only where these can be of use.
wsman::http::ServerOptions ServerOptionsOf(const Config& config) {
  wsman::http::ServerOptions options = config.server;
  if (!OffersCertificates(config)) options.client_ca.clear();
  return options;
}

// The keys for Kerberos; null where it is not offered.
tl::expected<std::unique_ptr<wsman::auth::gss::Credential>, std::string> OpenKeytab(
    const Config& config) {
  if (!HasKerberos(config)) return nullptr;
  return wsman::auth::gss::Credential::Open(config.keytab,
                                            config.engine.state_directory / "kerberos.replays");
}

wsman::DispatcherOptions DispatcherOptionsOf(const Config& config, bool ntlm) {
  wsman::DispatcherOptions options = config.dispatcher;
  options.os_version = KernelVersion();
  options.allow_unencrypted = config.server.allow_unencrypted;
  const std::string profile = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/";
  const bool basic = Offers(config, "basic");
  options.authentication.basic = basic;
  options.authentication.kerberos = HasKerberos(config);
  const bool negotiate = ntlm || (HasKerberos(config) && Offers(config, "negotiate"));
  options.authentication.negotiate = negotiate;
  options.authentication.certificate = OffersCertificates(config);
  const auto add = [&](bool offered, std::string_view name) {
    if (offered) options.security_profiles.push_back(fmt::format("{}{}", profile, name));
  };
  const bool http = !config.server.http.empty();
  const bool https = !config.server.https.empty();
  add(https && basic, "https/basic");
  add(https && negotiate, "https/spnego-kerberos");
  add(OffersCertificates(config), "https/mutual");
  add(http && basic && config.server.allow_unencrypted, "http/basic");
  add(http && negotiate, "http/spnego-kerberos");
  return options;
}

provider::BitsClientJob::Options ProviderOptionsOf(const Config& config) {
  using provider::ViewersSee;
  return {.start_on_create = config.start_on_create,
          .viewers_see = config.viewers_see == "own" ? ViewersSee::kOwn : ViewersSee::kAll};
}

tl::expected<void, std::string> MakeDirectories(const engine::Options& options) {
  if (auto made = MakeDirectory(options.state_directory); !made) return made;
  for (const auto& [drive, directory] : options.paths.drives) {
    if (auto made = MakeDirectory(directory); !made) return made;
  }
  for (const auto& [share, directory] : options.paths.shares) {
    if (auto made = MakeDirectory(directory); !made) return made;
  }
  return {};
}

}  // namespace

// Members are in the order of start; each uses only those above it.
class Daemon::Impl {
 public:
  Impl(const Config& config, std::unique_ptr<engine::Engine> engine,
       std::unique_ptr<wsman::auth::PasswordVerifier> verifier,
       std::unique_ptr<wsman::auth::NtAccounts> nt_accounts,
       std::unique_ptr<wsman::auth::CertificateMap> certificates,
       std::unique_ptr<wsman::auth::gss::Credential> kerberos)
      : engine_(std::move(engine)),
        jobs_(*engine_),
        roles_(config.roles),
        bits_client_job_(ProviderOptionsOf(config), jobs_, roles_),
        job_settings_(ProviderOptionsOf(config).viewers_see, jobs_, roles_),
        dispatcher_(DispatcherOptionsOf(config, nt_accounts != nullptr), roles_,
                    {&bits_client_job_, &job_settings_}),
        authenticator_(
            AuthenticatorOptionsOf(config),
            {.verifier = std::move(verifier),
             .nt_accounts = std::move(nt_accounts),
             .kerberos = std::move(kerberos),
             .certificates = std::move(certificates),
             .local_accounts = config.server.local.empty()
                                   ? nullptr
                                   : std::make_unique<wsman::auth::LocalAccounts>(),
             .system_groups =
                 config.system_groups ? std::make_unique<wsman::auth::SystemGroups>() : nullptr,
             .user_groups = std::make_unique<wsman::auth::UserGroups>(config.users_file)}),
        endpoints_file_(config.endpoints_file) {}

  ~Impl() { Stop(); }

  tl::expected<void, std::string> Serve(const wsman::http::ServerOptions& options) {
    auto server = wsman::http::Server::Start(options, authenticator_, dispatcher_);
    if (!server) return Problem(std::move(server).error());
    server_ = *std::move(server);
    dispatcher_.SetEndpoints(Endpoints());
    return WriteEndpoints();
  }

  void Stop() {
    if (!server_ || std::exchange(stopped_, true)) return;
    std::error_code ignored;
    if (!endpoints_file_.empty()) fs::remove(endpoints_file_, ignored);
    dispatcher_.EndSubscriptions();
    server_->Stop(kGrace);
    engine_->Stop();
  }

  tl::expected<void, std::string> Reload() { return server_->ReloadTls(); }

  const wsman::http::Server& server() const { return *server_; }

 private:
  std::vector<std::string> Endpoints() const {
    std::vector<std::string> urls = server_->http_endpoints();
    const std::vector<std::string>& secure = server_->https_endpoints();
    urls.insert(urls.end(), secure.begin(), secure.end());
    return urls;
  }

  tl::expected<void, std::string> WriteEndpoints() const {
    if (endpoints_file_.empty()) return {};
    const nlohmann::json endpoints = {{"http", server_->http_endpoints()},
                                      {"https", server_->https_endpoints()},
                                      {"pid", getpid()}};
    return ReplaceFile(endpoints_file_, endpoints.dump() + "\n");
  }

  std::unique_ptr<engine::Engine> engine_;
  provider::EngineJobs jobs_;
  provider::Roles roles_;
  provider::BitsClientJob bits_client_job_;
  provider::BitsdJobSettings job_settings_;
  wsman::Dispatcher dispatcher_;
  wsman::auth::Authenticator authenticator_;
  fs::path endpoints_file_;
  std::unique_ptr<wsman::http::Server> server_;
  bool stopped_ = false;
};

tl::expected<std::unique_ptr<Daemon>, std::string> Daemon::Start(const Config& config) {
  if (auto made = MakeDirectories(config.engine); !made) return Problem(std::move(made).error());
  auto verifier = StartVerifier(config);
  if (!verifier) return Problem(std::move(verifier).error());
  auto nt_accounts = OpenNtAccounts(config);
  if (!nt_accounts) return Problem(std::move(nt_accounts).error());
  auto certificates = OpenCertificates(config);
  if (!certificates) return Problem(std::move(certificates).error());
  auto kerberos = OpenKeytab(config);
  if (!kerberos) return Problem("auth.keytab: " + std::move(kerberos).error());
  auto engine = engine::Engine::Start(config.engine);
  if (!engine)
    return Problem(fmt::format("the job store in {} cannot be used: {}",
                               config.engine.state_directory.string(), engine.error().message));
  auto impl = std::make_unique<Impl>(config, *std::move(engine), *std::move(verifier),
                                     *std::move(nt_accounts), *std::move(certificates),
                                     *std::move(kerberos));
  if (auto serving = impl->Serve(ServerOptionsOf(config)); !serving)
    return Problem(std::move(serving).error());
  return std::unique_ptr<Daemon>(new Daemon(std::move(impl)));
}

Daemon::Daemon(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Daemon::~Daemon() = default;

void Daemon::Stop() { impl_->Stop(); }

tl::expected<void, std::string> Daemon::Reload() { return impl_->Reload(); }

const std::vector<std::string>& Daemon::http_endpoints() const {
  return impl_->server().http_endpoints();
}
const std::vector<std::string>& Daemon::https_endpoints() const {
  return impl_->server().https_endpoints();
}

}  // namespace bitsd
