#include "provider/bitsd/config.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <system_error>

#include <fmt/format.h>

#include "engine/access.h"
#include "provider/bitsd/config_values.h"

namespace bitsd {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSystemState = "/var/lib/bitsd";
constexpr std::string_view kAutomatic = "auto";
constexpr std::string_view kSocketName = "bitsd.sock";

tl::unexpected<std::string> ErrorAt(const fs::path& file, const toml::source_position& position,
                                    std::string_view text) {
  return tl::unexpected(
      fmt::format("{}:{}:{}: {}", file.string(), position.line, position.column, text));
}

bool IsSection(std::string_view name) {
  return std::ranges::any_of(AllKeys(), [&](const Key& key) {
    return key.name.starts_with(name) && key.name.substr(name.size()).starts_with('.');
  });
}

const Key* FindKey(std::string_view name) {
  const auto found = std::ranges::find(AllKeys(), name, &Key::name);
  return found == AllKeys().end() ? nullptr : &*found;
}

ConfigResult<void> ReadSection(std::string_view section, const toml::table& settings,
                               const fs::path& file, Config& config) {
  for (const auto& [key, value] : settings) {
    const std::string name = fmt::format("{}.{}", section, key.str());
    const Key* known = FindKey(name);
    if (known == nullptr)
      return ErrorAt(
          file, key.source().begin,
          fmt::format("there is no setting {}; docs/configuration.md lists them all", name));
    if (const auto problem = ReadValue(value, known->slot, config))
      return ErrorAt(file, value.source().begin, fmt::format("{} {}", name, *problem));
  }
  return {};
}

ConfigResult<void> ReadTable(const toml::table& table, const fs::path& file, Config& config) {
  for (const auto& [section, settings] : table) {
    if (!IsSection(section.str()))
      return ErrorAt(file, section.source().begin,
                     fmt::format("there is no section {}; docs/configuration.md lists them all",
                                 section.str()));
    if (!settings.is_table())
      return ErrorAt(
          file, section.source().begin,
          fmt::format("{0} is a section; write [{0}] and its settings below it", section.str()));
    if (auto read = ReadSection(section.str(), *settings.as_table(), file, config); !read)
      return read;
  }
  return {};
}

std::optional<fs::path> AbsolutePathIn(const char* variable) {
  const char* value = std::getenv(variable);
  if (value == nullptr || *value != '/') return std::nullopt;
  return fs::path(value);
}

// systemd may name several, with colons between them.
std::optional<fs::path> RuntimeDirectory() {
  const auto directories = AbsolutePathIn("RUNTIME_DIRECTORY");
  if (!directories) return std::nullopt;
  const std::string& text = directories->native();
  return fs::path(text.substr(0, text.find(':')));
}

fs::path DefaultStateDirectory(const Surroundings& surroundings) {
  if (surroundings.system_state_is_ours) return kSystemState;
  if (surroundings.xdg_state_home) return *surroundings.xdg_state_home / "bitsd";
  if (surroundings.home) return *surroundings.home / ".local/state/bitsd";
  return kSystemState;
}

// A development run must not take the place of the service.
void ChooseLocalSocket(fs::path& socket, const Surroundings& surroundings) {
  if (socket != kAutomatic) return;
  socket =
      surroundings.runtime_directory ? *surroundings.runtime_directory / kSocketName : fs::path();
}

// Empty paths mean "none" and stay empty.
void Resolve(fs::path& path, const fs::path& folder) {
  if (!path.empty()) path = (folder / path).lexically_normal();
}

void ResolvePaths(Config& config, const fs::path& file, const Surroundings& surroundings) {
  const fs::path folder = file.parent_path();
  fs::path& state = config.engine.state_directory;
  if (state.empty()) state = DefaultStateDirectory(surroundings);
  ChooseLocalSocket(config.server.local, surroundings);
  for (fs::path* path :
       {&state, &config.server.local, &config.server.tls_certificate, &config.server.tls_key,
        &config.server.client_ca, &config.server.client_crl, &config.endpoints_file,
        &config.users_file, &config.certificates_file, &config.keytab,
        &config.engine.transfers.ca_file, &config.engine.transfers.crl_file,
        &config.engine.secrets_key, &config.engine.transfers.client_certificates})
    Resolve(*path, folder);
  for (auto& [name, directory] : config.engine.paths.drives) Resolve(directory, state);
  for (auto& [name, directory] : config.engine.paths.shares) Resolve(directory, state);
  for (fs::path& root : config.engine.paths.roots) root = root.lexically_normal();
}

// Settings that must fit each other. The text says what to change.
std::optional<std::string> FindContradiction(const Config& config) {
  const wsman::http::ServerOptions& server = config.server;
  if (server.http.empty() && server.https.empty() && server.local.empty())
    return "server.http, server.https and server.local_socket are all empty; name at least one "
           "address";
  if (!server.https.empty() && (server.tls_certificate.empty() || server.tls_key.empty()))
    return "server.https needs server.tls_certificate and server.tls_key";
  if (config.users_file.empty()) return "auth.users_file is empty; name a file";
  if (config.pam_service.find('/') != std::string::npos || config.pam_service.starts_with('.'))
    return "auth.pam_service names a file in /etc/pam.d, without the folder";
  if (!server.client_crl.empty() && server.client_ca.empty())
    return "server.client_crl needs server.client_ca, whose certificates it revokes";
  if (!Offers(config, "basic") && !Offers(config, "negotiate") && !HasKerberos(config) &&
      !OffersCertificates(config))
    return "auth.schemes must contain \"basic\", \"negotiate\", \"kerberos\" together with "
           "auth.keytab, "
           "or \"certificate\" together with server.https and server.client_ca";
  if (OffersCertificates(config) && config.certificates_file.empty())
    return "auth.certificates_file is empty; name a file";
  const engine::TransferOptions& transfers = config.engine.transfers;
  if (const auto lists = engine::CheckProxyLists(transfers.proxy, transfers.proxy_bypass); !lists)
    return "transfers.proxy or transfers.proxy_bypass cannot be used: " + lists.error().message;
  return std::nullopt;
}

void AddKerberosWarnings(Config& config) {
  if (!config.keytab.empty() && !Offers(config, "kerberos"))
    config.warnings.emplace_back(
        "auth.keytab has no effect: auth.schemes does not contain \"kerberos\"");
  if (!config.kerberos_realm.empty() && config.keytab.empty())
    config.warnings.emplace_back("auth.kerberos_realm has no effect without auth.keytab");
}

bool HasCertificateEntry(const provider::RoleEntries& roles) {
  const auto is_certificate = [](const provider::RoleEntry& entry) {
    return entry.kind == provider::RoleEntry::Kind::kCertificate;
  };
  return std::ranges::any_of(roles.administrators, is_certificate) ||
         std::ranges::any_of(roles.operators, is_certificate) ||
         std::ranges::any_of(roles.viewers, is_certificate);
}

void AddWarnings(Config& config) {
  const auto warn = [&](std::string text) { config.warnings.push_back(std::move(text)); };
  if (config.roles.administrators.empty() && config.roles.operators.empty() &&
      config.roles.viewers.empty())
    warn(config.server.local.empty()
             ? "no role is given to anyone: every call is refused until [roles] names a user or "
               "group"
             : "no role is given to anyone: every call is refused, but for those of root and of "
               "bitsd's own account at server.local_socket, until [roles] names a user or group");
  if (!config.roles.viewers.empty() && config.viewers_see == "own")
    warn(
        "roles.viewer lets nobody see jobs that others made; where it is for monitoring set "
        "jobs.viewers_see to \"all\"");
  if (!config.server.allow_unencrypted && !config.server.http.empty() &&
      !Offers(config, "negotiate") && !HasKerberos(config))
    warn(
        "the addresses of server.http answer Identify only: Basic needs HTTPS or "
        "server.allow_unencrypted");
  if (!config.pam_service.empty() && !Offers(config, "basic"))
    warn(
        "auth.pam_service has no effect: PAM verifies passwords of Basic, which is not in "
        "auth.schemes");
  AddKerberosWarnings(config);
  if ((HasCertificateEntry(config.roles) || !config.server.client_ca.empty()) &&
      !OffersCertificates(config))
    warn(
        "client certificates are not asked for, and certificate: entries of [roles] name nobody: "
        "that needs server.https, server.client_ca and \"certificate\" in auth.schemes");
}

// Values that live in several places or under a narrower type.
void Distribute(Config& config) {
  config.server.limits.body_bytes = config.dispatcher.max_envelope_bytes;
  config.server.threads = static_cast<unsigned>(config.http_threads);
  config.engine.uploads = config.uploads == "on";
  config.engine.retry.quick_tries = static_cast<int>(config.quick_tries);
}

std::string ErrnoText() { return std::generic_category().message(errno); }

}  // namespace

