// Settings of the engine. Every field has the default that an empty
// configuration gives; sizes are in bytes.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "engine/address_list.h"
#include "engine/bandwidth.h"

namespace engine {

// Where Windows and POSIX names lead (decisions: mapped by configuration only).
struct PathOptions {
  std::map<std::string, std::filesystem::path> drives;  // "C" → directory; absolute paths
  std::map<std::string, std::filesystem::path> shares;  // "\\\\server\\share" → directory
  std::vector<std::filesystem::path> roots;             // "/…" names are accepted below these
  bool create_directories = true;                       // on mapped drives and shares
  std::uint32_t umask = 0077;  // files of jobs get 0666 less it, directories 0777 less it
};

struct LimitOptions {
  std::size_t jobs_per_user = 60;
  std::size_t jobs_per_machine = 300;
  std::size_t files_per_job = 200;
  std::size_t url_characters = 2'200;
  std::size_t url_segment_characters = 260;  // between two slashes
  std::size_t local_name_characters = 260;   // MAX_PATH
  std::size_t display_name_characters = 256;
  std::size_t description_characters = 1'024;
  std::size_t user_name_characters = 300;
  std::size_t password_characters = 65'535;
  std::size_t store_name_characters = 255;  // 256 with the NUL that Windows counts
  std::size_t subject_name_characters = 256;
  std::size_t proxy_list_characters = 4'000;  // of the list and of the bypass list, each
  std::size_t ranges_per_file = 500;
  std::size_t custom_headers_characters = 16'383;  // 16,384 with the NUL that Windows counts
  std::size_t http_method_characters = 64;
};

struct TransferOptions {
  std::size_t max_background = 1;
  std::size_t max_foreground = 16;
  std::chrono::seconds time_slice{300};
  std::size_t files_per_job = 8;  // small ones, at once
  bool background_yields = true;  // to other traffic (transfer/background_window.h)
  std::size_t max_connections_per_host = 4;
  std::chrono::seconds connect_timeout{30};
  std::chrono::seconds stall_timeout{60};                // no byte for this long is a timeout
  std::uint64_t checkpoint_bytes = 64ull << 20;          // per file, whichever comes first
  std::chrono::milliseconds checkpoint_interval{1'000};  // what clients see advances with it
  std::uint64_t buffer_pool_bytes = 64ull << 20;
  std::filesystem::path ca_file;  // PEM; empty takes the system's
  // Revocation lists for jobs that want them checked, PEM; empty: such jobs fail.
  std::filesystem::path crl_file;
  // Client certificates with their keys, "<store>/<SHA-1 in hex>.pem"; empty: there are none.
  std::filesystem::path client_certificates;
  std::string proxy;         // of jobs with ProxyUsage 0 and 3 (proxy_list.h); empty: none
  std::string proxy_bypass;  // hosts that are reached without it
  // Networks (address_list.h) to which no connection is made, whoever asks and whatever name
  // leads there: nobody's files are there, but credentials of clouds are.
  std::vector<std::string> denied_addresses{"0.0.0.0/8",         "169.254.0.0/16", "224.0.0.0/4",
                                            "240.0.0.0/4",       "::/128",         "fe80::/10",
                                            "fd00:ec2::254/128", "ff00::/8"};
  // Hosts to which no request goes, direct or by a proxy (transfer/forbidden_hosts.h).
  std::vector<std::string> denied_hosts{"metadata.google.internal", "metadata.goog",
                                        "instance-data", "instance-data.ec2.internal"};
  // What jobs may not ask for unless this host's administrator says so.
  bool allow_weakened_tls = false;        // security_flags::kWeakensTls (job_settings.h)
  bool allow_credential_headers = false;  // custom headers Authorization and Cookie
  BandwidthOptions bandwidth;
  std::string user_agent = "Microsoft BITS/7.8";  // what servers know (bits protocol captures)
};

struct RetryOptions {
  int quick_tries = 3;  // in place, before TRANSIENT_ERROR shows
  std::chrono::milliseconds quick_window{10'000};
};

struct Options {
  std::filesystem::path state_directory;  // holds bitsd.db; must exist, 0700
  // The key of stored credentials, made when it is first needed (store/secrets.h). Keep it
  // out of state_directory and its backups. Empty: credentials cannot be stored.
  std::filesystem::path secrets_key;
  PathOptions paths;
  LimitOptions limits;
  TransferOptions transfers;
  RetryOptions retry;
  std::chrono::seconds inactivity_timeout{90 * 86'400};
  bool uploads = true;  // false: none are created, and those there are fail
};

}  // namespace engine
