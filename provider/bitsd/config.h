// The configuration file (docs/configuration.md): TOML in, the options of every
// part out. Unknown settings, wrong types and values out of range are errors
// that name file, line and column and say what to change.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "engine/options.h"
#include "provider/roles.h"
#include "wsman/dispatcher.h"
#include "wsman/http/server.h"

namespace bitsd {

// All paths are absolute once LoadConfig or ParseConfig has returned it.
struct Config {
  Config();  // the defaults; paths not yet resolved

  wsman::http::ServerOptions server;
  wsman::DispatcherOptions dispatcher;
  std::filesystem::path endpoints_file;  // empty: none is written
  std::filesystem::path users_file = "users";
  std::filesystem::path certificates_file = "certificates";
  std::vector<std::string> schemes = {"basic", "negotiate", "kerberos", "certificate"};
  std::filesystem::path keytab;  // empty: no Kerberos
  std::string kerberos_realm;    // whose users are known without it
  std::string channel_binding = "relaxed";
  std::string pam_service;  // empty: PAM is not asked
  bool system_groups = false;
  provider::RoleEntries roles;
  engine::Options engine;
  bool start_on_create = false;
  std::string viewers_see = "own";
  std::string uploads = "on";
  std::size_t http_threads = 0;  // 0: one per core
  std::size_t quick_tries = 3;
  std::string log_level = "info";

  std::vector<std::string> warnings;  // what an operator should know, one sentence each
};

// Whether `scheme` is one of auth.schemes.
bool Offers(const Config& config, std::string_view scheme);

// Whether callers may log in with a client certificate: where there is HTTPS
// and an authority that issues them.
bool OffersCertificates(const Config& config);

// Whether Kerberos is offered: there is a keytab, and the scheme is wanted.
bool HasKerberos(const Config& config);

// What the default state directory and local socket depend on.
struct Surroundings {
  bool system_state_is_ours = false;  // root, or /var/lib/bitsd is writable
  std::optional<std::filesystem::path> xdg_state_home;
  std::optional<std::filesystem::path> home;
  // That systemd made for the service (RuntimeDirectory=).
  std::optional<std::filesystem::path> runtime_directory = {};

  static Surroundings OfThisProcess();
};

template <class T>
using ConfigResult = tl::expected<T, std::string>;  // the error is a sentence for the operator

// Reads the file. Refuses one that everyone may write.
ConfigResult<Config> LoadConfig(const std::filesystem::path& file);

// `file` must be absolute; it is where relative paths start and what error
// texts name. Does not touch the file system.
ConfigResult<Config> ParseConfig(std::string_view text, const std::filesystem::path& file,
                                 const Surroundings& surroundings);

// The whole configuration in effect as TOML that LoadConfig accepts.
std::string PrintConfig(const Config& config);

// A setting as docs/configuration.md lists it.
struct Setting {
  std::string_view name;      // "server.http"
  std::string default_value;  // as TOML
  std::string range;          // "1 to 100000"; empty when there is none
};
std::vector<Setting> AllSettings();

}  // namespace bitsd