Config::Config() {
  server.http = {"127.0.0.1:5985"};
  server.local = kAutomatic;
  engine.paths.drives = {{"C", "drives/c"}};
  engine.secrets_key = "secrets.key";
  engine.transfers.client_certificates = "client-certificates";
}

bool Offers(const Config& config, std::string_view scheme) {
  return std::ranges::find(config.schemes, scheme) != config.schemes.end();
}

bool OffersCertificates(const Config& config) {
  return Offers(config, "certificate") && !config.server.https.empty() &&
         !config.server.client_ca.empty();
}

bool HasKerberos(const Config& config) {
  return !config.keytab.empty() && Offers(config, "kerberos");
}

Surroundings Surroundings::OfThisProcess() {
  return {.system_state_is_ours =
              geteuid() == 0 || access(std::string(kSystemState).c_str(), W_OK | X_OK) == 0,
          .xdg_state_home = AbsolutePathIn("XDG_STATE_HOME"),
          .home = AbsolutePathIn("HOME"),
          .runtime_directory = RuntimeDirectory()};
}

ConfigResult<Config> ParseConfig(std::string_view text, const fs::path& file,
                                 const Surroundings& surroundings) {
  Config config;
  try {
    const toml::table table = toml::parse(text);
    if (auto read = ReadTable(table, file, config); !read) return tl::unexpected(read.error());
  } catch (const toml::parse_error& error) {
    return ErrorAt(file, error.source().begin, error.description());
  }
  ResolvePaths(config, file, surroundings);
  if (const auto contradiction = FindContradiction(config))
    return tl::unexpected(fmt::format("{}: {}", file.string(), *contradiction));
  Distribute(config);
  AddWarnings(config);
  return config;
}

ConfigResult<Config> LoadConfig(const fs::path& file) {
  std::error_code error;
  const fs::path absolute = fs::absolute(file, error).lexically_normal();
  std::ifstream stream(absolute, std::ios::binary);
  struct stat status {};
  if (!stream || stat(absolute.c_str(), &status) != 0)
    return tl::unexpected(
        fmt::format("cannot read the configuration {}: {}; name another file with --config",
                    absolute.string(), ErrnoText()));
  if (!S_ISREG(status.st_mode))
    return tl::unexpected(fmt::format("the configuration {} is not a file", absolute.string()));
  if ((status.st_mode & S_IWOTH) != 0)
    return tl::unexpected(fmt::format(
        "everyone may write the configuration {0}; run: chmod o-w {0}", absolute.string()));
  std::ostringstream text;
  text << stream.rdbuf();
  return ParseConfig(text.str(), absolute, Surroundings::OfThisProcess());
}

std::string PrintConfig(const Config& config) {
  std::string text;
  std::string_view section;
  for (const Key& key : AllKeys()) {
    const std::size_t dot = key.name.find('.');
    if (key.name.substr(0, dot) != section) {
      text += fmt::format("{}[{}]\n", section.empty() ? "" : "\n", key.name.substr(0, dot));
      section = key.name.substr(0, dot);
    }
    text += fmt::format("{} = {}\n", key.name.substr(dot + 1), PrintValue(key.slot, config));
  }
  return text;
}

std::vector<Setting> AllSettings() {
  std::vector<Setting> settings;
  for (const Key& key : AllKeys())
    settings.push_back({key.name, PrintValue(key.slot, Config()), RangeText(key.slot)});
  return settings;
}

}  // namespace bitsd
